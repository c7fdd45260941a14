"""The mails about topics: what was decided about one, and the steps towards a meeting."""

from collections.abc import Iterable
from datetime import date, timedelta
from itertools import groupby

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from events.cycle import Step
from events.mail.letters import Letter, compose_each, event_facts
from events.models import Event, TopicProposal
from events.programme import load_programme
from events.words import sentence
from members.models import Person
from members.unsubscribe import unsubscribe_url
from noord.dates import day_long, time_of_day
from noord.outbox.letter import as_message
from noord.outbox.message import Message
from noord.outbox.queue import NewMail, enqueue, enqueue_many, renders
from noord.outbox.renderers import renders_batch

DECLINED, STEP = "events.topic_declined", "events.topic_step"
Params = dict[str, int | str]  # {"event": id, "step": a Step, "person": id}
# What somebody may stop, and under which name the mailbox knows the list. The others are part of a role, the agenda is
# part of a registration.
STOPPABLE = {Step.INPUT: ("topics", "onderwerpen")}
TO_MANY = (Step.INPUT, Step.AGENDA)


def tell_declined(proposal: TopicProposal) -> None:
    """Queue the reason for who proposed it, when that is somebody with an address; each decision is told once."""
    if proposal.by and proposal.by.email and proposal.by.is_active and proposal.by_id != proposal.decided_by_id:
        enqueue(
            kind=DECLINED,
            key=f"topic-declined:{proposal.pk}:{proposal.decided_at.timestamp()}",
            to=proposal.by.email,
            params={"proposal": proposal.pk},
            about=f"event:{proposal.event_id}" if proposal.event_id else "",
        )


def tell_step(event: Event, step: Step, people: Iterable[Person]) -> None:
    """Queue one mail each; the key makes it one for ever, however often the meeting moves."""
    enqueue_many(
        NewMail(
            kind=STEP,
            key=f"topic-step:{event.pk}:{step}:{person.pk}",
            to=person.email,
            params={"event": event.pk, "step": str(step), "person": person.pk},
            is_bulk=step in TO_MANY,
            about=f"event:{event.pk}",
        )
        for person in people
    )


@renders(DECLINED)
def render_declined(*, proposal: int) -> Message | None:
    """Return the mail; None when the topic is gone, was chosen after all, or its proposer is gone."""
    row = TopicProposal.objects.select_related("sector", "group", "by").filter(pk=proposal).first()
    if row is None or row.status != TopicProposal.Status.DECLINED or row.by is None:
        return None
    letter = Letter(
        heading=_("Your topic is not chosen: %(topic)s") % {"topic": row.title},
        name=row.by.name,
        opening=[
            _("You proposed this topic to %(home)s. The chairs did not choose it.") % {"home": row.home},
            _("Their reason: %(reason)s") % {"reason": row.decline_reason},
        ],
        closing=[_("Do you have another idea? You can always propose a new topic.")],
        button=_("View your topic"),
        link=settings.SITE_URL + row.get_absolute_url(),
        reason=_("You get this mail because you proposed a topic."),
    )
    return as_message(letter, f"{_('Your topic is not chosen')}: {row.title}")


@renders_batch(STEP)
def render_step(asked: list[Params]) -> list[Message | None]:
    """Return the mails; None for who no longer wants them, and for all when the meeting has begun or is called off."""
    messages = {}
    rows = sorted(asked, key=_meeting_and_step)
    for (event_id, step), own in groupby(rows, key=_meeting_and_step):
        event = Event.objects.filter(pk=event_id, status=Event.Status.PUBLISHED, start__gt=timezone.now()).first()
        if event is None:
            continue
        for person, message in _write(event, Step(step), [params["person"] for params in own]):
            messages[event_id, step, person] = message
    return [messages.get((params["event"], params["step"], params["person"])) for params in asked]


def _meeting_and_step(params: Params) -> tuple[int, str]:
    return params["event"], params["step"]


def _write(event: Event, step: Step, ids: list[int]) -> list[tuple[int, Message]]:
    people = Person.objects.filter(pk__in=ids, is_active=True)
    kind, list_id = STOPPABLE.get(step, ("", ""))
    if kind:
        people = people.wanting(kind)
    if step == Step.AGENDA:
        people = people.filter(pk__in=event.registrations.confirmed().values("person"))
    rows = list(people.only("pk", "name"))
    make = {Step.INPUT: _input, Step.AGENDA: _agenda}.get(step)
    written = make(event) if make else _call(event, step)
    if written is None:
        return []
    letter, subject = written
    stops = [unsubscribe_url(row.pk, kind) if kind else "" for row in rows]

    def own_letter(own: dict[str, str]) -> Letter:
        letter.name = own["name"]
        letter.unsubscribe_url = own["stop"] if kind else ""
        return letter

    names = [{"name": row.name, "stop": stop} for row, stop in zip(rows, stops, strict=True)]
    more = [{"unsubscribe_url": stop, "list_id": list_id} for stop in stops]
    composed = compose_each(own_letter, names, event, subject, more)
    return list(zip((row.pk for row in rows), composed, strict=True))


def _topics_url(event: Event) -> str:
    return settings.SITE_URL + reverse("events:topics", args=[event.slug])


