"""Proposing, giving input and choosing: who may, what happens, and two who do it at once."""

import contextlib
from datetime import timedelta

import pytest
import time_machine
from django.db import IntegrityError, transaction
from django.utils import timezone

from events import topic_rules as rules
from events.models import Event, ProgrammeItem, SessionChoice, TopicInput, TopicPresenter, TopicProposal, TopicSupport
from events.operations import topics as operations
from events.operations.meetings import call_off
from events.operations.topics import Place
from events.topic_rights import Part, standing_of
from noord.domain import DomainError
from noord.outbox.models import Mail
from tests.events.test_races import all_at_once
from tests.factories import (
    amsterdam,
    make_block,
    make_chair,
    make_event,
    make_group,
    make_member,
    make_organisation,
    make_participant,
    make_person,
    make_programme_manager,
    make_registration,
    make_sector,
    make_session,
    make_topic,
)

pytestmark = pytest.mark.django_db

MEETING = amsterdam(2027, 1, 7, 13, 30)  # topics are known on 7 December, the agenda is fixed on 31 December
PROPOSING, CHOOSING, FIXED = amsterdam(2026, 11, 26, 12), amsterdam(2026, 12, 8, 12), amsterdam(2026, 12, 31, 12)


def make_meeting(*sectors, groups=(), **fields) -> Event:
    kind = Event.Kind.SECTOR if len(sectors) == 1 else Event.Kind.JOINT
    return make_event(sectors=sectors, groups=groups, **{"start": MEETING, "kind": kind} | fields)


def make_listed(sector, **fields):
    person = make_member(**fields)
    sector.people.add(person)
    return person


def new_topic(home, **fields) -> TopicProposal:
    own = {"sector": home} if hasattr(home, "roles") else {"group": home}
    return TopicProposal(**own | {"title": "Digitale crisis", "reason": "Het gebeurt vaker."} | fields)


def propose(proposal, by, presenters=()):
    return operations.propose(proposal=proposal, presenters=presenters, by=by)


@pytest.fixture
def sector():
    return make_sector(name="Overheden", slug="overheden")


@pytest.fixture
def chair(sector):
    return make_chair(sector)


# Who somebody is


def test_standing_of_loads_every_part_with_one_query(sector, django_assert_num_queries):
    chair, manager, listed = make_chair(sector), make_programme_manager(sector), make_listed(sector)
    organisation = make_organisation()
    sector.organisations.add(organisation)
    colleague, stranger = make_member(organisation=organisation), make_member()
    group = make_group()
    participant = make_participant(group)
    people = [chair, manager, listed, colleague, stranger, participant]
    with django_assert_num_queries(len(people)):
        standings = [standing_of(person) for person in people]
    assert [(standing.in_home(sector), standing.in_home(group)) for standing in standings] == [
        (Part.CHAIR, Part.NONE),
        (Part.MANAGER, Part.NONE),
        (Part.MEMBER, Part.NONE),
        (Part.MEMBER, Part.NONE),
        (Part.NONE, Part.NONE),
        (Part.NONE, Part.MEMBER),
    ]


def test_standing_ends_after_the_last_day_of_a_role(sector, chair):
    chair.sector_roles.update(end=timezone.localdate() - timedelta(days=1))
    assert standing_of(chair).in_home(sector) == Part.NONE


def test_place_on_a_list_counts_while_somebody_works_at_a_member(sector, chair):
    left, resigned, working = (make_listed(sector) for _ in range(3))
    topic = make_topic(sector, by=chair)
    yesterday = timezone.localdate() - timedelta(days=1)
    left.positions.update(end=yesterday)
    resigned.positions.get().organisation.memberships.update(end=yesterday)
    chair.positions.update(end=yesterday)
    people = (left, resigned, working, chair)
    assert [standing_of(person).in_home(sector) for person in people] == [0, 0, Part.MEMBER, Part.CHAIR]
    seen = [TopicProposal.objects.visible_to(person).filter(pk=topic.pk).exists() for person in people]
    assert seen == [False, False, True, True]


