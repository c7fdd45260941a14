"""Who has an account, by which address, and which mail they want."""

from allauth.account.models import EmailAddress
from django.contrib.auth.hashers import make_password
from django.core.cache import cache
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.utils import timezone

from members import rules
from members.models import MailPreferences, Organisation, Person, Position
from members.operations.positions import leave, start_position
from noord.domain import DomainError


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
        leave(person.positions.active_on().filter(organisation__in=former), timezone.localdate())
    return start_position(person=person, organisation=organisation)


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
