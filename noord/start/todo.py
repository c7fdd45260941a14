"""What asks for attention, each as one line with its number and the page where it is done."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from events.models import Event
from noord.start import links
from noord.start.figures import DRAFT_SOON, Concern
from sectors.models import Sector


@dataclass(frozen=True, slots=True)
class Todo:
    """`text` goes on where the number ends; without an address it only says so."""

    name: str
    number: int | None
    text: str
    url: str = ""
    note: str = ""
    is_urgent: bool = False


@dataclass(frozen=True, slots=True)
class Reach:
    """Which pages this person can open, so that no line leads to a page that is not theirs."""

    meetings: bool  # the pages of a meeting on the site: participants, invitations, changes
    registrations: bool
    mails: bool
    relations: bool
    add_meetings: bool
    change_sectors: bool


def untold(concerns: list[Concern]) -> Iterator[Todo]:
    for concern in concerns:
        yield Todo(
            name="untold",
            number=concern.number,
            text=_("change that the participants do not know of. Tell them, or keep it to yourself."),
            url=reverse("events:change_notice", args=[concern.slug]),
            note=concern.title,
            is_urgent=True,
        )


def failed_mails(concerns: list[Concern], reach: Reach) -> Iterator[Todo]:
    for concern in concerns:
        if reach.mails:
            url = links.failed_mails_about(concern.event_id)
        else:
            url = reverse("events:participants", args=[concern.slug]) if reach.meetings else ""
        yield Todo(
            name="failed",
            number=concern.number,
            text=ngettext("mail did not arrive.", "mails did not arrive.", concern.number),
            url=url,
            note=concern.title,
            is_urgent=True,
        )


def silent(event: Event, number: int, reach: Reach) -> Iterator[Todo]:
    if number:
        address = reverse("events:invitations", args=[event.slug])
        yield Todo(
            name="silent",
            number=number,
            text=ngettext(
                "person has not answered the invitation. Send a reminder.",
                "people have not answered the invitation. Send a reminder.",
                number,
            ),
            url=f"{address}?answer=none" if reach.meetings else "",
            note=event.title,
        )


def drafts(sector: Sector, now: datetime) -> Iterator[Todo]:
    if sector.drafts:
        yield Todo(
            name="drafts",
            number=sector.drafts,
            text=ngettext(
                "meeting within six weeks is still a draft. Publish it.",
                "meetings within six weeks are still drafts. Publish them.",
                sector.drafts,
            ),
            url=links.drafts_of(sector, now, now + DRAFT_SOON),
        )


def nothing_planned(sector: Sector, reach: Reach) -> Iterator[Todo]:
    if sector.next_meeting is None:
        query = urlencode({"sectors": sector.pk, "kind": Event.Kind.SECTOR})
        yield Todo(
            name="nothing-planned",
            number=None,
            text=_("No meeting is announced. Plan the next one."),
            url=f"{reverse('admin:events_event_add')}?{query}" if reach.add_meetings else "",
        )


def no_plan(sector: Sector, year: int, reach: Reach) -> Iterator[Todo]:
    if sector.planned is None:
        yield Todo(
            name="no-plan",
            number=None,
            text=_("There is no plan for %(year)s. Say how many meetings and new members you want.") % {"year": year},
            url=links.page_of(sector) if reach.change_sectors else "",
        )


def prospects(number: int, url: str) -> Iterator[Todo]:
    if number:
        yield Todo(
            name="prospects",
            number=number,
            text=ngettext(
                "possible new member with a next step that is due.",
                "possible new members with a next step that is due.",
                number,
            ),
            url=url,
        )


def without_contact(number: int, url: str) -> Iterator[Todo]:
    if number:
        yield Todo(
            name="without-contact",
            number=number,
            text=ngettext(
                "member without contact for six months. Call or visit.",
                "members without contact for six months. Call or visit.",
                number,
            ),
            url=url,
        )


def vacancies(number: int, url: str) -> Iterator[Todo]:
    if number:
        yield Todo(
            name="vacancies",
            number=number,
            text=ngettext(
                "member with a vacant role. Ask who takes it over.",
                "members with a vacant role. Ask who takes it over.",
                number,
            ),
            url=url,
        )


def requests(number: int) -> Iterator[Todo]:
    if number:
        yield Todo(
            name="requests",
            number=number,
            text=ngettext(
                "request to become a member waits for an answer.",
                "requests to become a member wait for an answer.",
                number,
            ),
            url=links.open_requests(),
            is_urgent=True,
        )