def test_a_meeting_tells_who_is_of_its_hosts_as_the_parts_of_a_person_do(sector, chair):
    group, organisation = make_group(), make_organisation()
    sector.organisations.add(organisation)
    event = make_meeting(sector, groups=[group], audience=Event.Audience.PUBLIC)
    people = {
        "chair": chair,
        "manager": make_programme_manager(sector),
        "listed": make_listed(sector),
        "colleague": make_member(organisation=organisation),
        "participant": make_participant(group),
        "superuser": make_person(is_superuser=True),
        "stranger": make_member(),
        "chair of another": make_chair(make_sector()),
    }
    told = {who: Event.objects.with_part_of(person).get(pk=event.pk).has_part for who, person in people.items()}
    assert told == {who: standing_of(person).in_event(event) > Part.NONE for who, person in people.items()}
    assert [who for who, has_part in told.items() if not has_part] == ["stranger", "chair of another"]


def test_visible_to_shows_topics_to_their_own_people_only(sector, chair):
    group, other = make_group(), make_sector()
    joint = make_meeting(sector, other)
    topics = {
        "sector": make_topic(sector),
        "group": make_topic(group),
        "joint": make_topic(other, event=joint),
        "draft": make_topic(sector, status="draft", proposed_at=None, by=chair),
    }
    people = {
        "chair": chair,
        "listed": make_listed(sector),
        "participant": make_participant(group),
        "of the other": make_listed(other),
        "stranger": make_member(),
        "superuser": make_person(is_superuser=True),
    }
    seen = {
        who: sorted(name for name, topic in topics.items() if topic in TopicProposal.objects.visible_to(person))
        for who, person in people.items()
    }
    assert seen == {
        "chair": ["draft", "joint", "sector"],
        "listed": ["joint", "sector"],
        "participant": ["group"],
        "of the other": ["joint"],
        "stranger": [],
        "superuser": ["group", "joint", "sector"],
    }


# Proposing


def test_propose_shows_the_topic_with_its_presenters(sector, chair):
    event, organisation = make_meeting(sector), make_organisation()
    with time_machine.travel(PROPOSING, tick=False):
        topic = propose(new_topic(sector, event=event), chair, [(organisation, None), (organisation, chair)])
    topic.refresh_from_db()
    assert (topic.status, topic.event, topic.by, topic.proposed_at) == ("new", event, chair, PROPOSING)
    assert list(topic.presenters.values_list("organisation", "person")) == [
        (organisation.pk, chair.pk),
        (organisation.pk, None),
    ]


def test_keep_draft_refuses_more_than_anybody_writes_by_hand(sector, chair):
    for _ in range(rules.MOST_DRAFTS):
        draft = make_topic(sector, by=chair, status="draft", proposed_at=None)
    operations.keep_draft(proposal=draft, presenters=[], by=chair)
    with pytest.raises(DomainError, match="Je hebt 50 concepten"):
        operations.keep_draft(proposal=new_topic(sector), presenters=[], by=chair)


def test_propose_twice_on_one_draft_is_one_proposal(sector, chair):
    draft = operations.keep_draft(proposal=new_topic(sector), presenters=[], by=chair)
    first = propose(draft, chair)
    again = propose(TopicProposal.objects.get(pk=draft.pk), chair)
    assert (first.pk, again.proposed_at) == (draft.pk, first.proposed_at)


def test_propose_refuses_other_words_than_were_proposed_already(sector, chair):
    draft = operations.keep_draft(proposal=new_topic(sector), presenters=[], by=chair)
    propose(TopicProposal.objects.get(pk=draft.pk), chair)
    draft.reason = "Om een andere reden."
    with pytest.raises(DomainError, match="Dit onderwerp is al voorgesteld"):
        propose(draft, chair)
    other = TopicProposal.objects.get()
    with pytest.raises(DomainError, match="Dit onderwerp is al voorgesteld"):
        propose(other, chair, [(make_organisation(), None)])
    assert TopicProposal.objects.get().reason == "Het gebeurt vaker."


def test_propose_a_new_topic_twice_in_a_minute_is_one(sector, chair):
    presenters = [(make_organisation(), None)]
    first = propose(new_topic(sector), chair, presenters)
    assert propose(new_topic(sector), chair, presenters) == first
    with pytest.raises(DomainError, match="Dit onderwerp is al voorgesteld"):
        propose(new_topic(sector, reason="Om een andere reden."), chair, presenters)
    with pytest.raises(DomainError, match="Dit onderwerp is al voorgesteld"):
        operations.keep_draft(proposal=new_topic(sector), presenters=presenters, by=chair)
    assert TopicProposal.objects.get() == first


