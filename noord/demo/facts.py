"""Reads the facts and texts in data/: what the sources say about the network, and what we made up around it."""

import csv
import json
from pathlib import Path
from typing import Any

DATA = Path(__file__).parent / "data"


def rows(name: str) -> list[dict[str, str]]:
    """Return the lines of data/<name>.csv by column; an empty cell is an empty string."""
    with (DATA / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def document(name: str) -> Any:
    """Return what data/<name>.json holds."""
    return json.loads((DATA / f"{name}.json").read_text(encoding="utf-8"))


def paragraphs(parts: list[str]) -> str:
    """Return the parts as one text with an empty line between them."""
    return "\n\n".join(parts)
