"""Where a number leads: the list of exactly the rows that it counts."""

from collections.abc import Iterable
from datetime import datetime

from django.db.models import Model
from django.urls import reverse
from django.utils.http import urlencode

from events.models import Event, Registration
from members.models import MembershipRequest, Organisation
from noord.outbox.models import Mail
from sectors.models import Sector


def rows_of(model: type[Model], **filters: object) -> str:
    """Return the address of the model's list in the administration with these filters."""
    address = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
    return f"{address}?{urlencode(filters)}" if filters else address


def page_of(row: Model) -> str:
    """Return the address of the row's own page in the administration."""
    return reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_change", args=[row.pk])


def registrations_of(event_id: int, status: str) -> str:
    return rows_of(Registration, event__id__exact=event_id, status__exact=status)


def held_in(year: int, sector: Sector, now: datetime) -> str:
    """Return the list of the meetings that count for the plan of the year."""
    return rows_of(
        Event,
        sectors__id__exact=sector.pk,
        kind__exact=Event.PLAN_KIND,
        status__exact=Event.Status.PUBLISHED,
        start__year=year,
        end__lte=now.isoformat(),
    )


def drafts_of(sector: Sector, first: datetime, last: datetime) -> str:
    return rows_of(
        Event,
        sectors__id__exact=sector.pk,
        status__exact=Event.Status.DRAFT,
        start__gte=first.isoformat(),
        start__lte=last.isoformat(),
    )


def failed_mails_about(event_id: int) -> str:
    return rows_of(Mail, status__exact=Mail.Status.FAILED, about=f"event:{event_id}")


def organisations(ids: Iterable[int]) -> str:
    """Return the list of these organisations: no filter of a list knows what makes them belong together."""
    return rows_of(Organisation, id__in=",".join(map(str, sorted(ids))))


def members() -> str:
    return rows_of(Organisation, member="yes")


def prospects() -> str:
    return rows_of(Organisation, fase="alle")


def prospects_due(sector: Sector | None = None) -> str:
    return rows_of(Organisation, fase="alle", contact="stap", **_taking_part_in(sector))


def without_contact(sector: Sector | None = None) -> str:
    return rows_of(Organisation, contact="stil", **_taking_part_in(sector))


def with_vacancy(sector: Sector | None = None) -> str:
    return rows_of(Organisation, functie="vacant", **_taking_part_in(sector))


def _taking_part_in(sector: Sector | None) -> dict[str, int]:
    return {"sectors__id__exact": sector.pk} if sector else {}


def open_requests() -> str:
    return rows_of(MembershipRequest, handled_at__isnull=True)
