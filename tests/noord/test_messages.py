import os
from pathlib import Path

import pytest

from noord import messages

CODE = """
from django.utils.translation import gettext as _, gettext_lazy, ngettext, pgettext

_("In code")
gettext_lazy("Lazy with %(name)s")
ngettext("%(count)s seat", "%(count)s seats", 2)
pgettext("month", "May")
"""
TEMPLATE = """{% load i18n %}
  <p>it's "half a quote</p>
{% translate "In a template" %}
      {% blocktranslate trimmed with name=person %}
    Dear {{ name }},
       100% sure?
{% endblocktranslate %}
  {% blocktranslate count n=total %}one{% plural %}{{ n }} many{% endblocktranslate %}
{% include "x.html" with label=_("In an argument") %} {{ value|default:_("In a filter") }}
{# Translators: not a message #}
"""
DUTCH = {
    "In code": "In code",
    "Lazy with %(name)s": "Lui met %(name)s",
    "%(count)s seat": ("%(count)s plek", "%(count)s plekken"),
    "May": "mei",
    "In a template": "In een sjabloon",
    "Dear %(name)s, 100%% sure?": "Beste %(name)s, 100%% zeker?",
    "one": ("een", "%(n)s stuks"),
    "In an argument": "In een argument",
    "In a filter": "In een filter",
}


@pytest.fixture
def house(tmp_path: Path, monkeypatch) -> Path:
    """A house of one module and one template, with no catalogue yet."""
    (tmp_path / "events").mkdir()
    (tmp_path / "events" / "models.py").write_text(CODE)
    (tmp_path / "templates").mkdir()
    (tmp_path / "templates" / "page.html").write_text(TEMPLATE)
    monkeypatch.setattr(messages, "ROOT", tmp_path)
    return tmp_path


def translated() -> messages.Catalog:
    """Return a complete Dutch catalogue of that house."""
    catalogue = messages.update(messages.Catalog(locale="nl"), messages.extracted())
    for message in catalogue:
        if message.id:
            first = message.id[0] if isinstance(message.id, tuple) else message.id
            message.string = DUTCH[first]
    return catalogue


def test_extracted_finds_each_message_of_code_and_templates(house):
    found = {message.id for message in messages.extracted() if message.id}

    assert found == {
        "In code",
        "Lazy with %(name)s",
        ("%(count)s seat", "%(count)s seats"),
        "May",
        "In a template",
        "Dear %(name)s, 100%% sure?",
        ("one", "%(n)s many"),
        "In an argument",
        "In a filter",
    }


def test_faults_finds_none_when_the_catalogue_is_complete(house):
    path = house / "django.po"
    messages.save(translated(), path)

    assert messages.faults(messages.stored(path), messages.extracted()) == []


def test_faults_names_what_is_wrong(house):
    catalogue = translated()
    catalogue.delete("In code")
    catalogue.get("In a filter").string = ""
    catalogue.get("In an argument").flags.add("fuzzy")
    catalogue.get("Lazy with %(name)s").string = "Lui met %(naam)s"
    catalogue.add("Old", "Oud")

    assert sorted(fault.split(":")[0] for fault in messages.faults(catalogue, messages.extracted())) == [
        "fuzzy",
        "no Dutch text",
        "no longer used",
        "not in the catalogue",
        "unknown named placeholder 'naam'",
    ]


def test_update_keeps_translations_and_drops_what_is_no_longer_used(house):
    catalogue = translated()
    catalogue.add("Old", "Oud")
    (house / "events" / "models.py").write_text(CODE + '\n_("New")\n')
    result = messages.update(catalogue, messages.extracted())

    assert result.get("In a template").string == "In een sjabloon"
    assert result.get("May", "month").string == "mei"
    assert not result.get("New").string
    assert result.get("Old") is None


def test_compile_writes_only_when_the_catalogue_is_newer(house):
    path = house / "django.po"
    messages.save(translated(), path)
    messages.compile_catalogue(path)
    compiled = path.with_suffix(".mo")
    os.utime(compiled, (2_000_000_000, 2_000_000_000))
    messages.compile_catalogue(path)

    assert compiled.stat().st_mtime == 2_000_000_000
    assert b"Lui met" in compiled.read_bytes()
