"""What every app knows of an organisation, on the page about our relation with it.

This app knows none of those above it, so they register theirs in their relations.py, which is loaded at the start
(members/apps.py). Each asks itself what the viewer may see.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from itertools import chain

from members.models import ContactMoment, Organisation, Person


@dataclass(frozen=True, slots=True)
class Moment:
    """One line of the timeline: on which day, what sort of thing, and what happened; `url` leads to more."""

    day: date
    kind: str
    title: str
    text: str = ""
    url: str = ""
    contact: ContactMoment | None = None


@dataclass(frozen=True, slots=True)
class Fact:
    """One line above the timeline: a label, and what there is to say, each with an address or ""."""

    label: str
    values: list[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Forecast:
    """What one sector wants to grow in a year and what it may count on; `prospects` are ids of organisations."""

    key: str
    name: str
    target: int | None
    joined: int
    prospects: set[int] = field(default_factory=set)


# Who looks at which organisation, and how many of the newest moments are enough.
MomentSource = Callable[[Organisation, Person, int], list[Moment]]
FactSource = Callable[[Organisation, Person], list[Fact]]
ForecastSource = Callable[[int], list[Forecast]]

_moments: list[MomentSource] = []
_facts: list[FactSource] = []
_forecasts: list[ForecastSource] = []


def tells_moments(source: MomentSource) -> MomentSource:
    """Register what gives the newest moments, newest first, in a number of queries that does not grow."""
    _moments.append(source)
    return source


def tells_facts(source: FactSource) -> FactSource:
    """Register what gives facts about an organisation."""
    _facts.append(source)
    return source


def tells_forecasts(source: ForecastSource) -> ForecastSource:
    """Register what gives the growth that is wanted in a year."""
    _forecasts.append(source)
    return source


def timeline(organisation: Organisation, viewer: Person, *, page: int, size: int) -> tuple[list[Moment], bool]:
    """Return one page of all moments, newest first, and whether there are older ones.

    However long the timeline is, each source is asked once.
    """
    enough = page * size + 1
    moments = list(chain.from_iterable(source(organisation, viewer, enough) for source in _moments))
    moments.sort(key=lambda moment: moment.day, reverse=True)
    return moments[(page - 1) * size : page * size], len(moments) >= enough


def facts(organisation: Organisation, viewer: Person) -> list[Fact]:
    """Return all facts, in the order of the apps."""
    return list(chain.from_iterable(source(organisation, viewer) for source in _facts))


def forecasts(year: int) -> list[Forecast]:
    """Return the forecast of each sector."""
    return list(chain.from_iterable(source(year) for source in _forecasts))


def names_by_prospect(found: list[Forecast]) -> dict[int, list[str]]:
    """Return in which sectors each prospective member is."""
    names: dict[int, list[str]] = {}
    for forecast in found:
        for pk in forecast.prospects:
            names.setdefault(pk, []).append(forecast.name)
    return names
