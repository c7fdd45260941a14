"""Lists of meetings; lower apps show theirs through these without knowing the app of the meetings."""

from django import template
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from events.models import Event
from events.rows import RowPrinter
from events.status import Tag, tag_for
from events.topic_rights import Part, standing_of_reader
from events.words import sentence
from sectors.models import Sector

register = template.Library()


@register.filter
def host_names(event: Event) -> str:
    """Return the hosts as equals: "Sector Overheden en ICT Noord". For a list: with_host_names() or with_hosts()."""
    if not hasattr(event, "sector_rows"):
        return sentence(
            [_("Sector %(name)s") % {"name": host} if isinstance(host, Sector) else str(host) for host in event.hosts]
        )
    sectors, groups = (sorted(row["name"] for row in rows or []) for rows in (event.sector_rows, event.group_rows))
    return sentence([*(_("Sector %(name)s") % {"name": name} for name in sectors), *groups])


@register.filter
def status_tag(event: Event) -> Tag:
    """Return where the reader stands with the meeting; needs with_seats() and with_registration_of()."""
    mine = getattr(event, "my_registrations", None)
    return tag_for(event, mine[0] if mine else None, timezone.now())


@register.simple_tag
def topics_url(home, person) -> str:
    """Return the address of the topics of a sector or group; "" for who has none of them to see (1 query)."""
    if not person.is_authenticated or standing_of_reader(person).in_home(home) == Part.NONE:
        return ""
    return reverse("events:sector_topics" if isinstance(home, Sector) else "events:group_topics", args=[home.slug])


@register.simple_tag
def event_row(event: Event, note: str = "") -> SafeString:
    """Print the meeting as a row; without a note the hosts stand there."""
    return mark_safe(RowPrinter(timezone.now()).row(event, note or host_names(event)))  # noqa: S308 - row() escapes