def test_keep_a_new_draft_twice_in_a_minute_is_one_with_the_last_words(sector, chair):
    draft = operations.keep_draft(proposal=new_topic(sector), presenters=[], by=chair)
    words = {"reason": "Om een andere reden."}
    assert operations.keep_draft(proposal=new_topic(sector, **words), presenters=[], by=chair) == draft
    assert TopicProposal.objects.get().reason == "Om een andere reden."
    assert propose(new_topic(sector), chair) == draft
    topic = TopicProposal.objects.get()
    assert (topic.status, topic.reason) == ("new", "Het gebeurt vaker.")


def test_what_was_proposed_by_others_elsewhere_or_before_is_another_topic(sector, chair):
    other = make_sector()
    other.people.add(chair)
    first = propose(new_topic(sector), chair)
    topics = [first, propose(new_topic(sector), make_chair(sector)), propose(new_topic(other), chair)]
    with time_machine.travel(timezone.now() + timedelta(seconds=61), tick=False):
        topics.append(propose(new_topic(sector), chair))
    operations.withdraw(proposal=topics[3], by=chair)
    with time_machine.travel(timezone.now() + timedelta(seconds=62), tick=False):
        topics.append(propose(new_topic(sector), chair))
    assert len({topic.pk for topic in topics}) == 5


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("verb", [operations.propose, operations.keep_draft])
def test_a_new_topic_by_many_presses_at_once_is_one(verb):
    sector = make_sector()
    chair = make_chair(sector)
    topics = all_at_once(lambda _number: verb(proposal=new_topic(sector), presenters=[], by=chair).pk, 8)
    assert topics == [TopicProposal.objects.get().pk] * 8


@pytest.mark.parametrize(
    ("who", "moment", "reason"),
    [
        ("member", PROPOSING, ""),
        ("member", amsterdam(2026, 12, 7, 23, 59), ""),
        (
            "member",
            CHOOSING,
            "Voorstellen kon tot en met maandag 7\xa0december 2026. Zet het onderwerp op de wensenlijst.",
        ),
        ("chair", CHOOSING, ""),
        ("chair", FIXED, "De agenda van deze bijeenkomst ligt vast. Zet het onderwerp op de wensenlijst."),
        ("manager", FIXED, ""),
        ("manager", MEETING, "Deze bijeenkomst is al begonnen. Zet het onderwerp op de wensenlijst."),
        (
            "stranger",
            PROPOSING,
            (
                "Alleen mensen van deze sector of groep stellen een onderwerp voor. "
                "Vraag de voorzitter om het voor je te doen."
            ),
        ),
    ],
)
def test_may_propose_for_a_meeting_until_its_deadline(sector, who, moment, reason):
    person = {
        "member": make_listed,
        "chair": make_chair,
        "manager": make_programme_manager,
        "stranger": lambda _sector: make_member(),
    }[who](sector)
    with time_machine.travel(moment, tick=False):
        decision = rules.may_propose_for(standing_of(person), make_meeting(sector), now=moment)
    assert (bool(decision), decision.reason) == (not reason, reason)


def test_propose_refuses_members_where_only_chairs_propose(sector, chair):
    sector.members_may_propose = False
    sector.save()
    with pytest.raises(DomainError, match="Hier stellen de voorzitters de onderwerpen voor"):
        propose(new_topic(sector), make_listed(sector))
    assert propose(new_topic(sector), chair).is_open


def test_propose_refuses_the_meeting_of_another_sector(sector, chair):
    with pytest.raises(DomainError, match="hoort bij een andere sector of groep"):
        propose(new_topic(sector, event=make_meeting(make_sector())), chair)


def test_edit_is_for_who_proposed_and_is_told(sector, chair):
    topic = propose(new_topic(sector), chair)
    topic.title = "Digitale crisis oefenen"
    with pytest.raises(DomainError, match="Alleen wie dit onderwerp voorstelde"):
        operations.edit(proposal=topic, presenters=[], by=make_chair(sector))
    operations.edit(proposal=topic, presenters=[], by=chair)
    topic.refresh_from_db()
    assert (topic.title, topic.edited_at is not None) == ("Digitale crisis oefenen", True)


