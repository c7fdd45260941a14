"""The one look of all mail: a text and an HTML template with the same words."""

import re
import secrets
from collections.abc import Callable, Iterator
from typing import Any

from django.conf import settings
from django.template import Context
from django.template.loader import get_template
from django.utils.html import escape

BLANK_LINES = re.compile(r"[ \t]*\n(?:[ \t]*\n)+")


def write(template: str, context: dict[str, Any]) -> tuple[str, str]:
    """Return text and HTML of templates/mail/<template>.txt and .html.

    Both know site_url (without a slash at the end). What a user wrote is context, never template: it
    stands in the text as it is, and escaped in the HTML.
    """
    context = {"site_url": settings.SITE_URL} | context
    text = get_template(f"mail/{template}.txt").template.render(Context(context, autoescape=False))
    html = get_template(f"mail/{template}.html").template.render(Context(context))
    return BLANK_LINES.sub("\n\n", text).strip() + "\n", html


def write_each(
    template: str, context: Callable[[dict[str, str]], dict[str, Any]], people: list[dict[str, str]]
) -> Iterator[tuple[str, str]]:
    """Yield text and HTML for each of the people, who differ in a few plain values only: the rest is rendered once.

    `context` gets a mark for each of those values and returns what write() wants, with the marks in their places. A
    value stands in the text as it is and escaped in the HTML, as if it had been rendered. The template may print a
    mark, and do nothing else with it: no test, no filter. All people have the same names of values.
    """
    if not people:
        return
    marks = {name: f"x{secrets.token_hex(12)}x" for name in people[0]}
    names = {mark: name for name, mark in marks.items()}
    cut = re.compile(f"({'|'.join(names)})")
    text, html = (cut.split(written) for written in write(template, context(marks)))
    for values in people:
        yield (
            "".join(values[names[piece]] if piece in names else piece for piece in text),
            "".join(str(escape(values[names[piece]])) if piece in names else piece for piece in html),
        )
