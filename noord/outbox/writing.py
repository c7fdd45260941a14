"""The one look of all mail: a text and an HTML template with the same words."""

import re
from typing import Any

from django.conf import settings
from django.template import Context
from django.template.loader import get_template

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
