"""What a mail's `about` is called: "event:12" is a meeting with a title, which only the app above knows."""

from collections import defaultdict
from collections.abc import Callable, Iterable

Namer = Callable[[list[int]], dict[int, str]]

_namers: dict[str, Namer] = {}


def names_abouts(prefix: str) -> Callable[[Namer], Namer]:
    """Register the function that gives the names of what stands behind the ids after "prefix:"."""

    def register(namer: Namer) -> Namer:
        _namers[prefix] = namer
        return namer

    return register


def name_abouts(abouts: Iterable[str]) -> dict[str, str]:
    """Return a name for each, with one call per prefix; what has none is called what it is."""
    ids = defaultdict(list)
    names = {about: about for about in abouts}
    for about in names:
        prefix, _colon, number = about.partition(":")
        if prefix in _namers and number.isdecimal():
            ids[prefix].append(int(number))
    for prefix, numbers in ids.items():
        names |= {f"{prefix}:{number}": name for number, name in _namers[prefix](numbers).items()}
    return names
