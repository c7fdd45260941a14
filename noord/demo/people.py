"""The people whom the sources name (known by name only), the five demo accounts and the invented participants."""

from dataclasses import dataclass
from datetime import date, timedelta

from allauth.account.models import EmailAddress
from django.contrib.auth.hashers import make_password
from django.utils import timezone

from members.models import Organisation, Person, Position, Role
from members.operations import start_position
from noord.demo import facts

PASSWORD = "noord-demo"  # noqa: S105 - it is printed for everyone; load_demo only runs with DEBUG
PARTICIPANTS = 24
SINCE = date(2020, 1, 1)


@dataclass(frozen=True)
class Account:
    """A demo account: who it is and what it is for."""

    email: str
    name: str
    organisation: str
    title: str
    role: str
    phone: str = ""
    is_administrator: bool = False


ACCOUNTS = (
    Account("lid@noord.example", "Lid Demo", "gemeente Westerkwartier", "adviseur informatisering", "a member"),
    Account(
        "collega@noord.example",
        "Collega Demo",
        "gemeente Westerkwartier",
        "projectleider",
        "a member of the same organisation",
    ),
    Account("voorzitter@noord.example", "Voorzitter Demo", "gemeente Assen", "CIO", "chair of Overheden"),
    Account(
        "programmamanager@noord.example",
        "Programmamanager Demo",
        "Samenwerking Noord",
        "programmamanager",
        "programme manager of Overheden",
        phone="06-00000000",
    ),
    Account(
        "beheerder@noord.example",
        "Beheerder Demo",
        "Samenwerking Noord",
        "beheerder",
        "administrator, also of /beheer/",
        is_administrator=True,
    ),
)


def participant_email(number: int) -> str:
    return f"deelnemer-{number}@noord.example"


def load() -> None:
    """Load everyone; who is there stays as they are."""
    for row in facts.document("people"):
        _named(row)
    _accounts()
    _participants()
    _roles()


def named(name: str) -> Person:
    """Return the person of the sources with this name; they have no address to be known by."""
    return Person.objects.get(name=name, email=None)


def _named(row: dict[str, str]) -> None:
    if Person.objects.filter(name=row["name"], email=None).exists():
        return
    person = Person.objects.create_user(name=row["name"])
    organisation = Organisation.objects.get(name=row["organisation"])
    since = date.fromisoformat(row["since"])
    start_position(person=person, organisation=organisation, title=row["title"], start=since)


def _accounts() -> None:
    emails = [account.email for account in ACCOUNTS]
    present = set(Person.objects.filter(email__in=emails).values_list("email", flat=True))
    missing = [account for account in ACCOUNTS if account.email not in present]
    password = make_password(PASSWORD) if missing else ""  # once: a good hash is slow
    for account in missing:
        person = Person.objects.create(
            email=account.email,
            password=password,
            name=account.name,
            phone=account.phone,
            is_staff=account.is_administrator,
            is_superuser=account.is_administrator,
        )
        EmailAddress.objects.create(user=person, email=account.email, verified=True, primary=True)
        organisation = Organisation.objects.get(name=account.organisation)
        start_position(person=person, organisation=organisation, title=account.title, start=SINCE)


def _participants() -> None:
    """Invent participants, spread over the members; they have an address but no way to log in."""
    numbers = {participant_email(number): number for number in range(1, PARTICIPANTS + 1)}
    for email in Person.objects.filter(email__in=numbers).values_list("email", flat=True):
        del numbers[email]
    people = Person.objects.bulk_create(
        Person(email=email, name=f"Demo Deelnemer {number}", password=make_password(None))
        for email, number in numbers.items()
    )
    organisations = list(Organisation.objects.members_on().order_by("slug"))
    Position.objects.bulk_create(
        Position(person=person, organisation=organisations[number % len(organisations)], start=SINCE, title="adviseur")
        for person, number in zip(people, numbers.values(), strict=True)
    )


def _roles() -> None:
    """Give some participants a role; those who had one and stayed as adviser leave a vacancy."""
    texts = facts.document("roles")
    known = {role.name for role in Role.objects.all()}
    Role.objects.bulk_create(Role(name=name) for name in texts["names"] if name not in known)
    for row in texts["held"]:
        positions = Position.objects.filter(person__email=participant_email(row["participant"]))
        role = Role.objects.get(name=row["role"])
        present = positions.active_on().select_related("person", "organisation").order_by("pk").first()
        if present is None or positions.filter(role=role).exists():  # somebody changed the demo
            continue
        if row.get("ended"):
            left_on = timezone.localdate() - timedelta(days=40)
            present.person.positions.create(organisation=present.organisation, role=role, start=SINCE, end=left_on)
        else:
            present.role = role
            present.save(update_fields=["role"])