def test_wished_holds_what_a_past_or_cancelled_meeting_left(sector):
    coming = make_meeting(sector, start=timezone.now() + timedelta(days=60))
    past = make_meeting(sector, start=timezone.now() - timedelta(days=2))
    off = make_meeting(sector, start=timezone.now() + timedelta(days=60), status="cancelled")
    make_topic(sector, event=coming)
    make_topic(sector, status="declined", decline_reason="Te smal.")
    wished = [make_topic(sector), make_topic(sector, event=past), make_topic(sector, event=off, status="discussed")]
    assert sorted(TopicProposal.objects.wished(), key=lambda topic: topic.pk) == wished


def test_call_off_puts_what_was_planned_on_the_wish_list_again(sector, chair):
    event, topic = make_meeting(sector), make_topic(sector)
    declined = make_topic(sector, event=event, status="declined", decline_reason="Te smal.")
    TopicSupport.objects.create(proposal=topic, person=chair)
    with time_machine.travel(CHOOSING, tick=False):
        item = operations.plan(proposal=topic, event=event, place=Place(), by=chair)
        call_off(event=event)
        assert list(TopicProposal.objects.wished()) == [topic]
        topic.refresh_from_db()
        assert (topic.status, topic.event, topic.item, topic.supports.count()) == ("discussed", event, None, 1)
        assert (event.items.get(), TopicProposal.objects.get(pk=declined.pk).status) == (item, "declined")
        later = make_meeting(sector, start=MEETING + timedelta(days=14))
        operations.plan(proposal=topic, event=later, place=Place(), by=make_programme_manager(sector))
    assert TopicProposal.objects.get(pk=topic.pk).event == later


def test_a_topic_planned_for_what_was_called_off_before_can_be_left_on_the_wish_list(sector, chair):
    event = make_meeting(sector, status="cancelled")
    item = ProgrammeItem.objects.create(event=event, title="Digitale crisis", start=MEETING)
    topic = make_topic(sector, event=event, item=item, status="planned")
    operations.leave_on_wish_list(proposal=topic, by=chair)
    assert (list(TopicProposal.objects.wished()), event.items.get()) == ([topic], item)


# Input


def test_input_stands_in_order_and_shows_edits_and_withdrawals(sector, chair):
    topic, member = make_topic(sector), make_listed(sector)
    question = operations.give_input(proposal=topic, by=member, kind="question", text="Wie heeft dit geoefend?")
    answer = operations.give_input(proposal=topic, by=chair, kind="answer", text="Wij.", answers=question)
    idea = operations.give_input(proposal=topic, by=member, kind="idea", text="Oefen samen.")
    operations.edit_input(given=answer, by=chair, text="Wij, in mei.", shows_name=True)
    operations.withdraw_input(given=idea, by=member)
    rows = topic.inputs.with_author()
    assert [
        (row.kind, row.text, row.answers, row.edited_at is not None, row.withdrawn_at is not None, row.author_kind)
        for row in rows
    ] == [
        ("question", "Wie heeft dit geoefend?", None, False, False, "municipality"),
        ("answer", "Wij, in mei.", question, True, False, "municipality"),
        ("idea", "", None, False, True, "municipality"),
    ]


def test_give_input_twice_in_a_minute_is_one(sector):
    topic, member = make_topic(sector), make_listed(sector)
    for _time in range(2):
        operations.give_input(proposal=topic, by=member, kind="idea", text="Oefen samen.")
    assert topic.inputs.count() == 1


def test_input_is_refused_to_strangers_and_on_what_is_not_going_ahead(sector, chair):
    topic = make_topic(sector)
    for verb in (
        lambda person: operations.give_input(proposal=topic, by=person, kind="idea", text="Oefen samen."),
        lambda person: operations.support(proposal=topic, person=person, wants=True),
    ):
        with pytest.raises(DomainError, match="Alleen mensen van deze sector of groep"):
            verb(make_member())
    operations.decline(proposal=topic, by=chair, reason="Te smal.")
    with pytest.raises(DomainError, match="gaat niet door"):
        operations.support(proposal=topic, person=chair, wants=True)
    assert (TopicInput.objects.count(), TopicSupport.objects.count()) == (0, 0)


