"""The steps towards a meeting: who is asked for topics and input, and who gets the agenda; each at most once.

The portal takes them by the calendar (events/cycle.py). A chair or manager can take one earlier, or stop it.
"""

from collections.abc import Container
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from events import topic_rules as rules
from events.cycle import INPUT_BUNDLE, PREPARE_DAYS, Step, morning_of
from events.mail.topics import tell_step
from events.models import Event, Registration, TopicProposal, TopicStep
from events.operations.locks import lock_event
from events.topic_querysets import listed_today
from events.topic_rights import standing_of
from events.topic_step_rules import leaves_on, may_take
from knowledge_groups.models import GroupMembership
from members.models import Person
from noord.dates import local_day
from noord.domain import DomainError
from sectors.models import SectorRole

# No meeting asks for a step longer before it than this.
LOOK_AHEAD = timedelta(days=PREPARE_DAYS[1] + 30)


def take_steps(*, now: datetime) -> int:
    """Take every step that is due; return how many mails are queued.

    It runs often and from several places: each step is looked at again under the lock of its meeting.
    """
    coming = Event.objects.filter(
        status=Event.Status.PUBLISHED, kind__in=Event.TOPIC_KINDS, start__gt=now, start__lte=now + LOOK_AHEAD
    )
    taken: dict[int, set[str]] = {}
    for event_id, kind in TopicStep.objects.filter(event__in=coming).values_list("event", "kind"):
        taken.setdefault(event_id, set()).add(kind)
    rows = coming.with_topics().filter(is_hosted=True).order_by("start", "pk")
    due = [
        (event.pk, step)
        for event in rows.annotate(was_chosen=Exists(_chosen(OuterRef("pk"), now)))
        for step in Step
        if _is_due(event, step, now, taken=taken.get(event.pk, ()), was_chosen=event.was_chosen)
    ]
    return sum(_take(event_id, step, now=now) for event_id, step in due)


@transaction.atomic
def send_step(*, event: Event, step: Step, by: Person) -> int:
    """Take a step now, by hand, also one that was stopped; return how many people hear of it.

    Raises DomainError when the person may not, when it was sent already, or when it makes no sense.
    """
    now = timezone.now()
    event, taken = _lock(event, step, by)
    if taken and not taken.is_stopped:
        raise DomainError(_("This step was taken already."))
    may_take(Event.objects.with_topics().get(pk=event.pk), step, now=now).require()
    queued = _send(event, step, taken, now=now, by=by)
    if not queued:
        raise DomainError(_("There is nobody to send this to now."))
    return queued


@transaction.atomic
def stop_step(*, event: Event, step: Step, by: Person) -> None:
    """Let a step not happen by itself. Raises DomainError when the person may not, or it was sent already."""
    event, taken = _lock(event, step, by)
    if taken is None:
        TopicStep.objects.create(event=event, kind=step, is_stopped=True, by=by, at=timezone.now())
    elif not taken.is_stopped:
        raise DomainError(_("This step was taken already."))


def who_hears(*, event: Event, step: Step) -> QuerySet[Person]:
    """Return the people whom the step is for, each once however many hosts know them."""
    match step:
        case Step.CALL | Step.REMIND:
            people = Q(pk__in=_roles(event, SectorRole.Role.CHAIR)) | Q(pk__in=_leads(event))
        case Step.ESCALATE:
            # A group has no programme manager: its leads hear it themselves.
            people = Q(pk__in=_roles(event, SectorRole.Role.PROGRAMME_MANAGER)) | Q(pk__in=_leads(event))
        case Step.INPUT:
            listed = listed_today().filter(sector__events=event).values("person")
            taking_part = GroupMembership.objects.active_on().filter(group__events=event).values("person")
            roles = SectorRole.objects.active_on().filter(sector__events=event).values("person")
            people = Q(pk__in=listed) | Q(pk__in=taking_part) | Q(pk__in=roles)
        case Step.AGENDA:
            people = Q(pk__in=Registration.objects.confirmed().filter(event=event).values("person"))
    found = Person.objects.filter(people, email__isnull=False, is_active=True)
    if step == Step.INPUT:
        found = found.wanting("topics")
    return found.order_by("pk")


