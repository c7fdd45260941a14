"""Message catalogues without GNU gettext: python -m noord.messages --check | --update | --compile.

--update reads the code and the templates and brings the catalogue in line: new messages come in
empty, those no longer used go. --check fails when the catalogue is not complete. --compile writes
the .mo file that Django reads, when it is older than its .po.
"""

import argparse
import sys
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from django.utils.translation.template import templatize

ROOT = Path(__file__).resolve().parent.parent
CATALOGUE = ROOT / "locale" / "nl" / "LC_MESSAGES" / "django.po"
CODE = ("consultations", "documents", "events", "knowledge_groups", "members", "noord", "sectors")
TEMPLATES = ("*.html", "*.txt")
KEYWORDS = {
    "_": None,
    "gettext": None,
    "gettext_lazy": None,
    "gettext_noop": None,
    "ngettext": (1, 2),
    "ngettext_lazy": (1, 2),
    "pgettext": ((1, "c"), 2),
    "pgettext_lazy": ((1, "c"), 2),
    "npgettext": ((1, "c"), 2, 3),
    "npgettext_lazy": ((1, "c"), 2, 3),
}
# Headers that say nothing here, or something else at each run.
NOISE = tuple(
    f'"{name}:'
    for name in (
        "Generated-By",
        "Language-Team",
        "Last-Translator",
        "PO-Revision-Date",
        "POT-Creation-Date",
        "Project-Id-Version",
        "Report-Msgid-Bugs-To",
    )
)


def sources() -> Iterator[tuple[Path, bytes]]:
    """Yield each file that may hold messages, as Python source."""
    for folder in CODE:
        for path in sorted((ROOT / folder).rglob("*.py")):
            if "migrations" not in path.parts:
                yield path, path.read_bytes()
    for folder in ("templates", *CODE):
        for pattern in TEMPLATES:
            for path in sorted((ROOT / folder).rglob(pattern)):
                # Django turns tags into calls and the rest into names; the brackets keep Python from
                # minding how the lines are indented.
                yield path, b"(\n" + templatize(path.read_text(encoding="utf-8")).encode() + b"\n)"


def extracted() -> Catalog:
    """Return the messages of the code and the templates, without translations."""
    catalogue = Catalog(locale="nl", domain="django")
    for path, source in sources():
        messages = extract("python", BytesIO(source), KEYWORDS, ["Translators:"], {"encoding": "utf-8"})
        for line, message, comments, context in messages:
            catalogue.add(message, None, [(str(path.relative_to(ROOT)), line)], [], comments, context=context)
    return catalogue


def stored(path: Path = CATALOGUE) -> Catalog:
    """Return the catalogue as it is on disk; an empty one when there is none."""
    if not path.exists():
        return Catalog(locale="nl", domain="django")
    with path.open("rb") as file:
        return read_po(file, locale="nl", domain="django")


def update(catalogue: Catalog, template: Catalog) -> Catalog:
    """Return the template's messages with the catalogue's translations."""
    result = Catalog(locale="nl", domain="django", fuzzy=False, header_comment="# Dutch, language level B1.")
    for message in template:
        if message.id:
            known = catalogue.get(message.id, message.context)
            text = known.string if known and same_shape(known.string, message.id) else None
            result.add(message.id, text, message.locations, [], message.auto_comments, context=message.context)
    return result


def same_shape(text: str | tuple | list, message_id: str | tuple | list) -> bool:
    """Tell whether both are plural, or neither is."""
    return isinstance(text, tuple | list) == isinstance(message_id, tuple | list)


def save(catalogue: Catalog, path: Path = CATALOGUE) -> None:
    """Write the catalogue in the order of its ids, without line numbers and dates: small, readable diffs."""
    path.parent.mkdir(parents=True, exist_ok=True)
    buffer = BytesIO()
    write_po(buffer, catalogue, width=110, include_lineno=False, sort_output=True, omit_header=False)
    lines = buffer.getvalue().decode().splitlines()
    kept = [line for line in lines if not line.startswith(NOISE)]
    path.write_text("\n".join(kept) + "\n", encoding="utf-8")


def faults(catalogue: Catalog, template: Catalog) -> list[str]:
    """Return a line for each message that is missing, empty, fuzzy, no longer used or with other placeholders."""
    found = []
    for message in template:
        if message.id and catalogue.get(message.id, message.context) is None:
            found.append(f"not in the catalogue: {message.id!r} ({message.locations[0][0]})")
    for message in catalogue:
        if not message.id:
            continue
        texts = message.string if isinstance(message.string, tuple | list) else [message.string]
        if message.fuzzy:
            found.append(f"fuzzy: {message.id!r}")
        if not all(texts):
            found.append(f"no Dutch text: {message.id!r}")
        if template.get(message.id, message.context) is None:
            found.append(f"no longer used: {message.id!r}")
    found += [f"no longer used: {message.id!r}" for message in catalogue.obsolete.values()]
    found += [f"{error}: {message.id!r}" for message, errors in catalogue.check() for error in errors]
    return found


def compile_catalogue(path: Path = CATALOGUE) -> None:
    """Write the .mo file beside the .po, when it is missing or older."""
    compiled = path.with_suffix(".mo")
    if path.exists() and (not compiled.exists() or compiled.stat().st_mtime < path.stat().st_mtime):
        with compiled.open("wb") as file:
            write_mo(file, stored(path))


def main() -> int:
    """Do what the arguments ask; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m noord.messages", description=__doc__)
    parser.add_argument("--check", action="store_true", help="fail when the catalogue is not complete")
    parser.add_argument("--update", action="store_true", help="bring the catalogue in line with code and templates")
    parser.add_argument("--compile", action="store_true", help="write the .mo file when it is out of date")
    arguments = parser.parse_args()
    if arguments.update:
        save(update(stored(), extracted()))
    if arguments.compile:
        compile_catalogue()
    if arguments.check:
        found = faults(stored(), extracted())
        print(*found, f"{CATALOGUE.relative_to(ROOT)}: {len(found)} faults", sep="\n")
        return bool(found)
    return 0


if __name__ == "__main__":
    sys.exit(main())