def _call(event: Event, step: Step) -> tuple[Letter, str] | None:
    """Write to the chairs or the programme manager; None when there is a topic meanwhile, but for the call in time."""
    proposals = event.topic_proposals.proposed()
    today, cycle = timezone.localdate(), event.cycle
    is_late = today > cycle.prepare_by
    has_topic = proposals.open().exists() or proposals.filter(item__isnull=False).exists()
    if has_topic and (step != Step.CALL or today >= cycle.prepare_by):
        return None
    days = {"day": day_long(cycle.day), "known": day_long(cycle.prepare_by)}
    propose = _("Proposing is possible up to and including %(day)s.") % {"day": days["known"]}
    if is_late:
        last = {"day": day_long(cycle.agenda_on - timedelta(days=1))}
        propose = _("The topic should have been known on %(known)s.") % days
        propose += " " + _("As a chair you can still propose one, up to and including %(day)s.") % last
    match step:
        case Step.CALL:
            subject = _("Propose a topic")
            opening = [_("On %(day)s there is a meeting of which you are a chair. What do we talk about?")]
            reason = _("You get this mail because you are a chair.")
        case Step.REMIND:
            subject = _("There is no topic yet")
            opening = [_("Nobody has proposed a topic yet for the meeting on %(day)s.")]
            reason = _("You get this mail because you are a chair.")
        case _other:
            subject = _("There is no topic yet")
            opening = [_known(today, cycle.prepare_by)]
            propose = _("Ask the chairs for a topic, or propose one yourself.")
            reason = _("You get this mail because you are the programme manager, or lead the group.")
    letter = Letter(
        heading=f"{subject}: {event.title}",
        name="",
        opening=[text % days for text in opening],
        facts=event_facts(event),
        closing=[propose],
        button=_("Propose a topic"),
        link=_topics_url(event),
        reason=reason,
    )
    return letter, subject


def _known(today: date, day: date) -> str:
    """Return what is true on the day on which it is written: a meeting may be published late, a chair may be early."""
    if today > day:
        return _(
            "The topic of the meeting on %(day)s should have been known on %(known)s, and nobody has proposed one."
        )
    if today < day:
        return _("The topic of the meeting on %(day)s must be known on %(known)s, and nobody has proposed one yet.")
    return _("Today the topic of the meeting on %(day)s should be known, and nobody has proposed one.")


def _input(event: Event) -> tuple[Letter, str] | None:
    """Ask the members for input; None when no topic is chosen any more."""
    chosen = TopicProposal.objects.filter(event=event, status=TopicProposal.Status.PLANNED)
    topics = list(
        chosen.order_by("decided_at", "pk").prefetch_related("presenters__organisation", "presenters__person")
    )
    if not topics:
        return None
    until = day_long(event.cycle.day - timedelta(days=1))
    subject = _("Give your input")
    letter = Letter(
        heading=f"{subject}: {sentence([topic.title for topic in topics])}",
        name="",
        opening=[
            ngettext(
                "This topic is chosen for the next meeting. What should it be about for you?",
                "These topics are chosen for the next meeting. What should they be about for you?",
                len(topics),
            ),
            *(_about(topic) for topic in topics),
        ],
        facts=event_facts(event),
        closing=[_("Give your input up to and including %(day)s: a question, an idea or a case.") % {"day": until}],
        button=_("Give your input"),
        link=settings.SITE_URL + topics[0].get_absolute_url() if len(topics) == 1 else _topics_url(event),
        reason=_("You get this mail because you are on the list of the sector or the group."),
    )
    return letter, subject


def _about(topic: TopicProposal) -> str:
    """Return the topic, why it matters now, and who presents it, each on a line."""
    presenters = sentence([str(presenter) for presenter in topic.presenters.all()])
    lines = [topic.title, topic.reason]
    if presenters:
        lines.append(_("Presented by: %(names)s") % {"names": presenters})
    if topic.seeks_presenter:
        lines.append(_("Somebody who presents is still wanted. Is that you?"))
    return "\n".join(line for line in lines if line)


def _agenda(event: Event) -> tuple[Letter, str]:
    """Write the agenda as it is fixed; it comes instead of the reminder of a week before."""
    rows = load_programme(event, AnonymousUser(), now=timezone.now())
    agenda = [
        (time_of_day(row.start), sentence([line.title for line in row.items]) if not row.block else _choice(row.items))
        for row in rows
    ]
    subject = _("The agenda")
    opening = _("You are registered for this meeting. This is the agenda.")
    if not agenda:
        opening = _("You are registered for this meeting. The agenda stands on its page.")
    letter = Letter(
        heading=f"{subject}: {event.title}",
        name="",
        opening=[opening],
        facts=[*event_facts(event), *agenda],
        closing=[_("Can you not come? Then cancel, so that your seat is free for somebody else.")],
        button=_("View or change your registration"),
        link=settings.SITE_URL + reverse("events:registration", args=[event.slug]),
        reason=_("You get this mail because of your registration."),
    )
    return letter, subject


def _choice(sessions) -> str:
    return _("At the same time: %(sessions)s") % {"sessions": sentence([line.title for line in sessions])}
