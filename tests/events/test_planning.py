"""What a planner is warned of, who speaks, and the verbs that plan ahead."""

from datetime import date, time, timedelta
from uuid import uuid4

import pytest
from django.core.exceptions import ValidationError
from django.utils.translation import override

from events.models import Event, ProgrammeItem, SchoolHoliday, SessionBlock, Speaker
from events.operations import planning as operations
from events.operations import registrations
from events.planning import load_plan
from events.planning_days import moment
from events.planning_warnings import Plan, Slot, warnings
from events.seats import Choice
from events.speakers import Line, as_text, parse
from members.models import Person
from tests.factories import (
    amsterdam,
    make_block,
    make_event,
    make_group,
    make_member,
    make_person,
    make_programme_manager,
    make_registration,
    make_sector,
    make_session,
)
from tests.threads import all_at_once

START, END = amsterdam(2027, 3, 4, 13, 30), amsterdam(2027, 3, 4, 17)


def at(hour: int, minute: int = 0):
    return amsterdam(2027, 3, 4, hour, minute)


def warned(*slots: Slot, **plan) -> list[str]:
    with override("en"):
        return warnings(Plan(START, END, slots=list(slots), **plan))


def test_plan_without_faults_gives_no_warning():
    slots = [Slot("A", at(13, 30), at(14), room="Zaal 1"), Slot("B", at(14), at(17), room="Zaal 1")]
    assert warned(*slots, capacity=10, taken=10) == []


def test_room_twice_at_once_is_told_whatever_the_capitals():
    slots = [Slot("A", at(14), at(15), room="Zaal 1"), Slot("B", at(14, 59), at(16), room=" zaal 1")]
    assert warned(*slots) == ["Zaal 1 is used twice at the same time: “A” and “B”."]


@pytest.mark.parametrize(
    ("one", "other", "is_same"),
    [
        (("Jan", None), ("jan", None), True),
        (("Jan", 1), ("Jan", None), True),
        (("Jan", 1), ("J. de Vries", 1), True),
        (("Jan", 1), ("Jan", 2), False),
        (("Jan", None), ("Piet", None), False),
    ],
)
def test_speaker_twice_at_once_is_told_by_person_or_else_by_name(one, other, is_same):
    slots = [Slot("A", at(14), at(15), speakers=(one,)), Slot("B", at(14, 30), speakers=(other,))]
    assert warned(*slots) == (["Jan speaks twice at the same time: “A” and “B”."] if is_same else [])


def test_one_after_the_other_is_not_at_once():
    speakers = (("Jan", None),)
    slots = [Slot("A", at(14), at(15), "Zaal", speakers), Slot("B", at(15), None, "Zaal", speakers)]
    assert warned(*slots) == []


def test_room_smaller_than_its_sign_ups_and_meeting_with_more_than_its_seats():
    assert warned(Slot("A", at(14), at(15), capacity=2, wanted=3), capacity=1, taken=2) == [
        "There are more registrations than seats: 2 of 1.",
        "“A” is too small: 3 people want to come, and there are 2 seats.",
    ]


def test_item_outside_the_hours_is_told_with_its_time():
    slots = [Slot("A", at(13)), Slot("B", at(16), at(17, 30)), Slot("C", at(17)), Slot("D", at(13, 30), at(17))]
    assert warned(*slots) == [
        "“A” is outside the hours of the meeting: 13.00 h.",
        "“B” is outside the hours of the meeting: 16.00 - 17.30 h.",
        "“C” is outside the hours of the meeting: 17.00 h.",
    ]


def test_day_off_other_sector_and_doubles_are_told():
    found = warned(off={date(2027, 3, 4): "Feest"}, others=[("Veiligheid", at(10), at(12))], doubles=2)
    assert [sentence.replace("\N{NO-BREAK SPACE}", " ") for sentence in found] == [
        "Thursday 4 March 2027 is a day off: Feest.",
        "Another sector has a meeting on the same day: Veiligheid, 10.00 - 12.00 h.",
        "2 people would have two meetings at the same time.",
    ]


