"""Words that have no business on a page: English of a message without its translation or of the code, and "u"."""

import re
from collections.abc import Iterable
from pathlib import Path

import allauth
import auditlog
import django
import import_export
from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po
from django.apps import apps
from django.contrib.admin import site
from django.db import models
from playwright.sync_api import Page

from noord.messages import CATALOGUE

READ_TEXTS = """() => {
    const texts = [document.title], walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (walker.nextNode())
        if (!walker.currentNode.parentElement.closest("script, style, noscript, [lang=en]"))
            texts.push(walker.currentNode.data);
    for (const element of document.querySelectorAll("[aria-label], [title], [placeholder], [alt], input")) {
        for (const name of ["aria-label", "title", "placeholder", "alt"]) texts.push(element.getAttribute(name) || "");
        if (["submit", "button", "reset"].includes(element.type)) texts.push(element.value);
    }
    return texts.map(text => text.trim()).filter(text => text);
}"""
WORD = re.compile(r"[^\W\d_]{2,}")
PLACEHOLDER = re.compile(r"%\(\w+\)[a-z]|<[^>]+>|\{[^}]*\}|&\w+;")
# The portal says "je" (glossary).
FORMAL = re.compile(r"\b[Uu]w?\b")
# A header of a message, by its own name.
NAMES = {"message"}


def words_in(texts: Iterable[object]) -> set[str]:
    plain = " ".join(PLACEHOLDER.sub(" ", str(text)) for text in texts if text)
    return {word.lower() for word in WORD.findall(plain)}


def parts(text: str | tuple | list | None) -> list:
    """Return the forms of a message, of which a plural has two."""
    return list(text) if isinstance(text, tuple | list) else [text]


def read(path: Path) -> Catalog:
    with path.open("rb") as file:
        return read_po(file, locale="nl")


class English:
    """The words of the code and its packages that no Dutch message has, and that nobody has typed in.

    Made after the rows are there: names of people and meetings may be in any language.
    """

    def __init__(self) -> None:
        english, dutch = [], []
        paths = [CATALOGUE]
        for package in (django, allauth, import_export):
            paths += Path(package.__file__).parent.rglob("locale/nl/LC_MESSAGES/*.po")
        for path in paths:
            for message in read(path):
                english += parts(message.id)
                dutch += parts(message.string)
        # auditlog has no Dutch, nor a list of its messages; a field without a name is called as the code does.
        for _name, _line, message, *_rest in extract_from_dir(Path(auditlog.__file__).parent):
            english += parts(message)
        for model in apps.get_models():
            english += [field.name.replace("_", " ") for field in model._meta.get_fields()]
        self.words = words_in(english) - words_in(dutch) - words_in(typed_in()) - NAMES

    def find(self, page: Page) -> list[str]:
        """Return the texts of this page with such a word, and which."""
        found = {text: words_in([text]) & self.words for text in page.evaluate(READ_TEXTS)}
        english = [f"English {sorted(words)}: {text[:120]}" for text, words in found.items() if words]
        return english + [f"not je: {text[:120]}" for text in found if FORMAL.search(text)]


def typed_in() -> Iterable[str]:
    for model in site._registry:
        fields = [
            f.name
            for f in model._meta.concrete_fields
            if isinstance(f, models.BinaryField | models.CharField | models.TextField)
        ]
        for row in model._base_manager.values_list(*fields):
            yield from (
                value if isinstance(value, str) else bytes(value or b"").decode(errors="replace") for value in row
            )
