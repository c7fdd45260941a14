"""Everything that changes who is a member and who works where."""

from datetime import date, timedelta

from allauth.account.models import EmailAddress
from django.contrib.auth.hashers import make_password
from django.core.cache import cache
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from members import rules
from members.models import (
    ContactMoment,
    MailPreferences,
    Membership,
    MembershipRequest,
    Organisation,
    Person,
    Position,
)
from noord.domain import DomainError


@transaction.atomic
def start_membership(*, organisation: Organisation, start: date, end: date | None = None) -> Membership:
    """Make the organisation a member from the first day up to and including the last.

    A prospective member is none any more, unless the period is over already. Raises DomainError when it is a member
    on one of those days already.
    """
    organisation = Organisation.objects.select_for_update().get(pk=organisation.pk)  # one membership at a time
    rules.may_hold_membership(organisation, start, end).require()
    membership = Membership.objects.create(organisation=organisation, start=start, end=end)
    end_prospect_by(membership=membership)
    return membership


@transaction.atomic
def end_membership(*, membership: Membership, end: date) -> Membership:
    """Let the membership end with this day; a last day that was already set can move.

    Raises DomainError when the day is before the first, or another membership has begun by then.
    """
    organisation = Organisation.objects.select_for_update().get(pk=membership.organisation_id)
    membership = Membership.objects.select_for_update().get(pk=membership.pk)
    rules.may_hold_membership(organisation, membership.start, end, instead_of=membership).require()
    membership.end = end
    membership.save(update_fields=["end"])
    return membership


@transaction.atomic
def move_prospect(*, organisation: Organisation, stage: str) -> Organisation:
    """Put a prospective member at this stage; an organisation that was none becomes one today.

    Raises DomainError when it is a member already, or when there is no such stage.
    """
    organisation = Organisation.objects.select_for_update().get(pk=organisation.pk)
    rules.may_be_prospect(organisation, stage).require()
    organisation.prospect_since = organisation.prospect_since or timezone.localdate()
    organisation.prospect_stage = stage
    organisation.save(update_fields=["prospect_since", "prospect_stage"])
    return organisation


def end_prospect_by(*, membership: Membership) -> None:
    """End the prospect with a membership of today or later; a period of the past is history that was filled in."""
    if membership.end is None or membership.end >= timezone.localdate():
        end_prospect(organisation=membership.organisation)


def end_prospect(*, organisation: Organisation) -> Organisation:
    """Note that the organisation is no prospective member: it became a member, or it will not. Harmless twice."""
    organisation.prospect_since, organisation.prospect_stage, organisation.expected_on = None, "", None
    organisation.save(update_fields=["prospect_since", "prospect_stage", "expected_on"])
    return organisation


def record_contact(
    *,
    organisation: Organisation,
    by: Person,
    kind: str,
    happened_on: date | None = None,
    person: Person | None = None,
    note: str = "",
    next_step: str = "",
    next_on: date | None = None,
) -> ContactMoment:
    """Write down a contact with the organisation (default: today); a next step is for who wrote it down.

    Raises DomainError when the dates or the person cannot be right.
    """
    moment = ContactMoment(
        organisation=organisation,
        by=by,
        kind=kind,
        happened_on=happened_on or timezone.localdate(),
        person=person,
        note=note.strip(),
        next_step=next_step.strip(),
        next_on=next_on,
    )
    for fault in rules.faults_of(moment).values():
        raise DomainError(fault)
    moment.save()
    return moment


@transaction.atomic
def finish_step(*, moment: ContactMoment) -> ContactMoment:
    """Note that the next step is taken; the first time counts, and a moment without a step stays as it is."""
    moment = ContactMoment.objects.select_for_update().get(pk=moment.pk)
    if moment.is_open:
        moment.next_done_at = timezone.now()
        moment.save(update_fields=["next_done_at"])
    return moment


@transaction.atomic
def start_position(
    *,
    person: Person,
    organisation: Organisation,
    title: str = "",
    start: date | None = None,
    is_main_contact: bool = False,
) -> Position:
    """Let the person work at the organisation from the day on (default: today); once, whoever asks it twice."""
    start = start or timezone.localdate()
    Person.objects.select_for_update().get(pk=person.pk)  # two requests at once make one position
    position = _not_ended(person, organisation, start).first()
    if position:
        return position
    return Position.objects.create(
        person=person, organisation=organisation, title=title, start=start, is_main_contact=is_main_contact
    )


@transaction.atomic
def end_position(*, position: Position, end: date | None = None) -> Position:
    """Let the position end with this day (default: today); the row stays, as history.

    Raises DomainError when the day is before the first.
    """
    position = Position.objects.select_for_update().get(pk=position.pk)
    end = end or timezone.localdate()
    if end < position.start:
        raise DomainError(rules.ENDS_TOO_EARLY)
    position.end = end
    position.save(update_fields=["end"])
    return position


@transaction.atomic
def move_to(*, person: Person, organisation: Organisation, title: str = "", start: date | None = None) -> Position:
    """Change of employer: the positions elsewhere end the day before, and one here begins."""
    start = start or timezone.localdate()
    Person.objects.select_for_update().get(pk=person.pk)
    _leave(person.positions.active_on(start).exclude(organisation=organisation), start)
    return start_position(person=person, organisation=organisation, title=title, start=start)


