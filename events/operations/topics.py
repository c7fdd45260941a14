"""Everything that changes a topic: proposing, giving input, and deciding."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import ProtectedError
from django.utils import timezone
from django.utils.translation import gettext as _

from events import topic_rules as rules
from events.free_time import first_free, may_begin, why_full
from events.mail.topics import tell_declined
from events.models import (
    Event,
    ProgrammeItem,
    SessionBlock,
    Speaker,
    TopicInput,
    TopicPresenter,
    TopicProposal,
    TopicSupport,
)
from events.operations.locks import lock_event
from events.topic_rights import standing_of
from members.models import Organisation, Person
from noord.domain import DomainError

Presenter = tuple[Organisation, Person | None]


# Of a proposal, besides who presents it.
WORDS = ("title", "reason", "focal_point_id", "minutes", "seeks_presenter", "event_id")


@transaction.atomic
def keep_draft(*, proposal: TopicProposal, presenters: Sequence[Presenter], by: Person) -> TopicProposal:
    """Store a new or an edited draft, which only its writer sees; the same title twice in a minute is one draft.

    Raises DomainError for what was proposed already, and for one draft too many.
    """
    stored = _stored(proposal, by)
    if stored is None:
        drafts = TopicProposal.objects.filter(by=by, status=TopicProposal.Status.DRAFT)
        rules.may_keep_draft(drafts.count()).require()
    elif not stored.is_draft:
        raise DomainError(_("This topic has been proposed already. Change it on its own page."))
    proposal = _as_stored(proposal, stored)
    rules.may_propose(standing_of(by), proposal.home).require()
    proposal.by = by
    return _store(proposal, presenters)


@transaction.atomic
def propose(*, proposal: TopicProposal, presenters: Sequence[Presenter], by: Person) -> TopicProposal:
    """Show a new topic, or a draft, to the members: for its meeting, or on the wish list when it has none.

    Pressing twice proposes it once. Raises DomainError with the reason when rules.may_propose() or may_propose_for()
    refuses, or it was proposed already in other words, which would be lost without a word.
    """
    event = lock_event(proposal.event_id) if proposal.event_id else None
    stored = _stored(proposal, by)
    if stored and not stored.is_draft:
        if _says_the_same(stored, proposal, presenters):
            return stored
        raise DomainError(_("This topic has been proposed already. Change it on its own page."))
    proposal = _as_stored(proposal, stored)
    standing, now = standing_of(by), timezone.now()
    rules.may_propose(standing, proposal.home).require()
    if event:
        if proposal.home not in event.hosts:
            raise DomainError(_("This meeting belongs to another sector or group than the topic."))
        rules.may_propose_for(standing, event, now=now).require()
    proposal.by, proposal.status, proposal.proposed_at = by, TopicProposal.Status.NEW, now
    return _store(proposal, presenters)


@transaction.atomic
def edit(*, proposal: TopicProposal, presenters: Sequence[Presenter], by: Person) -> TopicProposal:
    """Store a changed proposal; the page says that it was changed. Raises DomainError when may_edit() refuses."""
    stored = _lock(proposal)
    rules.may_edit(standing_of(by), stored).require()
    # What was decided meanwhile is not the editor's: only the words are.
    for name in ("title", "reason", "focal_point", "minutes", "seeks_presenter"):
        setattr(stored, name, getattr(proposal, name))
    if not stored.is_draft:
        stored.edited_at = timezone.now()
    return _store(stored, presenters)


@transaction.atomic
def withdraw(*, proposal: TopicProposal, by: Person) -> None:
    """Take a proposal back; a draft goes altogether. Doing it twice changes nothing."""
    proposal = _lock(proposal)
    if proposal.status == TopicProposal.Status.WITHDRAWN:
        return
    rules.may_edit(standing_of(by), proposal).require()
    if proposal.is_draft:
        proposal.delete()
        return
    _decide(proposal, TopicProposal.Status.WITHDRAWN, by)


@transaction.atomic
def support(*, proposal: TopicProposal, person: Person, wants: bool) -> None:
    """Let the person support the topic, or no longer. Raises DomainError when rules.may_give_input() refuses."""
    proposal = _lock(proposal)
    rules.may_give_input(standing_of(person), proposal, now=timezone.now()).require()
    if wants:
        TopicSupport.objects.get_or_create(proposal=proposal, person=person)
    else:
        TopicSupport.objects.filter(proposal=proposal, person=person).delete()


@transaction.atomic
def give_input(
    *,
    proposal: TopicProposal,
    by: Person,
    kind: str,
    text: str,
    answers: TopicInput | None = None,
    shows_name: bool = False,
) -> TopicInput:
    """Add what the person says; the same words twice in a minute are one. Raises DomainError when that may not be.

    An answer may belong to a question on the same proposal.
    """
    proposal = _lock(proposal)
    now = timezone.now()
    rules.may_give_input(standing_of(by), proposal, now=now).require()
    if answers and answers.proposal_id != proposal.pk:
        raise DomainError(_("This question belongs to another topic."))
    same = TopicInput.objects.filter(proposal=proposal, by=by, kind=kind, text=text, withdrawn_at=None)
    if twice := same.filter(created_at__gt=now - timedelta(minutes=1)).first():
        return twice
    return TopicInput.objects.create(
        proposal=proposal, by=by, kind=kind, text=text, answers=answers, shows_name=shows_name, created_at=now
    )


@transaction.atomic
def edit_input(*, given: TopicInput, by: Person, text: str, shows_name: bool) -> TopicInput:
    """Change the words; the page says that they were changed. Raises DomainError when that may not be."""
    given = TopicInput.objects.select_for_update(of=("self",)).select_related("proposal").get(pk=given.pk)
    now = timezone.now()
    rules.may_change_input(standing_of(by), given, now=now).require()
    if given.text != text:
        given.text, given.edited_at = text, now
    given.shows_name = shows_name
    given.save()
    return given


@transaction.atomic
def withdraw_input(*, given: TopicInput, by: Person) -> None:
    """Take the words back: the page keeps their place and says so, and the words themselves are gone."""
    given = TopicInput.objects.select_for_update(of=("self",)).select_related("proposal").get(pk=given.pk)
    if given.withdrawn_at and given.by_id == by.pk:
        return
    now = timezone.now()
    rules.may_change_input(standing_of(by), given, now=now).require()
    given.text, given.withdrawn_at = "", now
    given.save()


@transaction.atomic
def summarise(*, proposal: TopicProposal, by: Person, text: str) -> TopicProposal:
    """Put the chair's summary of the input above it. Raises DomainError when rules.may_decide() refuses."""
    proposal = _lock(proposal)
    rules.may_decide(standing_of(by), proposal).require()
    proposal.summary, proposal.summary_at = text, timezone.now() if text else None
    proposal.save(update_fields=["summary", "summary_at"])
    return proposal