def test_change_input_is_for_who_wrote_it(sector, chair):
    topic = make_topic(sector)
    given = operations.give_input(proposal=topic, by=make_listed(sector), kind="idea", text="Oefen samen.")
    with pytest.raises(DomainError, match="alleen veranderen wat je zelf schreef"):
        operations.edit_input(given=given, by=chair, text="Iets anders.", shows_name=False)
    with pytest.raises(DomainError, match="alleen veranderen wat je zelf schreef"):
        operations.withdraw_input(given=given, by=chair)


def test_support_counts_each_person_once(sector, chair):
    topic, member = make_topic(sector), make_listed(sector)
    operations.support(proposal=topic, person=member, wants=True)
    operations.support(proposal=topic, person=member, wants=True)
    operations.support(proposal=topic, person=chair, wants=True)
    operations.support(proposal=topic, person=chair, wants=False)
    row = TopicProposal.objects.with_numbers(member).get()
    assert (row.support_count, row.is_supported, row.input_count) == (1, True, 0)


# Choosing


def test_plan_makes_an_item_with_the_presenters_as_speakers(sector, chair):
    event, organisation = make_meeting(sector), make_organisation(name="Provincie Drenthe")
    ProgrammeItem.objects.create(event=event, title="Welkom", start=MEETING, end=MEETING + timedelta(minutes=15))
    topic = make_topic(sector, event=event, title="Digitale crisis", minutes=45, by=chair)
    TopicPresenter.objects.create(proposal=topic, organisation=organisation)
    TopicPresenter.objects.create(proposal=topic, organisation=organisation, person=chair)
    with time_machine.travel(CHOOSING, tick=False):
        item = operations.plan(proposal=topic, event=event, place=Place(room="Zaal 1", text="Kom oefenen."), by=chair)
    topic.refresh_from_db()
    assert (topic.status, topic.event, topic.item, topic.decided_by) == ("planned", event, item, chair)
    assert (item.kind, item.title, item.text, item.room, item.start, item.end, item.block) == (
        "presentation",
        "Digitale crisis",
        "Kom oefenen.",
        "Zaal 1",
        MEETING + timedelta(minutes=15),
        MEETING + timedelta(minutes=60),
        None,
    )
    assert list(item.speakers.values_list("name", "organisation", "person")) == [
        ("Provincie Drenthe", "", None),
        (chair.name, "Provincie Drenthe", chair.pk),
    ]


def test_plan_makes_a_parallel_session_in_a_block(sector, chair):
    event = make_meeting(sector)
    block, other = make_block(event), make_block(make_meeting(sector))
    topic = make_topic(sector)
    with time_machine.travel(CHOOSING, tick=False):
        with pytest.raises(DomainError, match="blok hoort bij een andere bijeenkomst"):
            operations.plan(proposal=topic, event=event, place=Place(block=other), by=chair)
        item = operations.plan(proposal=topic, event=event, place=Place(block=block), by=chair)
    assert (item.kind, item.block, item.start, item.end) == ("session", block, None, None)


@pytest.mark.parametrize(
    ("who", "moment", "reason"),
    [
        (
            "chair",
            PROPOSING,
            "Kiezen kan vanaf maandag 7\xa0december 2026: tot en met die dag kan iedereen een onderwerp voorstellen.",
        ),
        ("chair", amsterdam(2026, 12, 7, 0, 1), ""),
        ("chair of the other host", CHOOSING, ""),
        ("manager", PROPOSING, ""),
        (
            "chair",
            FIXED,
            "De agenda van deze bijeenkomst ligt vast. Vraag de programmamanager als er nog iets moet veranderen.",
        ),
        ("manager", FIXED, ""),
        ("member", CHOOSING, "Alleen een voorzitter of de programmamanager beslist over een onderwerp."),
    ],
)
def test_may_choose_from_the_deadline_until_the_agenda_is_fixed(sector, who, moment, reason):
    other = make_sector()
    person = {
        "chair": lambda: make_chair(sector),
        "chair of the other host": lambda: make_chair(other),
        "manager": lambda: make_programme_manager(sector),
        "member": lambda: make_listed(sector),
    }[who]()
    event = make_meeting(sector, other)
    with time_machine.travel(moment, tick=False):
        decision = rules.may_plan(standing_of(person), make_topic(sector, event=event), event, now=moment)
    assert (bool(decision), decision.reason) == (not reason, reason)


