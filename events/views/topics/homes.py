"""The topics of a sector or group, and those of one person."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from events import topic_rules as rules
from events.models import Event, TopicInput, TopicProposal
from events.paging import page_of
from events.presenting import presenting_in
from events.stand import Stand, stand_of
from events.topic_cards import card_of
from events.topic_querysets import TopicInputQuerySet
from events.topic_rights import Part, Standing, standing_of_reader
from events.topic_words import tag_of
from events.views.topics.access import Home, home_of, sees_event
from knowledge_groups.models import KnowledgeGroup
from members.models import Person
from noord.prepared import Prepared
from sectors.models import Sector

PAGE_SIZE = 10
COMING = 8  # meetings: a year of a sector
MINE = 100  # of my own proposals or inputs; nobody has more


def _left(person: Person) -> TopicInputQuerySet:
    """What somebody once said about a topic that is no longer theirs to see; it can still be taken back."""
    seen = TopicProposal.objects.visible_to(person).filter(pk=OuterRef("proposal"))
    said = TopicInput.objects.filter(~Exists(seen), by=person, withdrawn_at=None)
    return said.order_by("-created_at", "-pk")[:MINE]


LEFT = Prepared(_left)


@dataclass(frozen=True, slots=True)
class StandRow:
    event: Event
    stand: Stand
    note: str = ""


def coming_meetings(person, now: datetime) -> QuerySet[Event]:
    """Return the meetings to come with topics that this person may see, with what stand_of() needs."""
    found = Event.objects.visible_to(person).filter(kind__in=Event.TOPIC_KINDS).exclude(status="cancelled")
    return found.upcoming(now).with_topics().defer("text", "report")


def stand_rows(events: list[Event], now: datetime) -> list[StandRow]:
    rows = ((event, stand_of(event, now)) for event in events)
    return [StandRow(event, stand) for event, stand in rows if stand]


@require_safe
def sector_topics(request: HttpRequest, slug: str) -> HttpResponse:
    return _wish_list(request, *home_of(request, Sector, slug))


@require_safe
def group_topics(request: HttpRequest, slug: str) -> HttpResponse:
    return _wish_list(request, *home_of(request, KnowledgeGroup, slug))


def _wish_list(request: HttpRequest, home: Home, standing: Standing) -> HttpResponse:
    """Where the coming meetings stand, what waits for one, and who presented when (9 queries)."""
    now = timezone.now()
    kind = "sector" if isinstance(home, Sector) else "group"
    at_home = {f"{kind}s": home}
    events = coming_meetings(request.user, now).filter(**at_home).first_to_begin(COMING)
    wishes = TopicProposal.objects.visible_to(request.user).wished(now).filter(**{kind: home})
    wishes = wishes.with_home().with_numbers(request.user).with_author()
    page = page_of(wishes.order_by("-proposed_at", "-pk"), request, size=PAGE_SIZE)
    for event in events:
        event.hosts = [home]
    may_plan = any(rules.may_choose_for(standing, event, now=now) for event in events)
    context = {
        "home": home,
        "kind": kind,
        "propose_query": f"?{'sector' if kind == 'sector' else 'groep'}={home.slug}",
        "stands": stand_rows(events, now),
        "page": page,
        "cards": [card_of(wish, may_support=True, may_plan=may_plan) for wish in page.rows],
        "may_propose": rules.may_propose(standing, home),
        "presenting": presenting_in(home, now),
    }
    return render(request, "events/topic_home.html", context)


@require_safe
def my_topics(request: HttpRequest) -> HttpResponse:
    """The coming meetings of my sectors and groups, what I proposed, and what I once said elsewhere (10 queries)."""
    now = timezone.now()
    person = request.user
    standing = standing_of_reader(person)
    sectors, groups = list(standing.sectors), list(standing.groups)
    # By key, not by a join: a joint meeting comes once.
    hosted = Q(pk__in=Event.sectors.through.objects.filter(sector__in=sectors).values("event")) | Q(
        pk__in=Event.groups.through.objects.filter(knowledgegroup__in=groups).values("event")
    )
    events = coming_meetings(person, now).filter(hosted).with_hosts().first_to_begin(COMING)
    own = TopicProposal.objects.filter(by=person).select_related("sector", "group", "event")
    own = own.annotate(sees_event=sees_event(person)).order_by("-created_at")
    rows = [(proposal, tag_of(proposal)) for proposal in own[:MINE]]
    homes = [*Sector.objects.filter(pk__in=sectors), *KnowledgeGroup.objects.filter(pk__in=groups)]
    context = {
        "stands": stand_rows(events, now),
        "drafts": [row for row in rows if row[0].is_draft],
        "proposed": [row for row in rows if not row[0].is_draft],
        "left": LEFT.all(person=person),
        "sectors": [home for home in homes if isinstance(home, Sector)],
        "groups": [home for home in homes if isinstance(home, KnowledgeGroup)],
        "may_propose": any(rules.may_propose(standing, home) for home in homes),
        "is_chair": any(part >= Part.CHAIR for part in [*standing.sectors.values(), *standing.groups.values()]),
    }
    return render(request, "events/topic_mine.html", context)
