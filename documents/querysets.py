from typing import Self

from django.apps import apps
from django.db import models
from django.db.models import Exists, OuterRef, Q

from events.models import Event, TopicProposal
from events.rights import manages_every_meeting
from knowledge_groups.models import GroupMembership
from members.models import Position
from sectors.models import SectorRole


class DocumentQuerySet(models.QuerySet):
    def visible_to(self, person) -> Self:
        """Keep what this person (or visitor) may read. Every list, and every file that leaves, starts here.

        A document is seen by who sees what it belongs to: of a meeting or a session, who sees the meeting; of a topic,
        who reads the topic; of a group, its participants, also when it has ended; of a focal point, members, or
        everyone where it is public. Who manages the whole network sees all but the topics that are nobody else's to
        read.
        """
        topics = Exists(TopicProposal.objects.visible_to(person).filter(pk=OuterRef("topic")))
        if manages_every_meeting(person):
            return self.filter(Q(topic__isnull=True) | topics)
        events = Event.objects.visible_to(person)
        of_event = Q(event__isnull=False) & Exists(events.filter(pk=OuterRef("event")))
        of_item = Q(item__isnull=False) & Exists(events.filter(pk=OuterRef("item__event")))
        public = Q(focal_point__isnull=False, is_public=True)
        if not person.is_authenticated:
            return self.filter(of_event | of_item | public)
        of_topic = Q(topic__isnull=False) & topics
        of_group = Q(group__in=GroupMembership.objects.groups_read_by(person))
        of_point = Q(focal_point__isnull=False) & _is_member_for(person)
        return self.filter(of_event | of_item | of_topic | of_group | public | of_point)

    def of_event(self, event_id: int) -> Self:
        """Keep what belongs to the meeting or to one of its sessions, the meeting's own first.

        For a page that has found the meeting by visible_to(). Each has `session`: its title, "" for the meeting's own.
        The two halves each go by their own index.
        """
        own = self.filter(event=event_id).annotate(session=models.Value(""))
        of_sessions = self.filter(item__in=_items_of(event_id)).annotate(session=models.F("item__title"))
        return own.order_by().union(of_sessions.order_by(), all=True)

    def of_focal_points(self, points) -> Self:
        """Keep what belongs to these focal points (ids): their own, and of their topics, meetings and trainings.

        Of a topic that was declined or withdrawn nothing is kept, nor of a draft.
        """
        topics = TopicProposal.objects.filter(focal_point__in=points).alive().order_by().values("pk")
        meetings = Event.objects.of_focal_points(points).order_by().values("pk")
        return self.filter(
            Q(focal_point__in=points) | Q(topic__in=topics) | Q(event__in=meetings) | Q(item__event__in=meetings)
        )

    def of_group(self, group: int) -> Self:
        """Keep what belongs to this group (id): its own, and of its topics that are alive and its meetings."""
        topics = TopicProposal.objects.filter(group=group).alive().order_by().values("pk")
        meetings = Event.groups.through.objects.filter(knowledgegroup=group).values("event")
        return self.filter(Q(group=group) | Q(topic__in=topics) | Q(event__in=meetings) | Q(item__event__in=meetings))

    def in_order(self) -> Self:
        return self.order_by("uploaded_at", "pk")

    def managed_by(self, person, sectors: models.QuerySet, groups: models.QuerySet) -> Self:
        """Keep what belongs to the meetings, topics and focal points of these sectors and groups (querysets)."""
        meetings = Event.objects.managed_by(person).order_by().values("pk")
        return self.filter(
            Q(event__in=meetings)
            | Q(item__event__in=meetings)
            | (Q(topic__sector__in=sectors) | Q(topic__group__in=groups) | Q(topic__event__in=meetings))
            & ~Q(topic__status=TopicProposal.Status.DRAFT)
            | Q(group__in=groups)
            | Q(focal_point__sector__in=sectors)
        )

    def with_place(self) -> Self:
        """Load what a list says of where each belongs."""
        return self.select_related("event", "item__event", "topic")

    def with_owner(self) -> Self:
        """Load what each belongs to."""
        return self.select_related("event", "item__event", "topic", "group", "focal_point__sector")


def _items_of(event_id: int) -> models.QuerySet:
    return apps.get_model("events", "ProgrammeItem").objects.filter(event=event_id).order_by().values("pk")


def _is_member_for(person) -> Q:
    """Does the person work at a member, or have a role in a sector of the focal point?"""
    roles = SectorRole.objects.active_on().filter(person=person)
    return (
        Q(Exists(Position.objects.at_member_on().filter(person=person)))
        | Q(Exists(roles.filter(sector=OuterRef("focal_point__sector"))))
        | Q(Exists(roles.filter(sector__partner_focal_points=OuterRef("focal_point"))))
    )