def test_plan_refuses_a_topic_of_another_sector(sector, chair):
    topic = make_topic(make_sector())
    with time_machine.travel(CHOOSING, tick=False), pytest.raises(DomainError, match="andere sector of groep"):
        operations.plan(proposal=topic, event=make_meeting(sector), place=Place(), by=chair)


def test_decline_tells_the_proposer_the_reason_once(sector, chair, mailoutbox):
    member = make_listed(sector, name="Jitske Proef")
    topic = propose(new_topic(sector), member)
    for reason in ("  ", ""):
        with pytest.raises(DomainError, match="Schrijf waarom"):
            operations.decline(proposal=topic, by=chair, reason=reason)
    for _time in range(2):
        operations.decline(proposal=topic, by=chair, reason="Dit deden we in mei al.")
    assert [(mail.to, mail.kind, mail.status) for mail in Mail.objects.all()] == [
        (member.email, "events.topic_declined", Mail.objects.get().status)
    ]


def test_leave_on_wish_list_takes_the_topic_out_of_the_programme(sector, chair):
    event, topic = make_meeting(sector), make_topic(sector)
    TopicSupport.objects.create(proposal=topic, person=chair)
    with time_machine.travel(CHOOSING, tick=False):
        operations.plan(proposal=topic, event=event, place=Place(), by=chair)
        operations.leave_on_wish_list(proposal=topic, by=chair)
    topic.refresh_from_db()
    assert (topic.status, topic.event, topic.item, topic.supports.count(), event.items.count()) == (
        *("discussed", None, None, 1, 0),
    )


@pytest.mark.parametrize("as_what", ["first", "second", "seat"])
def test_leave_on_wish_list_refuses_a_session_that_people_chose(sector, chair, as_what):
    event = make_meeting(sector)
    block, topic = make_block(event), make_topic(sector)
    other = make_session(block)
    with time_machine.travel(CHOOSING, tick=False):
        item = operations.plan(proposal=topic, event=event, place=Place(block=block), by=chair)
        SessionChoice.objects.create(
            registration=make_registration(event), block=block, **{"first": other, as_what: item}
        )
        with pytest.raises(DomainError, match="Er zijn al mensen die deze sessie kozen"):
            operations.leave_on_wish_list(proposal=topic, by=chair)
    assert TopicProposal.objects.get().item == item


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_plan_by_two_at_once_plans_it_once():
    sector = make_sector()
    chairs = [make_chair(sector) for _number in range(8)]
    event, topic = make_meeting(sector), make_topic(sector)

    def choose(number: int) -> str:
        try:
            operations.plan(proposal=topic, event=event, place=Place(), by=chairs[number])
        except DomainError as error:
            return str(error)
        return "planned"

    with time_machine.travel(CHOOSING, tick=False):
        outcomes = all_at_once(choose, len(chairs))
    assert sorted(outcomes) == [*["Dit onderwerp is al gepland."] * 7, "planned"]
    assert event.items.count() == 1


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_a_topic_planned_while_the_meeting_is_called_off_is_never_stuck():
    sector = make_sector()
    manager, event = make_programme_manager(sector), make_meeting(sector)
    topics = [make_topic(sector, minutes=5) for _number in range(7)]

    def act(number: int) -> None:
        if number == len(topics):
            call_off(event=event)
            return
        with contextlib.suppress(DomainError):
            operations.plan(proposal=topics[number], event=event, place=Place(), by=manager)

    with time_machine.travel(CHOOSING, tick=False):
        all_at_once(act, len(topics) + 1)
        assert TopicProposal.objects.wished().count() == len(topics)


# What the database refuses


@pytest.mark.parametrize(
    "fields",
    [
        {"status": "planned"},
        {"status": "declined"},
        {"proposed_at": None},
        {"minutes": 3},
        {"sector": None},
    ],
)
def test_database_refuses_half_a_proposal(sector, fields):
    with pytest.raises(IntegrityError), transaction.atomic():
        TopicProposal.objects.create(
            **{"sector": sector, "title": "X", "status": "new", "proposed_at": timezone.now()} | fields
        )
