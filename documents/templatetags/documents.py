"""Documents on the pages of lower apps, which show them through these without knowing this app."""

from collections.abc import Iterable

from django import template
from django.template.context import Context
from django.template.loader import render_to_string
from django.utils.safestring import SafeString

from documents import lists, rules
from documents.owners import PLACE
from events.models import Event, TopicProposal
from events.topic_rights import Standing
from knowledge_groups.models import KnowledgeGroup
from sectors.models import FocalPoint

register = template.Library()


@register.simple_tag(takes_context=True)
def event_documents(context: Context, event: Event) -> SafeString | str:
    """Print the documents of the meeting of the page, which says by can_invite who adds them; its hosts are loaded."""
    return _printed(lists.of_event(event, may_manage=event.can_invite or rules.finishes(context["user"], event)))


@register.simple_tag(takes_context=True)
def topic_documents(context: Context, topic: TopicProposal, standing: Standing | None = None) -> SafeString | str:
    return _printed(lists.of_topic(topic, context["user"], standing))


@register.simple_tag(takes_context=True)
def group_documents(context: Context, group: KnowledgeGroup) -> SafeString | str:
    """Print the documents of the group; when it has ended, to who took part then, who only reads."""
    reader = context["user"]
    listing = lists.of_group(group, reader)
    if not listing and group.has_ended and reader.is_authenticated:
        found = lists.OF_GROUP.all(person=reader, group=group.pk)
        listing = lists.Listing([lists.Line(one) for one in found], [])
    return _printed(listing)


@register.simple_tag(takes_context=True)
def focal_point_documents(context: Context, points: FocalPoint | Iterable[FocalPoint]) -> SafeString | str:
    """Print the documents of one focal point, or of those of a sector; each needs its sector loaded."""
    points = [points] if isinstance(points, FocalPoint) else points
    return _printed(lists.of_focal_points(points, context["user"]))


def _printed(listing: lists.Listing) -> SafeString | str:
    """Most pages have no document, and cost nothing here."""
    return render_to_string("documents/_list.html", {"listing": listing, "place": PLACE}) if listing else ""
