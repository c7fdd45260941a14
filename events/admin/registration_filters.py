"""The filters of the list of registrations: only meetings and sessions that are this person's to see."""

from datetime import timedelta

from django.contrib.admin import ModelAdmin, SimpleListFilter
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from events.models import Event, ProgrammeItem
from noord.dates import day_short

SHOWN = 30  # meetings to choose from: the last two months and what comes
LOOK_BACK = timedelta(days=60)
MEETING = "event__id__exact"


def scoped_events(request: HttpRequest, model_admin: ModelAdmin) -> QuerySet[Event]:
    """Return the meetings that the list of meetings would show to this person."""
    return model_admin.admin_site.get_model_admin(Event).get_queryset(request)


def chosen_event(request: HttpRequest, model_admin: ModelAdmin) -> Event | None:
    """Return the meeting that the list is filtered by, with its seats; None for no meeting or somebody else's."""
    known = getattr(request, "_chosen_event", None)
    if known is None:
        value = request.GET.get(MEETING, "")
        event = scoped_events(request, model_admin).filter(pk=value).first() if _is_id(value) else None
        known = request._chosen_event = (event,)  # the list, its filters and its heading all ask
    return known[0]


def _is_id(value: str | None) -> bool:
    return bool(value) and value.isascii() and value.isdigit() and len(value) <= 18


class MeetingFilter(SimpleListFilter):
    title = gettext_lazy("meeting")
    parameter_name = MEETING

    def lookups(self, request: HttpRequest, model_admin: ModelAdmin) -> list[tuple[str, str]]:
        near = scoped_events(request, model_admin).filter(end__gte=timezone.now() - LOOK_BACK)
        events = list(near.order_by("start", "pk")[:SHOWN])
        chosen = chosen_event(request, model_admin)
        if chosen and chosen.pk not in {event.pk for event in events}:
            events.insert(0, chosen)
        return [(str(event.pk), f"{event.title}, {day_short(event.start)}") for event in events]

    def has_output(self) -> bool:
        return True

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        if self.value() is None:
            return queryset
        return queryset.filter(event=self.value()) if _is_id(self.value()) else queryset.none()


class SessionFilter(SimpleListFilter):
    """Who has a seat in a session; there when a meeting with sessions is chosen."""

    title = gettext_lazy("session")
    parameter_name = "session"

    def lookups(self, request: HttpRequest, model_admin: ModelAdmin) -> list[tuple[str, str]]:
        event = chosen_event(request, model_admin)
        if event is None:
            return []
        sessions = ProgrammeItem.objects.sessions().filter(event=event).order_by("block__start", "position", "pk")
        return [(str(pk), title) for pk, title in sessions.values_list("pk", "title")]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        if self.value() is None:
            return queryset
        return queryset.filter(choices__seat=self.value()) if _is_id(self.value()) else queryset.none()


class AttendanceFilter(SimpleListFilter):
    title = gettext_lazy("attendance")
    parameter_name = "attended"

    def lookups(self, request: HttpRequest, model_admin: ModelAdmin) -> list[tuple[str, str]]:
        return [("yes", _("Was there")), ("no", _("Had a seat and was not there"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        match self.value():
            case "yes":
                return queryset.filter(attended_at__isnull=False)
            case "no":
                return queryset.confirmed().filter(attended_at=None)
        return queryset