@dataclass(frozen=True, slots=True)
class Place:
    """Where in the programme a topic comes: in a block as a parallel session, or for everyone at a moment of its own.

    Without either it comes for everyone, after what is there already and before the closing.
    """

    block: SessionBlock | None = None
    start: datetime | None = None
    room: str = ""
    text: str = ""


@transaction.atomic
def plan(*, proposal: TopicProposal, event: Event, place: Place, by: Person) -> ProgrammeItem:
    """Choose the topic: it becomes an item of the programme, with its presenters as speakers; return the item.

    Two who choose at once cannot plan it twice: the meeting and the proposal are locked, in that order. Raises
    DomainError with the reason when rules.may_plan() refuses, the place does not belong to the meeting, or the topic
    would not be over when the meeting is.
    """
    event = lock_event(event.pk)
    proposal = _lock(proposal)
    now = timezone.now()
    rules.may_plan(standing_of(by), proposal, event, now=now).require()
    if place.block and place.block.event_id != event.pk:
        raise DomainError(_("This block belongs to another meeting. Choose a block of this meeting."))
    start = None if place.block else _start_of(proposal, event, place.start)
    item = ProgrammeItem.objects.create(
        event=event,
        block=place.block,
        kind=ProgrammeItem.Kind.SESSION if place.block else ProgrammeItem.Kind.PRESENTATION,
        title=proposal.title,
        text=place.text,
        start=start,
        end=start and start + timedelta(minutes=proposal.minutes),
        room=place.room,
        position=event.items.count() + 1,
    )
    presenters = proposal.presenters.select_related("organisation", "person")
    Speaker.objects.bulk_create(
        Speaker(
            item=item,
            name=presenter.person.name if presenter.person else presenter.organisation.name,
            organisation=presenter.organisation.name if presenter.person else "",
            person=presenter.person,
            position=number,
        )
        for number, presenter in enumerate(presenters, 1)
    )
    proposal.event, proposal.item = event, item
    _decide(proposal, TopicProposal.Status.PLANNED, by)
    return item


def _start_of(proposal: TopicProposal, event: Event, wanted: datetime | None) -> datetime:
    """Return when the topic begins that is for everyone. Raises DomainError when it would not be over in time."""
    if wanted:
        may_begin(event, wanted, minutes=proposal.minutes).require()
        return wanted
    free = first_free(event, minutes=proposal.minutes)
    if free is None:
        raise DomainError(why_full(event, minutes=proposal.minutes))
    return free