@pytest.mark.django_db
def test_load_plan_finds_what_the_warnings_are_about():
    sector, group = make_sector(), make_group()
    event = make_event(sectors=[sector], groups=[group], start=START, end=END, capacity=20)
    block = make_block(event)
    session = make_session(block, title="Klein", capacity=1, room="Zaal 2")
    Speaker.objects.create(item=session, name="Jan", person=(known := make_member()))
    for _ in range(2):
        registrations.register(event=event, person=make_member(), choices={block.pk: Choice(session.pk)})
    SchoolHoliday.objects.create(name="Vakantie", start=date(2027, 3, 1), end=date(2027, 3, 7))
    other = make_event(sectors=[make_sector(name="Veiligheid")], start=START, end=END, status=Event.Status.DRAFT)
    make_event(sectors=[make_sector()], start=START, end=END, status=Event.Status.CANCELLED)
    make_event(sectors=[sector], start=at(9), end=at(10))
    listed, registered, elsewhere = make_member(), event.registrations.first().person, make_member()
    sector.people.add(listed)
    for person in (listed, registered, elsewhere):
        make_registration(other, person)
    plan = load_plan(Event.objects.with_seats().get(pk=event.pk))
    slot = Slot("Klein", block.start, block.end, "Zaal 2", (("Jan", known.pk),), 1, 2)
    off = {date(2027, 3, 4): "Vakantie"}
    assert plan == Plan(START, END, 20, 2, [slot], off, [("Veiligheid", START, END)], 2)


@pytest.mark.django_db
def test_load_plan_asks_as_often_for_a_long_programme(django_assert_max_num_queries):
    counts = []
    for sessions in (1, 3):
        event = make_event(sectors=[make_sector()], start=START, end=END)
        make_event(sectors=[make_sector()], start=START, end=END)
        block = make_block(event)
        for _ in range(sessions):
            Speaker.objects.create(item=make_session(block), name="Jan")
        event = Event.objects.with_seats().get(pk=event.pk)
        with django_assert_max_num_queries(9) as queries:
            load_plan(event)
        counts.append(len(queries))
    assert counts[0] == counts[1]


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("Jan de Vries", [Line("Jan de Vries")]),
        (
            "Jan (cio)\r\n\r\nPiet (voorzitter, gemeente Assen)",
            [Line("Jan", "cio"), Line("Piet", "voorzitter", "gemeente Assen")],
        ),
        ("Jan (cio, voorzitter, UWV)", [Line("Jan", "cio, voorzitter", "UWV")]),
        ("Jan (, UWV)", [Line("Jan", "", "UWV")]),
        ("", []),
    ],
)
def test_parse_reads_a_speaker_on_each_line(text, lines):
    assert parse(text) == lines


@pytest.mark.parametrize("text", ["Jan (cio", "(cio)", "Jan) (cio", f"Jan ({'x' * 161})", "x" * 121])
def test_parse_refuses_what_it_cannot_read(text):
    with pytest.raises(ValidationError):
        parse(text)


def test_parse_keeps_the_parts_of_what_is_known():
    speaker = Speaker(name="Jan (interim)", role="cio", organisation="Assen, Groningen")
    assert parse(as_text([speaker]), [speaker]) == [Line("Jan (interim)", "cio", "Assen, Groningen")]


@pytest.mark.django_db
def test_set_speakers_keeps_who_is_tied_to_a_person():
    item = make_session(make_block(make_event()))
    jan, piet = make_member(name="Jan"), make_member(name="Piet")
    rows = [
        Speaker.objects.create(item=item, name=who.name, person=who, position=n) for n, who in enumerate([jan, piet])
    ]
    operations.set_speakers(item=item, lines=[Line("Piet", "cio"), Line("Nieuw"), Line("Jan")])
    found = [(row.name, row.role, row.person, row.position) for row in item.speakers.all()]
    assert found == [("Piet", "cio", piet, 1), ("Nieuw", "", None, 2), ("Jan", "", jan, 3)]
    assert {rows[0].pk, rows[1].pk} < {row.pk for row in item.speakers.all()}
    operations.set_speakers(item=item, lines=[])
    assert not item.speakers.exists()


def drafts_on(*days: int) -> list[operations.Draft]:
    return [
        operations.Draft(
            number, "Sectoroverleg", moment(date(2027, 3, day), time(13, 30)), moment(date(2027, 3, day), time(16))
        )
        for number, day in enumerate(days)
    ]


@pytest.mark.django_db
def test_plan_year_makes_drafts_of_the_sector():
    sector = make_sector()
    made = operations.plan_year(sector=sector, drafts=drafts_on(4, 11), page=uuid4())
    found = [(event.title, event.slug, event.status, event.kind, [*event.sectors.all()]) for event in made]
    slugs = ["sectoroverleg-2027-03-04", "sectoroverleg-2027-03-11"]
    assert found == [("Sectoroverleg", slug, "draft", "sector", [sector]) for slug in slugs]