@transaction.atomic
def sign_up(*, email: str, name: str) -> Person:
    """Return the person with this address; somebody new gets no password and no position yet.

    The position comes with open_account(), after the code that is mailed to the address was typed. Anybody can
    ask this with anybody's address, so of somebody known nothing changes.
    """
    person = _person_with(email, name)
    know_address(person=person)
    return person


def know_address(*, person: Person) -> None:
    """Note the address of somebody whom the administration or a colleague brought in.

    Typing the code that is mailed there confirms it, as it does after sign_up().
    """
    EmailAddress.objects.get_or_create(user=person, email=person.email)


@transaction.atomic
def open_account(*, person: Person, old_email: str = "") -> Position | None:
    """Give somebody whose address was just confirmed a position at the member that owns its domain.

    Nothing happens when there is one already. Who comes from another address (old_email) has changed
    employer when that one belongs to another organisation: the positions there end.
    """
    person = Person.objects.select_for_update().get(pk=person.pk)
    organisation = rules.member_organisation_of(person.email)
    if organisation is None:
        return None
    if old_email:
        former = Organisation.objects.with_email_domain(old_email).exclude(pk=organisation.pk)
        _leave(person.positions.active_on().filter(organisation__in=former), timezone.localdate())
    return start_position(person=person, organisation=organisation)


@transaction.atomic
def request_membership(
    *, email: str, name: str = "", organisation_name: str = "", message: str = ""
) -> MembershipRequest:
    """Leave a request for the relation manager; one open request per address, filled in further when asked again."""
    request, _ = MembershipRequest.objects.get_or_create(email=Person.normalise_email(email), handled_at=None)
    given = {"name": name, "organisation_name": organisation_name, "message": message}
    for field, value in given.items():
        if value:
            setattr(request, field, value)
    request.save(update_fields=list(given))
    return request


def handle_request(*, request: MembershipRequest) -> MembershipRequest:
    """Note that the relation manager has dealt with the request; the first time counts."""
    MembershipRequest.objects.filter(pk=request.pk, handled_at=None).update(handled_at=timezone.now())
    request.refresh_from_db()
    return request


@transaction.atomic
def add_colleague(*, email: str, name: str, organisation: Organisation, by: Person) -> Person:
    """Return the colleague with this address, who is made when the address is new and of the organisation's domain.

    Raises DomainError when `by` does not work there, when the address is no colleague's, or after too many
    in one day. The sentence is the same for an address that is known elsewhere and for one that nobody has.
    """
    rules.may_add_colleague(organisation, by).require()
    email = Person.normalise_email(email) or ""
    try:
        validate_email(email)
    except ValidationError as error:
        raise DomainError(rules.NOT_A_COLLEAGUE) from error
    person = Person.objects.filter(email=email).first()
    if person and person.is_active and person.positions.active_on().filter(organisation=organisation).exists():
        return person
    is_own_domain = Organisation.objects.with_email_domain(email).filter(pk=organisation.pk).exists()
    # Who worked here and left does not come back by a colleague's word, and who works elsewhere does not move by it.
    is_no_colleague = person and (
        not person.is_active
        or person.positions.filter(organisation=organisation).exists()
        or person.positions.active_on().exists()
    )
    if not is_own_domain or is_no_colleague:
        raise DomainError(rules.NOT_A_COLLEAGUE)
    _count_newcomer(by)
    person = _person_with(email, name)
    start_position(person=person, organisation=organisation)
    return person


@transaction.atomic
def keep_one_address(*, person: Person) -> None:
    """Forget every login address of the person but the present one.

    For when the administration has changed it: whoever reads the old mailbox must not get in any more.
    """
    EmailAddress.objects.filter(user=person).exclude(email=person.email or "").delete()


def choose_mail(*, person: Person, invitations: bool, topics: bool, reminders: bool, news: bool) -> MailPreferences:
    """Note which mails the person wants; it counts at once, also for mail that waits in the outbox."""
    wanted = {"invitations": invitations, "topics": topics, "reminders": reminders, "news": news}
    return MailPreferences.objects.update_or_create(person=person, defaults=wanted)[0]


def stop_mail(*, person: Person, kind: str) -> MailPreferences:
    """Note that the person no longer wants one kind ("reminders", say); the other choices stay. Harmless twice."""
    return MailPreferences.objects.update_or_create(person=person, defaults={kind: False})[0]


def _person_with(email: str, name: str) -> Person:
    """Find the person by address whatever the case, or make one without a password; safe when two ask at once."""
    defaults = {"name": name.strip(), "password": make_password(None)}
    return Person.objects.get_or_create(email=Person.normalise_email(email), defaults=defaults)[0]


def _count_newcomer(by: Person) -> None:
    """Raise DomainError when this person brought in as many people today as one may."""
    key = f"members.newcomers:{by.pk}:{timezone.localdate()}"
    cache.add(key, 0, timeout=24 * 3600)
    try:
        count = cache.incr(key)
    except ValueError:  # the cache lost it in between
        count = 1
    if count > rules.NEWCOMERS_A_DAY:
        raise DomainError(rules.TOO_MANY_NEWCOMERS)


def _not_ended(person: Person, organisation: Organisation, day: date):
    """Return the person's positions at the organisation that hold on the day or begin later."""
    return person.positions.filter(Q(end=None) | Q(end__gte=day), organisation=organisation)


def _leave(positions, day: date) -> None:
    """End the positions the day before; one that began that same day lasts that day."""
    for position in positions.select_for_update():
        position.end = max(position.start, day - timedelta(days=1))
        position.save(update_fields=["end"])
