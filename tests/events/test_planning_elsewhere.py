"""A room or a speaker that another meeting has at the same time."""

from datetime import timedelta

import pytest
from django.db import connection
from django.utils.translation import override

from events.models import Event, ProgrammeItem, Speaker
from events.planning import load_plan
from events.planning_warnings import Elsewhere, Plan, Slot, warnings
from tests.factories import amsterdam, make_block, make_event, make_group, make_member, make_sector, make_session

DAY = (2027, 3, 4)
START, END = amsterdam(*DAY, 13, 30), amsterdam(*DAY, 17)
BUILDING = {"venue": "Provinciehuis", "address": "Westerbrink 1", "place": "Assen"}


def at(hour: int, minute: int = 0):
    return amsterdam(*DAY, hour, minute)


def said(plan: Plan) -> list[str]:
    with override("en"):
        return [sentence.replace("\N{NO-BREAK SPACE}", " ") for sentence in warnings(plan)]


def warned(one: Slot, other: Slot, sectors: str = "Veiligheid") -> list[str]:
    return said(Plan(START, END, slots=[one], elsewhere=[Elsewhere(sectors, at(13), at(18), other)]))


def test_room_of_another_meeting_is_told_with_its_sector_and_hours():
    one, other = Slot("A", at(14), at(15), room="Zaal 1 "), Slot("", at(14, 59), at(16), room="zaal1")
    text = "Zaal 1 is used by another meeting at the same time: "
    assert warned(one, other) == [f"{text}Veiligheid, 13.00 - 18.00 h."]
    assert warned(one, other, sectors="") == [f"{text}13.00 - 18.00 h."]


@pytest.mark.parametrize(
    ("one", "other", "is_same"),
    [
        (("Jan", 1), ("J. de Vries", 1), True),
        (("Jan", 1), ("Jan", 2), False),
        # One name is not one person, over all meetings of the network.
        (("Jan", None), ("Jan", None), False),
        (("Jan", 1), ("Jan", None), False),
        (("Jan", None), ("Jan", 1), False),
    ],
)
def test_speaker_of_another_meeting_is_told_by_the_person_alone(one, other, is_same):
    sentences = warned(Slot("A", at(14), at(15), speakers=(one,)), Slot("", at(14, 30), at(15), speakers=(other,)))
    expected = ["Jan speaks at another meeting at the same time: Veiligheid, 13.00 - 18.00 h."]
    assert sentences == (expected if is_same else [])


def test_another_meeting_is_told_once_however_often_it_has_the_room():
    slots = [Slot("A", at(14), at(15), room="Zaal"), Slot("B", at(15), at(16), room="Zaal")]
    other = [Elsewhere("Veiligheid", at(13), at(18), Slot("", at(13), at(18), room="Zaal")) for _ in range(2)]
    assert len(said(Plan(START, END, slots=slots, elsewhere=other))) == 1


def test_one_after_the_other_and_an_empty_room_are_not_at_once():
    assert warned(Slot("A", at(14), at(15), room="Zaal"), Slot("", at(15), at(16), room="Zaal")) == []
    assert warned(Slot("A", at(14), at(15)), Slot("", at(14), at(15))) == []


def make_item(event: Event, room: str = "", person=None, start=None, end=None) -> ProgrammeItem:
    item = ProgrammeItem.objects.create(
        event=event, title="Geheim", room=room, start=start or event.start, end=end or event.end
    )
    if person:
        Speaker.objects.create(item=item, name=person.name, person=person)
    return item


def make_meeting(**fields) -> Event:
    return make_event(**{"start": START, "end": END, "sectors": [make_sector()]} | fields)


def plan_of(event: Event) -> Plan:
    return load_plan(Event.objects.with_seats().get(pk=event.pk))


def found(event: Event) -> list[str]:
    """Return what is said of other meetings, besides that they are on the same day."""
    return [sentence for sentence in said(plan_of(event)) if "another meeting" in sentence]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("there", "is_same"),
    [
        (BUILDING, True),
        ({"venue": " provincie huis", "address": "westerbrink  1", "place": "ASSEN"}, True),
        ({"venue": "Provinciehuis", "address": "", "place": "Assen"}, True),
        ({"venue": "Provinciehuis", "address": "", "place": "Groningen"}, False),
        ({"venue": "Provinciehuis", "address": "Martinikerkhof 12", "place": "Assen"}, False),
        ({"venue": "", "address": "Westerbrink 1", "place": "Assen"}, False),
    ],
)
def test_room_is_the_same_in_one_building_only(there, is_same):
    event = make_meeting(**BUILDING)
    make_item(event, room="Statenzaal")
    make_item(make_meeting(sectors=[], **there), room="statenzaal")
    assert bool(found(event)) == is_same


