from collections import Counter
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta

import pytest
import time_machine
from allauth.account.models import EmailAddress
from django.contrib.auth import authenticate
from django.core.management import CommandError, call_command
from django.test import override_settings
from django.utils import timezone
from django.utils.timezone import localtime
from pytest_django import DjangoDbBlocker

from events.models import (
    Event,
    ProgrammeItem,
    Registration,
    SessionBlock,
    SessionChoice,
    Speaker,
    TopicInput,
    TopicPresenter,
    TopicProposal,
    TopicSupport,
)
from events.stand import stand_of
from knowledge_groups.models import GroupRequest, KnowledgeGroup
from members.models import EmailDomain, Membership, Organisation, Person, Position, Role
from noord.demo import days
from sectors.models import FocalPoint, Sector, SectorRole, SectorYear
from tests.factories import AMSTERDAM, amsterdam

pytestmark = pytest.mark.django_db
NOW = amsterdam(2026, 9, 21, 10)
EVERYTHING = (
    EmailAddress,
    EmailDomain,
    Event,
    FocalPoint,
    GroupRequest,
    KnowledgeGroup,
    Membership,
    Organisation,
    Person,
    Position,
    ProgrammeItem,
    Registration,
    Role,
    Sector,
    SectorRole,
    SectorYear,
    SessionBlock,
    SessionChoice,
    Speaker,
    TopicInput,
    TopicPresenter,
    TopicProposal,
    TopicSupport,
    Organisation.provinces.through,
    Organisation.participants.through,
    Sector.people.through,
    Sector.organisations.through,
    Event.sectors.through,
    Event.groups.through,
    Event.focal_points.through,
)


def load(*arguments: str) -> None:
    call_command("load_demo", *arguments, verbosity=0)


def all_rows() -> dict[str, list[dict]]:
    return {model._meta.label: list(model.objects.order_by("pk").values()) for model in EVERYTHING}


