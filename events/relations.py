"""What the meetings tell about an organisation: who of it registered and came, and the mails about that."""

from collections import defaultdict

from django.db.models import BigIntegerField, Case, Count, Exists, F, Max, Min, OuterRef, Q, QuerySet, When
from django.db.models.functions import Cast, Lower, Substr, TruncDate
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from events.models import Event, Registration
from members.models import Organisation, Person, Position
from members.relations import Fact, Moment, tells_facts, tells_moments
from noord.administration.rights import reaches_everything
from noord.outbox.models import Mail
from noord.outbox.renderers import secret_kinds

YEARS = 2  # this one and the one before
NAMES = 8  # of one meeting; more are a number


def _managed(viewer: Person) -> QuerySet[Event]:
    if reaches_everything(viewer, "events.view_registration"):
        return Event.objects.all()
    if not viewer.has_perm("events.view_registration"):
        return Event.objects.none()
    return Event.objects.managed_by(viewer)


def _held(organisation: Organisation, moment: str) -> QuerySet[Position]:
    """Return the positions at the organisation on the day of the row: whoever moved takes no past along."""
    return Position.objects.filter(
        Q(end__isnull=True) | Q(end__gte=OuterRef(f"{moment}__date")),
        organisation=organisation,
        start__lte=OuterRef(f"{moment}__date"),
    )


# Whose rows they can be is asked apart from the days: of that PostgreSQL makes a list, and finds the rows by an index.


def _registrations(organisation: Organisation) -> QuerySet[Registration]:
    people = organisation.positions.order_by().values("person")
    held = _held(organisation, "event__start").filter(person=OuterRef("person"))
    return Registration.objects.filter(Exists(held), person__in=people)


def _mails(organisation: Organisation) -> QuerySet[Mail]:
    positions = Position.objects.order_by().annotate(address=Lower("person__email"))
    addresses = positions.filter(organisation=organisation, person__email__isnull=False).values("address")
    held = _held(organisation, "created_at").annotate(address=Lower("person__email"))
    mails = Mail.objects.with_address().filter(address__in=addresses)
    return mails.filter(Exists(held.filter(address=OuterRef("address"))))


@tells_moments
def meetings(organisation: Organisation, viewer: Person, enough: int) -> list[Moment]:
    """Tell of each meeting how many registered and came; of the viewer's own meetings also who."""
    managed = _managed(viewer)
    everything = reaches_everything(viewer, "events.view_registration")
    seen = Event.objects.all() if everything else Event.objects.visible_to(viewer)
    rows = list(
        _registrations(organisation)
        .filter(event__in=seen.values("pk"))
        .order_by()
        .values("event", "event__title", "event__start", "event__slug")
        .annotate(
            registered=Count("pk", filter=Q(status=Registration.Status.CONFIRMED)),
            waiting=Count("pk", filter=Q(status=Registration.Status.WAITING)),
            attended=Count("attended_at", filter=Q(status=Registration.Status.CONFIRMED)),
        )
        .order_by("-event__start", "-event")[:enough]
    )
    people = defaultdict(list)
    for registration in (
        _registrations(organisation)
        .filter(event__in=managed.filter(pk__in=[row["event"] for row in rows]).values("pk"))
        .select_related("person")
        .order_by("person__name")
    ):
        people[registration.event_id].append(registration)
    return [
        Moment(
            day=timezone.localdate(row["event__start"]),
            kind=_("Meeting"),
            title=row["event__title"],
            text=". ".join([_numbers(row), *_who(people[row["event"]])]),
            url=reverse("admin:events_event_change", args=[row["event"]])
            if row["event"] in people
            else reverse("events:event", args=[row["event__slug"]]),
        )
        for row in rows
    ]


def _numbers(row: dict) -> str:
    parts = [_("%(n)s registered") % {"n": row["registered"]}]
    if row["waiting"]:
        parts.append(_("%(n)s on the waiting list") % {"n": row["waiting"]})
    if row["attended"]:
        parts.append(_("%(n)s present") % {"n": row["attended"]})
    return ", ".join(parts)


def _who(registrations: list[Registration]) -> list[str]:
    named = [f"{one.person} ({_state(one)})" for one in registrations[:NAMES]]
    if len(registrations) > NAMES:
        named.append(_("and %(n)s more") % {"n": len(registrations) - NAMES})
    return [", ".join(named)] if named else []


def _state(registration: Registration) -> str:
    if registration.attended_at and registration.is_confirmed:
        return _("was there")
    return registration.get_status_display().lower()


@tells_moments
def mails(organisation: Organisation, viewer: Person, enough: int) -> list[Moment]:
    """Tell which mails about the viewer's own meetings went to people of the organisation, those of a day together."""
    # The meeting's number, so that each mail's meeting is found by its key and not the other way round.
    number = Case(When(about__regex=r"^event:[0-9]{1,18}$", then=Cast(Substr("about", 7), BigIntegerField())))
    rows = (
        _mails(organisation)
        .annotate(meeting=number)
        .filter(Exists(_managed(viewer).filter(pk=OuterRef("meeting"))))
        .exclude(kind__in=secret_kinds())
        .order_by()
        .values("about", "kind", day=TruncDate("created_at"))
        .annotate(
            n=Count("pk"),
            failed=Count("pk", filter=Q(status=Mail.Status.FAILED) | ~Q(bounce="")),
            subject_line=Max("subject"),
            first=Min("to"),
            newest=Max("created_at"),
        )
        .order_by("-newest", "about", "kind")[:enough]
    )
    return [
        Moment(
            day=row["day"],
            kind=_("Mail"),
            title=row["subject_line"] or _("A mail that has not left yet"),
            text=". ".join(
                [_receivers(row), *([_("%(n)s did not arrive") % {"n": row["failed"]}] if row["failed"] else [])]
            ),
        )
        for row in rows
    ]


def _receivers(row: dict) -> str:
    if row["n"] == 1:
        return _("To %(email)s") % {"email": row["first"]}
    return ngettext("To %(n)s person", "To %(n)s people", row["n"]) % {"n": row["n"]}


@tells_facts
def attendance(organisation: Organisation, viewer: Person) -> list[Fact]:
    """Count what everybody of the organisation did, at all meetings: numbers tell nobody's business."""
    if not viewer.has_perm("events.view_registration"):
        return []
    this_year = timezone.localdate().year
    rows = (
        _registrations(organisation)
        .filter(event__start__year__gt=this_year - YEARS, status=Registration.Status.CONFIRMED)
        .order_by()
        .values(year=F("event__start__year"))
        .annotate(registered=Count("pk"), attended=Count("attended_at"), meetings=Count("event", distinct=True))
        .order_by("-year")
    )
    text = _("%(year)s: registrations %(registered)s, meetings %(meetings)s, present %(attended)s")
    return [Fact(_("Registrations"), [(text % row, "") for row in rows] or [(_("None these two years"), "")])]
