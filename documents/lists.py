"""Lists of documents as the pages of meetings, topics, groups and sectors show them."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.utils.translation import gettext as _

from documents import rules
from documents.models import Document
from documents.owners import address_to_add
from events.models import Event, TopicProposal
from events.topic_rights import Standing, standing_of_reader
from knowledge_groups.models import KnowledgeGroup
from noord.prepared import Prepared
from sectors.models import FocalPoint

# The page of a meeting is the busiest of all; what the others ask is long.
OF_EVENT = Prepared(Document.objects.of_event)
OF_TOPIC = Prepared(lambda person, topic: Document.objects.visible_to(person).filter(topic=topic).in_order())
OF_GROUP = Prepared(lambda person, group: Document.objects.visible_to(person).of_group(group).with_place().in_order())
OF_POINTS = Prepared(
    lambda person, points: Document.objects.visible_to(person).of_focal_points(points).with_place().in_order()
)


@dataclass(frozen=True, slots=True)
class Line:
    """One document; `note` says what it belongs to where that is not the subject of the page."""

    document: Document
    note: str = ""
    may_remove: bool = False


@dataclass(frozen=True, slots=True)
class Listing:
    """What stands under the heading; `adding` are the pages to add one, each with the text of its link."""

    lines: list[Line]
    adding: list[tuple[str, str]]

    def __bool__(self) -> bool:
        return bool(self.lines or self.adding)


def _listing(lines: list[Line], owner, *, may_manage: bool) -> Listing:
    return Listing(lines, [(address_to_add(owner), _("Add a document"))] if may_manage else [])


def of_event(event: Event, *, may_manage: bool) -> Listing:
    """List those of a meeting that the reader may see, and of its sessions (1 query)."""
    found = sorted(OF_EVENT.all(event_id=event.pk), key=lambda one: (one.session, one.uploaded_at, one.pk))
    lines = [
        Line(one, _("Session: %(title)s") % {"title": one.session} if one.session else "", may_manage) for one in found
    ]
    return _listing(lines, event, may_manage=may_manage)


def of_topic(topic: TopicProposal, person, standing: Standing | None = None) -> Listing:
    """List those of a topic that the reader may see (1 query, and 1 for the standing when it is not given)."""
    may_manage = bool(rules.may_manage(standing or standing_of_reader(person), topic))
    lines = [Line(one, may_remove=may_manage) for one in OF_TOPIC.all(person=person, topic=topic.pk)]
    return _listing(lines, topic, may_manage=may_manage)


def of_group(group: KnowledgeGroup, person) -> Listing:
    """List those of a group, with those of its topics and meetings, that the reader may see.

    1 query, and 1 for who is logged in.
    """
    may_manage = bool(rules.may_manage(standing_of_reader(person), group))
    lines = [
        Line(one, _place_of(one, {}), may_manage and one.group_id == group.pk)
        for one in OF_GROUP.all(person=person, group=group.pk)
    ]
    return _listing(lines, group, may_manage=may_manage)


def of_focal_points(points: Iterable[FocalPoint], person) -> Listing:
    """List those of focal points, with those of their topics and meetings, that the reader may see.

    1 query, and 1 for who is logged in. Needs the sector of each point loaded.
    """
    points = list(points)
    if not points:
        return Listing([], [])
    standing = standing_of_reader(person)
    managed = {point.pk: bool(rules.may_manage(standing, point)) for point in points}
    found = OF_POINTS.all(person=person, points=tuple(sorted(managed)))
    titles = {point.pk: point.title for point in points} if len(points) > 1 else {}
    lines = [Line(one, _place_of(one, titles), managed.get(one.focal_point_id, False)) for one in found]
    if titles:  # the page of each focal point is where one is added
        return Listing(lines, [])
    return _listing(lines, points[0], may_manage=managed[points[0].pk])


def _place_of(document: Document, titles: dict[int, str]) -> str:
    if document.topic:
        return _("Topic: %(title)s") % {"title": document.topic.title}
    if event := document.event or (document.item and document.item.event):
        return _("Meeting: %(title)s") % {"title": event.title}
    if title := titles.get(document.focal_point_id):
        return _("Focal point: %(title)s") % {"title": title}
    return ""
