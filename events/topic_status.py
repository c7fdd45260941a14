"""The way of a meeting to its topic, as its page shows it: the steps, and what the reader can do now."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import Count, OuterRef, Subquery
from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from events import topic_rules as rules
from events.cycle import Cycle
from events.models import Event, TopicProposal
from events.stand import stand_of
from events.status import StatusBox
from events.topic_rights import Standing
from noord.dates import day_long, local_day
from noord.prepared import Prepared
from sectors.models import Sector, SectorYear

NUMBERS = Prepared(
    lambda event: (
        TopicProposal.objects.proposed().filter(event=event).order_by().values_list("status").annotate(Count("pk"))
    )
)


def load_numbers(event: Event) -> int:
    """Give the meeting what stand_of() needs, and return how many topics are proposed (1 query). Needs the hosts."""
    numbers = dict(NUMBERS.all(event=event.pk))
    event.is_hosted = bool(event.hosts)
    event.topics_planned = numbers.get(TopicProposal.Status.PLANNED, 0)
    event.topics_open = sum(numbers.get(status, 0) for status in TopicProposal.OPEN)
    return sum(numbers.values())


@dataclass(frozen=True, slots=True)
class Milestone:
    title: str
    text: str
    is_reached: bool
    is_now: bool


def way_of(event: Event, now: datetime) -> list[Milestone]:
    """Return the four steps from proposal to meeting; needs load_numbers()."""
    cycle, today = event.cycle, local_day(now)
    until = {"day": day_long(cycle.prepare_by)}
    choosing = {"first": day_long(cycle.prepare_by), "last": day_long(cycle.agenda_on - timedelta(days=1))}
    texts = [
        (_("Proposing"), _("up to and including %(day)s") % until),
        (_("Choosing a topic"), _("The chairs, from %(first)s up to and including %(last)s") % choosing),
        (_("Ideas and preparation"), _("All members, up to and including %(day)s") % {"day": day_long(_eve(cycle))}),
        (_("Meeting"), day_long(cycle.day)),
    ]
    here = _step_now(event, cycle, today)
    return [Milestone(*text, number <= here, number == here) for number, text in enumerate(texts)]


def _eve(cycle: Cycle) -> date:
    return cycle.day - timedelta(days=1)


def _step_now(event: Event, cycle: Cycle, today: date) -> int:
    if today >= cycle.day:
        return 3
    if event.topics_planned:
        return 2
    return 0 if today < cycle.prepare_by else 1


def topic_box(event: Event, standing: Standing, now: datetime) -> StatusBox:
    """Return what this person can do now for the topics of the meeting; needs load_numbers().

    `action` is propose, choose, input, wish, programme or meeting; the page knows the addresses.
    """
    if event.is_cancelled:
        text = _("This meeting is cancelled. Its topics stand on the wish list again.")
        return StatusBox("is-off", "off", _("Does not take place"), text, "wish", _("View the wish list"))
    if now >= event.start:
        text = _("On the page of the meeting you read the programme and the report.")
        return StatusBox(
            "is-full", "in", _("This meeting has begun or is over"), text, "meeting", _("View the meeting")
        )
    stand = stand_of(event, now)
    today, cycle = local_day(now), event.cycle
    if event.topics_planned:
        if today >= cycle.agenda_on:
            text = _("You can still give your input up to and including %(day)s.") % {"day": day_long(_eve(cycle))}
            return StatusBox("is-in", "in", stand.sentence, text, "programme", _("View the programme"))
        label = ngettext("The topic is chosen", "The topics are chosen", event.topics_planned)
        text = _("Give your input up to and including %(day)s.") % {"day": day_long(_eve(cycle))}
        return StatusBox("is-in", "in", label, text, "input", _("Give your input"), True)
    if event.topics_open and rules.may_choose_for(standing, event, now=now) and today >= cycle.prepare_by:
        return StatusBox(
            stand.light.css, stand.light.icon, stand.light.label, stand.sentence, "choose", _("Choose a topic"), True
        )
    if not rules.may_propose_for(standing, event, now=now):
        return _box_of_reader(event, standing, now)
    return _box_of_proposer(event, today, late=stand.light.css if today > cycle.prepare_by else "")


def _box_of_proposer(event: Event, today: date, *, late: str) -> StatusBox:
    cycle = event.cycle
    propose = ("propose", _("Propose a topic"), True)
    if late:
        text = _("There is no topic for %(day)s yet. Propose one yourself.") % {"day": day_long(cycle.day)}
        return StatusBox(late, "wait", _("There is no topic yet"), text, *propose)
    left = (cycle.prepare_by - today).days
    until = _("Proposing is possible up to and including %(day)s.") % {"day": day_long(cycle.prepare_by)}
    if event.prepare_days is None:
        month = _("That is a month before the meeting.")
        until = f"{until} {month}"
    if left == 0:
        return StatusBox("is-off", "wait", _("Today is the last day"), until, *propose)
    label = ngettext("%(n)s day left", "%(n)s days left", left) % {"n": left}
    return StatusBox("is-wait" if today >= cycle.remind_on else "is-open", "wait", label, until, *propose)


def _box_of_reader(event: Event, standing: Standing, now: datetime) -> StatusBox:
    """Return the box of who may not propose for this meeting: why, and that the wish list is always open."""
    why = str(rules.may_propose_for(standing, event, now=now).reason)
    wish = ("wish", _("View the wish list"))
    if not any(rules.may_propose(standing, host) for host in event.hosts):
        return StatusBox("is-full", "full", _("The chairs propose"), why, *wish)
    if local_day(now) >= event.cycle.agenda_on:
        return StatusBox("is-full", "full", _("Choosing is over"), why, *wish)
    return StatusBox("is-full", "wait", _("The chairs choose now"), why, *wish)


def place_in_year(event: Event) -> str:
    """Return "Bijeenkomst 6 van 8." of a sector's own meeting when the year is planned, else "" (1 query)."""
    sectors = [host for host in event.hosts if isinstance(host, Sector)]
    if event.kind != Event.Kind.SECTOR or len(sectors) != 1 or event.status != Event.Status.PUBLISHED:
        return ""
    year = local_day(event.start).year
    same = Event.objects.filter(
        sectors=OuterRef("sector"),
        kind=Event.Kind.SECTOR,
        status=Event.Status.PUBLISHED,
        start__year=year,
        start__lte=event.start,
    )
    counted = same.order_by().values("sectors").annotate(n=Count("pk")).values("n")
    plan = (
        SectorYear.objects.filter(sector=sectors[0].pk, year=year)
        .annotate(number=Coalesce(Subquery(counted), 0))
        .values_list("number", "planned_meetings")
        .first()
    )
    if plan is None or not 0 < plan[0] <= plan[1]:
        return ""
    return _("Meeting %(number)s of %(planned)s.") % {"number": plan[0], "planned": plan[1]}