@pytest.mark.django_db
def test_rooms_of_meetings_without_a_venue_are_not_compared():
    event, other = (make_meeting(sectors=[], venue="", place="Assen") for _ in range(2))
    make_item(event, room="Zaal 1")
    make_item(other, room="Zaal 1")
    assert found(event) == []


@pytest.mark.django_db
def test_draft_of_another_sector_tells_of_itself_whose_it_is_and_when():
    event, person = make_meeting(**BUILDING), make_member(name="Jan")
    make_item(event, room="Zaal 1", person=person)
    veiligheid = make_sector(name="Veiligheid")
    draft = make_meeting(
        title="Plan X", status=Event.Status.DRAFT, sectors=[veiligheid], groups=[make_group(name="Stil")], **BUILDING
    )
    make_item(draft, room="Zaal 1", person=person)
    assert found(event) == [
        "Zaal 1 is used by another meeting at the same time: Veiligheid, 13.30 - 17.00 h.",
        "Jan speaks at another meeting at the same time: Veiligheid, 13.30 - 17.00 h.",
    ]
    assert plan_of(event).elsewhere == [
        Elsewhere("Veiligheid", START, END, Slot("", START, END, "Zaal 1", (("Jan", person.pk),)))
    ]
    # The second of a session is that of its block.
    session = make_session(make_block(draft, start=at(14), end=at(15)), room="Zaal 1")
    ProgrammeItem.objects.exclude(pk=session.pk).filter(event=draft).delete()
    assert plan_of(event).elsewhere == [Elsewhere("Veiligheid", START, END, Slot("", at(14), at(15), "Zaal 1"))]


@pytest.mark.django_db
def test_what_is_called_off_or_on_another_day_or_at_another_time_is_free():
    event, person = make_meeting(**BUILDING), make_member()
    make_item(event, room="Zaal 1", person=person, start=at(14), end=at(15))
    week, day = timedelta(days=7), {"sectors": [], **BUILDING}
    make_item(make_meeting(status=Event.Status.CANCELLED, **day), room="Zaal 1", person=person)
    make_item(make_meeting(**day | {"start": START + week, "end": END + week}), room="Zaal 1", person=person)
    make_item(make_meeting(**day), room="Zaal 1", person=person, start=at(15), end=at(16))
    assert found(event) == []
    make_item(make_meeting(**day), room="Zaal 1", person=person, start=at(14, 59), end=at(16))
    assert len(found(event)) == 2


@pytest.mark.django_db
def test_other_meetings_cost_the_same_however_many_there_are(django_assert_max_num_queries):
    event, person = make_meeting(**BUILDING), make_member()
    make_item(event, room="Zaal 1", person=person)
    counts = []
    for number in (1, 3):
        for _ in range(number):
            other = make_meeting(sectors=[make_sector(), make_sector()], **BUILDING)
            for _ in range(number):
                make_item(other, room="Zaal 1", person=person)
        with django_assert_max_num_queries(10) as queries:
            plan = plan_of(event)
        counts.append(len(queries))
        assert len(found(event)) == 2 * number * (number + 1) // 3 or plan.elsewhere
    assert counts == [10, 10]


@pytest.mark.django_db
@pytest.mark.postgres
def test_other_meetings_are_found_by_an_index_among_ten_thousand():
    """The plan of the question itself: no look at meetings of other years, nor at all items."""
    event, person = make_meeting(**BUILDING), make_member()
    make_item(event, room="Zaal 1", person=person)
    apart = [timedelta(hours=8) * n for n in range(-5000, 5001) if abs(n) > 6]
    old = Event.objects.bulk_create(
        Event(slug=f"{n}-oud", title="Oud", start=START + later, end=END + later, **BUILDING)
        for n, later in enumerate(apart)
    )
    ProgrammeItem.objects.bulk_create(
        ProgrammeItem(event=one, title="Oud", room="Zaal 1", start=one.start, end=one.end) for one in old
    )
    make_item(make_meeting(**BUILDING | {"sectors": []}), room="Zaal 1", person=person)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE events_event")
        cursor.execute("ANALYZE events_programmeitem")
        cursor.execute("SET LOCAL plan_cache_mode = force_custom_plan")
    asked = []

    def explain(execute, sql, parameters, many, context):
        if ("events_event" in sql and "venue" in sql and "sectors_sector" in sql) or "block__start" in sql:
            with context["connection"].connection.cursor() as cursor:
                cursor.execute(f"EXPLAIN {sql}", parameters)
                asked.append("\n".join(row[0] for row in cursor.fetchall()))
        return execute(sql, parameters, many, context)

    with connection.execute_wrapper(explain):
        plan = plan_of(event)
    assert [one.slot.speakers for one in plan.elsewhere] == [((person.name, person.pk),)]
    assert [("Seq Scan on events_event " in text, "Seq Scan on events_programmeitem " in text) for text in asked] == [
        (False, False),
        (False, False),
    ], asked
