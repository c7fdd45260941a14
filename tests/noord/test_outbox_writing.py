from pathlib import Path

import pytest

from noord.outbox.writing import write, write_each


@pytest.fixture
def templates(settings, tmp_path: Path) -> Path:
    """A folder in which a test puts its own templates/mail/."""
    first = settings.TEMPLATES[0]
    settings.TEMPLATES = [first | {"DIRS": [tmp_path, *first["DIRS"]]}]
    (tmp_path / "mail").mkdir()
    return tmp_path / "mail"


def put(folder: Path, name: str, heading: str, content: str) -> None:
    for kind in ("txt", "html"):
        text = f"{{% extends 'mail/base.{kind}' %}}{{% block heading %}}{heading}{{% endblock %}}"
        (folder / f"{name}.{kind}").write_text(f"{text}{{% block content %}}{content}{{% endblock %}}")


def test_write_leaves_user_text_as_it_is_in_the_text_and_escapes_it_in_the_html(templates, settings):
    settings.SITE_URL = "https://portaal.example"
    put(templates, "try", "Voor {{ name }}", "{{ word }} {{ site_url }}/")
    text, html = write("try", {"name": "O'Neil & Co", "word": "<b>{{ name }}</b> {% now 'Y' %}"})

    assert text.startswith("Voor O'Neil & Co\n\n<b>{{ name }}</b> {% now 'Y' %} https://portaal.example/\n\n")
    assert "<h1>Voor O&#x27;Neil &amp; Co</h1>" in html
    assert "&lt;b&gt;{{ name }}&lt;/b&gt; {% now &#x27;Y&#x27; %} https://portaal.example/" in html


def test_write_leaves_no_holes_in_the_text(templates):
    put(templates, "try", "Kop", "Een\n\n\n   \n{% if 0 %}x{% endif %}\n\nTwee  ")
    text, _html = write("try", {})
    assert text.startswith("Kop\n\nEen\n\nTwee\n\n")


def test_write_speaks_dutch_in_one_look(templates):
    put(templates, "try", "Kop", "Tekst")
    text, html = write("try", {})
    assert html.startswith('<!DOCTYPE html>\n<html lang="nl">')
    assert [word in html for word in ("<script", "<form", "<img", "http://", "src=")] == [False] * 5
    assert "Samenwerking Noord\n\n-- \n" in text


def test_write_each_writes_what_write_would():
    people = [
        {"name": "Anna <b> & Jan", "link": "https://noord.example/?a=1&b=2"},
        {"name": "Bé", "link": "https://noord.example/2"},
    ]

    def context(values: dict[str, str]) -> dict:
        return {"letter": {"heading": "H", "opening": ["O"], "button": "B", **values}}

    assert list(write_each("letter", context, people)) == [write("letter", context(p)) for p in people]
    assert list(write_each("letter", context, [])) == []