@pytest.mark.django_db
def test_plan_year_twice_from_one_page_or_for_the_same_moment_makes_no_doubles():
    sector, page = make_sector(), uuid4()
    first = operations.plan_year(sector=sector, drafts=drafts_on(4, 11), page=page)
    Event.objects.filter(pk=first[0].pk).update(start=at(9), end=at(10))  # moved since
    assert operations.plan_year(sector=sector, drafts=drafts_on(4, 11), page=page) == []
    assert len(operations.plan_year(sector=sector, drafts=drafts_on(4, 11), page=uuid4())) == 1
    assert len(operations.plan_year(sector=make_sector(), drafts=drafts_on(4, 11), page=uuid4())) == 2
    assert Event.objects.count() == 5


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("is_one_page", [True, False])
def test_plan_year_at_the_same_time_makes_no_doubles(is_one_page):
    sector, page = make_sector(), uuid4()
    made = all_at_once(
        lambda n: operations.plan_year(
            sector=sector, drafts=drafts_on(4, 11, 18), page=page if is_one_page else uuid4()
        ),
        8,
    )
    assert sorted(map(len, made)) == [0] * 7 + [3]
    assert Event.objects.count() == 3


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_copy_at_the_same_time_makes_one():
    event, chief = make_event(), make_person(is_superuser=True)
    wanted = {"event": event, "by": chief, "day": date(2027, 3, 4), "title": "Kopie", "page": uuid4()}
    made = all_at_once(lambda n: operations.copy_event(**wanted), 8)
    assert len({copy.pk for copy in made}) == 1
    assert Event.objects.count() == 2


@pytest.mark.django_db
def test_copy_has_the_programme_on_the_new_day_and_none_of_the_people():
    summer, winter = amsterdam(2026, 7, 2, 13, 30), date(2027, 2, 4)
    sector, person = make_sector(), make_member()
    event = make_event(
        sectors=[sector],
        groups=[make_group()],
        start=summer,
        end=summer + timedelta(hours=3),
        registration_closes=summer - timedelta(days=2),
        capacity=30,
        report="Zo was het.",
        sequence=4,
    )
    block = make_block(event)
    session = make_session(block, room="Zaal 1", capacity=12, text="Waarover het gaat")
    Speaker.objects.create(item=session, name="Jan", role="cio", organisation="UWV", person=person, position=1)
    ProgrammeItem.objects.create(event=event, title="Welkom", start=summer, position=1)
    make_registration(event)
    chief = make_person(is_superuser=True)
    copy = operations.copy_event(event=event, by=chief, day=winter, title="Nog eens", page=uuid4())
    assert (copy.title, copy.status, copy.sequence, copy.report, copy.capacity) == ("Nog eens", "draft", 0, "", 30)
    assert (copy.start, copy.end) == (amsterdam(2027, 2, 4, 13, 30), amsterdam(2027, 2, 4, 16, 30))
    assert copy.registration_closes == amsterdam(2027, 2, 2, 13, 30)
    assert copy.uid != event.uid
    assert (list(copy.sectors.all()), list(copy.groups.all())) == ([sector], list(event.groups.all()))
    assert not copy.registrations.exists()
    new_block = copy.blocks.get()
    assert new_block.start == amsterdam(2027, 2, 4, 14, 30)
    items = {item.title: item for item in copy.items.all()}
    new_session = items[session.title]
    assert (new_session.block, new_session.room, new_session.capacity) == (new_block, "Zaal 1", 12)
    assert items["Welkom"].start == copy.start
    speaker = new_session.speakers.get()
    assert (speaker.name, speaker.role, speaker.organisation, speaker.person) == ("Jan", "cio", "UWV", person)
    assert (SessionBlock.objects.count(), Person.objects.filter(pk=person.pk).count()) == (2, 1)


@pytest.mark.django_db
def test_copy_has_the_hosts_that_are_ones_own():
    mine, theirs = make_sector(), make_sector()
    event = make_event(sectors=[mine, theirs], groups=[make_group()])
    manager = make_programme_manager(mine)
    copy = operations.copy_event(event=event, by=manager, day=date(2027, 3, 4), title="A", page=uuid4())
    assert (list(copy.sectors.all()), list(copy.groups.all())) == ([mine], [])


@pytest.mark.django_db
def test_copy_twice_from_one_page_is_one_copy():
    wanted = {"event": make_event(), "by": make_person(is_superuser=True), "day": date(2027, 3, 4), "title": "A"}
    page = uuid4()
    one, other = (operations.copy_event(**wanted, page=page) for _ in range(2))
    another = operations.copy_event(**wanted, page=uuid4())
    assert one == other != another
    assert {one.slug, another.slug} == {"a-2027-03-04", "a-2027-03-04-2"}