@transaction.atomic
def leave_on_wish_list(*, proposal: TopicProposal, by: Person) -> TopicProposal:
    """Keep the topic for another time, with its support and its input; what was planned leaves the programme again.

    Raises DomainError when that may not be, or people have chosen its session already.
    """
    event_id = TopicProposal.objects.values_list("event", flat=True).get(pk=proposal.pk)
    event = lock_event(event_id) if event_id else None
    proposal = _lock(proposal)
    if proposal.event_id != event_id:
        raise DomainError(_("Somebody else decided about this topic at the same time. Look at it once more."))
    standing = standing_of(by)
    rules.may_decide(standing, proposal).require()
    if proposal.is_planned and event and not event.is_cancelled:
        rules.may_choose_for(standing, event, now=timezone.now()).require()
        _take_out(proposal.item)
    proposal.event = proposal.item = None
    proposal.decline_reason = ""
    return _decide(proposal, TopicProposal.Status.DISCUSSED, by)


@transaction.atomic
def decline(*, proposal: TopicProposal, by: Person, reason: str) -> TopicProposal:
    """Do not choose the topic; whoever proposed it gets the reason. Doing it twice tells nobody twice.

    Raises DomainError when that may not be, the topic is planned, or there is no reason.
    """
    proposal = _lock(proposal)
    rules.may_decide(standing_of(by), proposal).require()
    if proposal.status == TopicProposal.Status.DECLINED:
        return proposal
    if proposal.is_planned:
        raise DomainError(_("This topic is planned. Put it back on the wish list first."))
    if not reason.strip():
        raise DomainError(_("Say why this topic is not chosen."))
    proposal.decline_reason = reason.strip()
    _decide(proposal, TopicProposal.Status.DECLINED, by)
    tell_declined(proposal)
    return proposal


def _lock(proposal: TopicProposal) -> TopicProposal:
    """Lock the proposal's row and return it fresh."""
    found = TopicProposal.objects.select_for_update(of=("self",)).select_related("sector", "group", "event")
    return found.get(pk=proposal.pk)


def _stored(proposal: TopicProposal, by: Person) -> TopicProposal | None:
    """Lock and return what is stored of the proposal; of a new one, what the same person made just now.

    The button was pressed twice then. Two presses at once wait for each other by the row of the person.
    """
    if proposal.pk:
        return _lock(proposal)
    Person.objects.select_for_update(no_key=True, of=("self",)).get(pk=by.pk)
    own = TopicProposal.objects.filter(
        by=by, sector=proposal.sector, group=proposal.group, title=proposal.title
    ).exclude(status=TopicProposal.Status.WITHDRAWN)
    twice = own.filter(created_at__gt=timezone.now() - timedelta(minutes=1)).order_by("pk").last()
    return twice and _lock(twice)


def _as_stored(proposal: TopicProposal, stored: TopicProposal | None) -> TopicProposal:
    """Return a new proposal as the draft that it is a second press of, with its own words."""
    if stored is None or proposal.pk:
        return proposal
    for name in WORDS:
        setattr(stored, name, getattr(proposal, name))
    return stored


def _says_the_same(stored: TopicProposal, proposal: TopicProposal, presenters: Sequence[Presenter]) -> bool:
    there = set(stored.presenters.values_list("organisation", "person"))
    same = all(getattr(stored, name) == getattr(proposal, name) for name in WORDS)
    return same and there == _keys(presenters)


def _keys(presenters: Sequence[Presenter]) -> set[tuple[int, int | None]]:
    return {(organisation.pk, person.pk if person else None) for organisation, person in presenters}


def _store(proposal: TopicProposal, presenters: Sequence[Presenter]) -> TopicProposal:
    proposal.save()
    wanted = _keys(presenters)
    for presenter in proposal.presenters.all():
        if (key := (presenter.organisation_id, presenter.person_id)) in wanted:
            wanted.remove(key)
        else:
            presenter.delete()
    TopicPresenter.objects.bulk_create(
        TopicPresenter(proposal=proposal, organisation_id=organisation, person_id=person)
        for organisation, person in sorted(wanted, key=str)
    )
    return proposal


def _decide(proposal: TopicProposal, status: TopicProposal.Status, by: Person) -> TopicProposal:
    proposal.status, proposal.decided_at, proposal.decided_by = status, timezone.now(), by
    proposal.save()
    return proposal


def _take_out(item: ProgrammeItem | None) -> None:
    if item is None:
        return
    if ProgrammeItem.objects.chosen().filter(pk=item.pk).exists():
        raise DomainError(_("People have chosen this session already, so it stays in the programme."))
    try:
        item.delete()
    except ProtectedError as error:
        reason = _("Documents belong to this session, so it stays. Remove them, or add them to the topic.")
        raise DomainError(reason) from error