def _roles(event: Event, role: SectorRole.Role) -> QuerySet:
    return SectorRole.objects.active_on().filter(sector__events=event, role=role).order_by().values("person")


def _leads(event: Event) -> QuerySet:
    leads = GroupMembership.objects.active_on().exclude(role=GroupMembership.Role.PARTICIPANT)
    return leads.filter(group__events=event).order_by().values("person")


def _chosen(event, now: datetime) -> QuerySet[TopicProposal]:
    """Return what was chosen for the meeting so long ago that the members may hear of it."""
    return TopicProposal.objects.filter(
        event=event, status=TopicProposal.Status.PLANNED, decided_at__lte=now - INPUT_BUNDLE
    )


def _is_due(event: Event, step: Step, now: datetime, *, taken: Container[str], was_chosen: bool) -> bool:
    """Tell whether the step must be taken now; needs with_topics()."""
    if step == Step.INPUT:
        return was_chosen and step not in taken
    today = local_day(now)
    is_time = leaves_on(event, step, taken, now) == today and now >= morning_of(today)
    return is_time and bool(may_take(event, step, now=now))


@transaction.atomic
def _take(event_id: int, step: Step, *, now: datetime) -> int:
    event = lock_event(event_id)
    if event.status != Event.Status.PUBLISHED or event.start <= now:
        return 0
    taken = set(event.topic_steps.values_list("kind", flat=True))
    counted = Event.objects.with_topics().get(pk=event.pk)
    if not _is_due(counted, step, now, taken=taken, was_chosen=_chosen(event, now).exists()):
        return 0
    if step == Step.AGENDA and not _is_awaited(event, now):
        return 0
    return _send(event, step, None, now=now)


def _is_awaited(event: Event, now: datetime) -> bool:
    """Tell whether somebody who comes had a seat this morning; else the agenda waits for the next morning.

    Of a meeting that is published late it would be spent on nobody, or on the first who registers.
    """
    people = who_hears(event=event, step=Step.AGENDA).values("pk")
    known = event.registrations.confirmed().filter(queued_at__lt=morning_of(local_day(now)))
    return known.filter(person__in=people).exists()


def _send(event: Event, step: Step, stopped: TopicStep | None, *, now: datetime, by: Person | None = None) -> int:
    """Take the step for everybody who hears it; nobody at all leaves it for later, and returns 0."""
    hear = who_hears(event=event, step=step)
    if step == Step.CALL and by is None and _is_warned(event, now):
        # Who is warned that there is no topic needs no call on the same morning: the leads of a group.
        hear = hear.exclude(pk__in=who_hears(event=event, step=Step.ESCALATE).order_by().values("pk"))
    people = list(hear.only("pk", "email"))
    if not people:
        return 0
    tell_step(event, step, people)
    row = stopped or TopicStep(event=event, kind=step)
    row.at, row.is_stopped, row.people, row.by = now, False, len(people), by
    row.save()
    if step == Step.AGENDA:
        # It says all that the reminder of a week before would say (reminders.py).
        event.week_reminder_at = event.week_reminder_at or now
        event.save(update_fields=["week_reminder_at"])
    return len(people)


def _is_warned(event: Event, now: datetime) -> bool:
    """Are these the days in which the programme manager is warned, and has nobody stopped that?"""
    is_time = event.cycle.step_of(local_day(now)) == Step.ESCALATE
    return is_time and not event.topic_steps.filter(kind=Step.ESCALATE, is_stopped=True).exists()


def _lock(event: Event, step: Step, by: Person) -> tuple[Event, TopicStep | None]:
    event = lock_event(event.pk)
    rules.may_run_steps(standing_of(by), event, now=timezone.now()).require()
    return event, event.topic_steps.filter(kind=step).first()