@pytest.fixture(scope="module")
def loaded(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """The demo network, loaded once for this file on Monday 21 September 2026; each test's own changes go with it."""
    with django_db_blocker.unblock(), override_settings(DEBUG=True), time_machine.travel(NOW, tick=False):
        load()
    yield
    with django_db_blocker.unblock():
        call_command("flush", interactive=False, verbosity=0)


@pytest.fixture
def demo(loaded: None, settings) -> Iterator[None]:
    """The demo network on that Monday."""
    settings.DEBUG = True
    with time_machine.travel(NOW, tick=False):
        yield


def test_refuses_without_debug(settings):
    settings.DEBUG = False
    with pytest.raises(CommandError, match="DEBUG=on"):
        load()
    assert not Organisation.objects.exists()


def test_loads_every_organisation_of_the_north(demo):
    kinds = Counter(Organisation.objects.values_list("kind", flat=True))
    assert kinds == {
        "province": 3,
        "municipality": 40,
        "consortium": 15,
        "national_office": 25,
        "water_authority": 5,
        "safety_region": 3,
        "partner": 3,
    }
    assert Organisation.objects.exclude(tile_label="").count() == 40
    assert Organisation.objects.filter(kind="municipality", provinces__name="provincie Fryslân").count() == 18
    assert Organisation.objects.get(slug="shared-service-center-leeuwarden").participants.count() == 7
    assert [o.name for o in Organisation.objects.matching("Dantumadeel")] == ["gemeente Dantumadiel"]
    westerkwartier = Organisation.objects.get(slug="gemeente-westerkwartier")
    assert (westerkwartier.name, westerkwartier.cbs_code, westerkwartier.tile_label) == (
        "gemeente Westerkwartier",
        "GM1969",
        "Wkw",
    )
    assert (westerkwartier.population, westerkwartier.population_year) == (63700, 2021)


def test_labels_every_member_as_demo_data(demo):
    members = Organisation.objects.members_on()
    kinds = {"province": 3, "municipality": 17, "national_office": 4, "water_authority": 2, "safety_region": 3}
    assert Counter(members.values_list("kind", flat=True)) == kinds | {"consortium": 1}
    assert {note.startswith("Lid in de demogegevens.") for note in members.values_list("note", flat=True)} == {True}
    assert EmailDomain.objects.get(name="noord.example").organisation.slug == "gemeente-westerkwartier"
    assert EmailDomain.objects.filter(name="assen.nl").exists()
    assert not EmailDomain.objects.filter(name="rechtspraak.nl").exists()


def test_keeps_people_of_the_sources_without_address(demo):
    named = Person.objects.filter(email=None).order_by("name")
    assert [(person.name, str(person.organisation)) for person in named] == [
        ("Albina Koolhof-Vitochina", "Samenwerking Noord"),
        ("Arne Bakker", "gemeente Groningen"),
        ("Bert Nederveen", "gemeente Westerkwartier"),
        ("Edwin Boender", "VNG Realisatie"),
        ("Erwin van der Maesen de Sombreff", "gemeente Westerkwartier"),
        ("Esmeralda Top", "provincie Drenthe"),
        ("Maarten Velthuijs", "Stichting Forus"),
        ("Machiel van der Schaaf", "Samenwerking Noord"),
        ("Martin Vos", "gemeente Assen"),
        ("Peter Jager", "gemeente De Fryske Marren"),
        ("Renske Stumpel", "gemeente Groningen"),
    ]
    assert not any(person.has_usable_password() for person in named)
    others = Person.objects.exclude(email=None).values_list("email", flat=True)
    assert {email.rpartition("@")[2] for email in others} == {"noord.example"}


@pytest.mark.parametrize(
    ("name", "organisation", "roles", "is_superuser"),
    [
        ("lid", "gemeente Westerkwartier", [], False),
        ("collega", "gemeente Westerkwartier", [], False),
        ("voorzitter", "gemeente Assen", ["chair"], False),
        ("programmamanager", "Samenwerking Noord", ["programme_manager"], False),
        ("beheerder", "Samenwerking Noord", [], True),
    ],
)
def test_lets_each_account_log_in(demo, rf, name, organisation, roles, is_superuser):
    email = f"{name}@noord.example"
    person = authenticate(rf.post("/"), email=email, password="noord-demo")
    assert person is not None
    assert str(person.organisation) == organisation
    assert [role.role for role in person.sector_roles.active_on().filter(sector__slug="overheden")] == roles
    assert (person.is_superuser, person.is_staff) == (is_superuser, is_superuser)
    assert EmailAddress.objects.filter(user=person, email=email, verified=True, primary=True).exists()


def test_describes_overheden_and_ict_noord_as_the_source_does(demo):
    overheden = Sector.objects.get(slug="overheden")
    chairs = overheden.roles.active_on().filter(role="chair").values_list("person__name", flat=True)
    assert set(chairs) == {"Peter Jager", "Arne Bakker", "Voorzitter Demo"}
    assert {"Lid Demo", "Collega Demo"} <= set(overheden.people.values_list("name", flat=True))
    plan = overheden.years.get(year=2026)
    assert (plan.planned_meetings, plan.target_new_members) == (8, 2)
    for year in (2021, 2026):
        assert list(overheden.focal_points.filter(year=year).values_list("title", flat=True)) == [
            "Digitale crisis",
            "Datagedreven werken",
            "Toekomstige ICT-werkplek",
            "Projectportfoliomanagement",
            "Samenwerking met ICT Noord en de VNG",
        ]
    first, *_, last = overheden.focal_points.filter(year=2026)
    assert [sector.name for sector in first.partner_sectors.all()] == ["Veiligheid"]
    assert [group.name for group in last.partner_groups.all()] == ["ICT Noord"]
    assert [organisation.name for organisation in last.partner_organisations.all()] == ["VNG Realisatie"]
    group = KnowledgeGroup.objects.get(slug="ict-noord")
    assert (group.since_year, group.meetings_per_year_min, group.meetings_per_year_max) == (2006, 2, 3)
    assert (group.is_open, group.state) == (True, "active")
    assert (group.proposed_on, group.started_on) == (date(2019, 3, 7), date(2019, 10, 1))
    assert group.decision.startswith("Voorbeeld, verzonnen voor de demo")
    assert group.memberships.get(role="lead").person.name == "Martin Vos"


def test_ties_meetings_to_focal_points_and_shows_a_result(demo):
    points = FocalPoint.objects.filter(sector__slug="overheden", year=2026)
    meetings = {point.title: sorted(point.events.values_list("title", flat=True)) for point in points}
    assert meetings["Digitale crisis"] == [
        "Sectoroverleg Overheden: digitale crisis",
        "Sectoroverleg Overheden: we oefenen een digitale crisis",
    ]
    assert "Opleiding projectportfoliomanagement" in meetings["Projectportfoliomanagement"]
    assert all(meetings.values())
    done = FocalPoint.objects.with_result().filter(year=2021)
    assert [point.title for point in done if point.result.startswith("Voorbeeld")] == ["Digitale crisis"]
    assert done.count() == 5


def test_has_a_closed_group_with_a_question_and_a_proposed_one(demo):
    states = dict(KnowledgeGroup.objects.values_list("slug", "state"))
    assert states == {
        "ict-noord": "active",
        "informatiebeveiliging": "active",
        "kunstmatige-intelligentie": "proposed",
    }
    request = GroupRequest.objects.get()
    assert (request.group.slug, request.person.email, request.status) == (
        "informatiebeveiliging",
        "collega@noord.example",
        "open",
    )


PROGRAMME = [
    ("13:30", "Welkom", [("Bert Nederveen", "wethouder Sociaal Domein", "gemeente Westerkwartier")]),
    ("13:45", "Stand van zaken", [("Edwin Boender", "accountmanager", "VNG Realisatie")]),
    (
        "14:45",
        "Samenwerking intensiveren",
        [
            ("Machiel van der Schaaf", "dagelijks voorzitter van de ledenraad", "Samenwerking Noord"),
            ("Martin Vos", "namens ICT Noord", "gemeente Assen"),
        ],
    ),
    (
        "15:30",
        "De ontwikkeling van het Kindpakket",
        [
            ("Erwin van der Maesen de Sombreff", "", "gemeente Westerkwartier"),
            ("Maarten Velthuijs", "", "Stichting Forus"),
        ],
    ),
    (
        "15:30",
        "Internationale samenwerking (Interreg) en de digitale innovatiecultuur",
        [("Esmeralda Top", "", "Provincie Drenthe"), ("Renske Stumpel", "", "gemeente Groningen")],
    ),
]


def programme(event: Event) -> list[tuple]:
    return [
        (
            f"{localtime(item.begins):%H:%M}",
            item.title,
            list(item.speakers.values_list("name", "role", "organisation")),
        )
        for item in event.items.in_order()
    ]


def test_keeps_the_tolbert_meeting_in_the_archive(demo):
    event = Event.objects.get(slug="ict-noord-meets-samenwerking-noord")
    assert (event.start, event.end) == (amsterdam(2019, 3, 7, 13, 30), amsterdam(2019, 3, 7, 17))
    assert (event.title, event.place, event.kind) == ("ICT Noord meets Samenwerking Noord", "Tolbert", "joint")
    assert [str(host) for host in event.hosts] == ["Overheden", "ICT Noord"]
    assert programme(event) == PROGRAMME
    assert (
        list(event.items.sessions().values_list("block__title", "room", "capacity"))
        == [("Twee parallelle sessies", "", None)] * 2
    )
    assert event.items.get(title="Stand van zaken").text.splitlines()[2] == "Common Ground"
    assert not Speaker.objects.filter(person=None, item__event__in=[event, *event.follow_ups.all()]).exists()
    assert event.report


def test_offers_the_follow_up_on_a_thursday_some_weeks_ahead(demo):
    event = Event.objects.get(slug="vervolgafspraak")
    assert event.start == datetime(2026, 10, 15, 13, 30, tzinfo=AMSTERDAM)
    assert event.end == datetime(2026, 10, 15, 17, 0, tzinfo=AMSTERDAM)
    assert event.registration_closes == datetime(2026, 10, 13, 23, 59, 59, tzinfo=AMSTERDAM)
    assert event.follow_up_of.slug == "ict-noord-meets-samenwerking-noord"
    assert programme(event) == PROGRAMME
    assert (event.capacity, event.session_required, event.audience) == (60, False, "public")
    assert list(event.items.sessions().values_list("capacity", flat=True)) == [30, 12]
    assert event.notice.startswith("Voorbeelddatum:")
    assert not event.registrations.exists()


def test_chooses_a_working_thursday_within_six_weeks():
    for today in (date(2026, 1, 1) + timedelta(days=n) for n in range(3 * 365)):
        chosen = days.thursday_from(today + timedelta(days=21))
        assert chosen.weekday() == 3
        assert not days.is_public_holiday(chosen)
        assert 21 <= (chosen - today).days <= 42


def test_knows_the_public_holidays():
    found = [day for n in range(365) if days.is_public_holiday(day := date(2027, 1, 1) + timedelta(days=n))]
    assert [f"{day:%m-%d}" for day in found] == [
        *("01-01", "03-26", "03-28", "03-29", "04-27", "05-05", "05-06", "05-16", "05-17", "12-25", "12-26")
    ]
    assert days.is_public_holiday(date(2025, 4, 26))
    assert not days.is_public_holiday(date(2025, 4, 27))


def test_plans_eight_meetings_of_overheden_this_year(demo):
    meetings = Event.objects.filter(sectors__slug="overheden", kind="sector", start__year=2026).order_by("start")
    assert [f"{localtime(meeting.start):%a %m-%d %H:%M}" for meeting in meetings] == [
        "Thu 02-12 13:30",
        "Thu 03-12 13:30",
        "Thu 04-09 13:30",
        "Thu 06-11 13:30",
        "Thu 09-10 13:30",
        "Thu 10-08 13:30",
        "Thu 11-12 13:30",
        "Thu 12-10 13:30",
    ]
    assert [bool(meeting.report) for meeting in meetings] == [True] * 5 + [False] * 3
    assert Counter(meeting.audience for meeting in meetings) == {"members": 5, "public": 2, "hosts": 1}
    assert {meeting.status for meeting in meetings} == {"published"}


def test_shows_topics_in_every_part_of_their_way(demo):
    """On Monday 21 September the topic of the follow-up must be chosen, and that of the joint meeting proposed."""
    slugs = ["themamiddag-datagedreven-werken", "vervolgafspraak", "overheden-en-veiligheid"]
    meetings = Event.objects.with_topics().in_bulk(slugs, field_name="slug")
    assert [stand_of(meetings[slug], NOW).sentence.replace("\xa0", " ") for slug in slugs] == [
        "Het onderwerp is gekozen. Geef je input tot en met woensdag 30 september 2026.",
        "Kies een onderwerp voor donderdag 15 oktober 2026.",
        "Er zijn 3 onderwerpen voorgesteld. Voorstellen kan tot en met maandag 12 oktober 2026.",
    ]
    wish = TopicProposal.objects.wished(NOW).get()
    assert (wish.title, wish.supports.count(), wish.inputs.count()) == ("Projectportfoliomanagement", 5, 1)
    crisis = TopicProposal.objects.get(title="Digitale crisis", event__slug="overheden-en-veiligheid")
    assert [(given.kind, given.answers and given.answers.kind) for given in crisis.inputs.in_order()] == [
        ("idea", None),
        ("question", None),
        ("answer", "question"),
        ("case", None),
    ]
    assert all("verzonnen voor de demo" in topic.reason for topic in TopicProposal.objects.filter(status="new"))


def test_shows_each_state_of_the_status_box(demo):
    upcoming = {event.slug: event for event in Event.objects.upcoming().with_seats()}
    full = upcoming["opleiding-projectportfoliomanagement"]
    assert (full.capacity, full.seats_taken, full.waiting_count) == (12, 12, 5)
    chair = full.registrations.with_place().get(person__email="voorzitter@noord.example")
    assert chair.place == 3
    assert upcoming["themamiddag-datagedreven-werken"].closes_at < timezone.now()
    assert upcoming["sectoroverleg-veiligheid-digitale-crisis"].is_cancelled
    assert upcoming["ict-noord-ggi-netwerk"].registration_opens > timezone.now()
    assert upcoming["lunchsessie-common-ground"].capacity is None


def test_changes_nothing_when_loaded_again(demo):
    before = all_rows()
    load()
    assert all_rows() == before


def test_shows_who_has_a_role_and_which_are_vacant(demo):
    with time_machine.travel(NOW, tick=False):
        held = Position.objects.active_on().filter(role__isnull=False).order_by("pk")
        assert [(one.person.name, one.role.name) for one in held] == [
            ("Demo Deelnemer 1", "Informatieadviseur (I&A)"),
            ("Demo Deelnemer 2", "CISO"),
            ("Demo Deelnemer 3", "Bestuurder"),
        ]
        assert [one.role.name for one in Position.objects.vacated().order_by("role__name")] == ["CIO", "CISO"]
        assert Organisation.objects.with_vacancy().count() == 2


def test_leaves_the_roles_that_somebody_changed(demo):
    Position.objects.filter(role__isnull=False).update(role=None)
    Position.objects.filter(person__name="Demo Deelnemer 1").delete()
    load()  # the others have two positions now, and one has none
    roles = Position.objects.filter(role__isnull=False).values_list("person__name", flat=True)
    assert set(roles) == {f"Demo Deelnemer {number}" for number in (2, 3, 4, 5)}


def test_leaves_the_follow_up_where_it_is_in_another_year(demo):
    before = Event.objects.get(slug="vervolgafspraak").start
    with time_machine.travel(datetime.combine(date(2027, 3, 1), time(10), AMSTERDAM), tick=False):
        load()
    assert Event.objects.get(slug="vervolgafspraak").start == before
    assert Event.objects.filter(sectors__slug="overheden", kind="sector", start__year=2027).count() == 8


def test_adds_volume_up_to_the_number(demo):
    load("--people", "30", "--meetings", "20")
    load("--people", "50", "--meetings", "20")
    people = Person.objects.filter(email__startswith="persoon-")
    assert set(people.values_list("email", flat=True)) == {f"persoon-{n}@noord.example" for n in range(1, 51)}
    assert people.members_on().count() == 50
    assert people.filter(sectors__slug="overheden").count() == 50
    assert len(set(people.values_list("password", flat=True))) == 2  # hashed once in each load
    assert all(person.check_password("noord-demo") for person in people[:2])
    assert EmailAddress.objects.filter(user__in=people, verified=True, primary=True).count() == 50

    meetings = Event.objects.filter(slug__startswith="demo-bijeenkomst-").with_seats()
    assert {meeting.seats_taken + meeting.waiting_count for meeting in meetings} == {20}
    assert all(meeting.capacity is None or meeting.seats_taken <= meeting.capacity for meeting in meetings)
    assert {bool(meeting.hosts) for meeting in meetings} == {True}
    assert meetings.count() == 20


def test_adds_topics_up_to_the_number(demo, settings):
    settings.DEBUG = True
    load("--topics", "3")
    load("--topics", "4")
    topics = TopicProposal.objects.filter(title__startswith="Demo-onderwerp ")
    assert (topics.count(), topics.filter(event__slug="overheden-en-veiligheid").count()) == (4, 2)
    assert TopicInput.objects.filter(proposal__in=topics).count() == 4 * 17


def test_makes_one_congress_to_measure(demo):
    load("--people", "320", "--meetings", "1")
    before = all_rows()
    load("--people", "320", "--meetings", "1")
    assert all_rows() == before
    congress = Event.objects.with_seats().get(slug="groot-congres")
    assert (congress.blocks.count(), congress.items.sessions().count(), congress.seats_taken) == (8, 40, 300)
    assert {session.seats_taken for session in congress.items.with_seats()} == {60}
    assert Speaker.objects.filter(item__event=congress).count() == 80


def test_spreads_meetings_over_past_and_future_years(demo):
    load("--people", "20", "--meetings", "400")
    years = Counter(Event.objects.filter(slug__startswith="demo-").values_list("start__year", flat=True))
    assert min(years) < 2020
    assert max(years) > 2027
    assert not Event.objects.filter(slug__startswith="demo-", start__week_day__in=[1, 7]).exists()
