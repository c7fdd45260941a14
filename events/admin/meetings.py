from datetime import date, time, timedelta

from django import forms
from django.contrib import admin, messages
from django.db import models, transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from events.admin.planning import PlanningPages
from events.admin.programme import BlockInline, ItemInline
from events.models import ChangeNotice, Event
from events.operations import meetings
from events.operations.locks import lock_event
from events.planning import load_plan, load_programme
from events.planning_days import moment
from events.planning_forms import EventForm, FocalPointsField
from events.planning_warnings import warnings
from knowledge_groups.models import KnowledgeGroup
from noord.administration import stale
from noord.administration.loaded import LoadedChoices
from noord.administration.scoped import ScopedAdmin
from noord.dates import time_of_day
from sectors.models import FocalPoint
from sectors.rights import managed_sectors


class PlannedIn(admin.SimpleListFilter):
    """When the meeting is: what a planner looks ahead by."""

    title = gettext_lazy("planned in")
    parameter_name = "planned"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin) -> list[tuple[str, str]]:
        this_year = timezone.localdate().year
        years = [(str(year), str(year)) for year in range(this_year - 1, this_year + 3)]
        return [("coming", _("From today")), ("month", _("The next 30 days")), ("past", _("Before today")), *years]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        today = timezone.localdate()
        match self.value():
            case "coming":
                return queryset.filter(start__gte=moment(today, time.min))
            case "month":
                return queryset.filter(
                    start__gte=moment(today, time.min), start__lt=moment(today + timedelta(days=30), time.min)
                )
            case "past":
                return queryset.filter(start__lt=moment(today, time.min))
            case str(year) if year.isdecimal() and 1900 < int(year) < 3000:
                first, after = date(int(year), 1, 1), date(int(year) + 1, 1, 1)
                return queryset.filter(start__gte=moment(first, time.min), start__lt=moment(after, time.min))
        return queryset


@admin.register(Event)
class EventAdmin(LoadedChoices, PlanningPages, ScopedAdmin):
    form = EventForm
    list_display = ["title", "start", "kind", "status", "seats", "waiting"]
    list_filter = [
        PlannedIn,
        "status",
        "kind",
        ("sectors", admin.RelatedOnlyFieldListFilter),
        ("groups", admin.RelatedOnlyFieldListFilter),
    ]
    list_per_page = 50
    date_hierarchy = "start"
    search_fields = ["title", "place", "venue", "tags"]
    ordering = ["-start"]
    prepopulated_fields = {"slug": ["title"]}
    autocomplete_fields = ["host", "follow_up_of"]
    readonly_fields = ["status", "calendar_uid", "calendar_version"]
    formfield_overrides = {models.URLField: {"assume_scheme": "https"}}
    inlines = [BlockInline, ItemInline]
    actions = ["publish", "call_off"]
    change_form_template = "admin/events/event/change_form.html"
    change_list_template = "admin/events/event/change_list.html"

    def get_fieldsets(self, request: HttpRequest, obj: Event | None = None) -> list[tuple]:
        when = ["start", "end", *([] if obj is None else ["shift"]), "prepare_on"]
        return [
            (None, {"fields": ["title", "slug", "kind", *([] if obj is None else ["status"])]}),
            (gettext_lazy("When and where"), {"fields": [*when, "place", "venue", "address", "online_url"]}),
            (gettext_lazy("For whom"), {"fields": ["audience", "sectors", "groups", "focal_points", "host"]}),
            (
                gettext_lazy("Registration"),
                {"fields": ["capacity", "registration_opens", "registration_closes", "session_required"]},
            ),
            (gettext_lazy("Texts"), {"fields": ["summary", "text", "notice", "report", "tags", "follow_up_of"]}),
            *(
                []
                if obj is None
                else [(gettext_lazy("In calendars"), {"fields": ["calendar_uid", "calendar_version"]})]
            ),
        ]

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        events = super().get_queryset(request).with_seats()
        if "object_id" not in request.resolver_match.kwargs:
            return events
        # The page of one meeting: with what its form points at, and what its reader may do.
        return events.select_related("host", "follow_up_of").with_management(request.user)

    def within(self, queryset: QuerySet, person) -> QuerySet:
        return queryset.managed_by(person)

    def formfield_for_manytomany(self, db_field, request: HttpRequest, **kwargs):
        if db_field.name == "groups" and not self.reaches_everything(request.user):
            # Every group may be looked at, so ScopedChoices leaves them all; a host is one that this person leads.
            led = KnowledgeGroup.objects.led_by(request.user)
            kwargs["queryset"] = self.mine_or_there(db_field, request, led)
        if db_field.name == "focal_points":
            kwargs |= {"queryset": self._focal_points(db_field, request), "form_class": FocalPointsField}
        # There are a handful, and Django's two boxes need a script that speaks half Dutch.
        return super().formfield_for_manytomany(db_field, request, widget=forms.CheckboxSelectMultiple, **kwargs)

    def _focal_points(self, db_field, request: HttpRequest) -> QuerySet:
        """Return those of last year and later: one's own, those in which one is a partner, and what is chosen."""
        points = FocalPoint.objects.filter(year__gte=timezone.localdate().year - 1)
        if not self.reaches_everything(request.user):
            led = KnowledgeGroup.objects.led_by(request.user)
            points = points.concerning(managed_sectors(request.user), led)
        return (
            self.mine_or_there(db_field, request, points)
            .select_related("sector")
            .order_by("-year", "sector__name", "position", "pk")
        )

    @admin.display(description=gettext_lazy("name in calendars (UID)"))
    def calendar_uid(self, event: Event) -> str:
        return event.uid

    @admin.display(description=gettext_lazy("version in calendars (SEQUENCE)"))
    def calendar_version(self, event: Event) -> int:
        return event.sequence

    @admin.display(description=gettext_lazy("registered"), ordering="seats_taken")
    def seats(self, event: Event) -> str:
        if event.capacity is None:
            return str(event.seats_taken)
        return _("%(taken)s of %(all)s") % {"taken": event.seats_taken, "all": event.capacity}

    @admin.display(description=gettext_lazy("on the waiting list"), ordering="waiting_count")
    def waiting(self, event: Event) -> int:
        return event.waiting_count

    def get_form(self, request: HttpRequest, obj: Event | None = None, change: bool = False, **kwargs):
        if obj is not None:
            load_programme(obj)  # for the lines below the form, and for the warnings
        form = super().get_form(request, obj, change=change, **kwargs)
        form.stale = getattr(request, "stale_sentences", ())
        if not self.reaches_everything(request.user):
            form.own_hosts = managed_sectors(request.user), KnowledgeGroup.objects.led_by(request.user)
        return form

    def get_changeform_initial_data(self, request: HttpRequest) -> dict:
        """Begin a new meeting with one's own sector, when that is one."""
        own = [] if self.reaches_everything(request.user) else list(managed_sectors(request.user)[:2])
        return ({"sectors": [own[0].pk]} if len(own) == 1 else {}) | super().get_changeform_initial_data(request)

    def changeform_view(self, request: HttpRequest, object_id=None, form_url: str = "", extra_context=None):
        if request.method != "POST" or object_id is None:
            return super().changeform_view(request, object_id, form_url, extra_context)
        with transaction.atomic():
            self._look_for_another_editor(request, object_id)
            return super().changeform_view(request, object_id, form_url, extra_context)

    def _look_for_another_editor(self, request: HttpRequest, object_id: str) -> None:
        event = self.get_object(request, object_id)
        if self.has_change_permission(request, event):
            lock_event(event.pk)
            stale.look(self, request, self.get_object(request, object_id))

    def render_change_form(self, request: HttpRequest, context: dict, **kwargs) -> HttpResponse:
        event = kwargs.get("obj")
        if event is not None and event.pk:
            stored = event if request.method != "POST" else self.get_object(request, str(event.pk))
            if self.has_change_permission(request, stored):
                context["version"] = stale.version(request, context)
                context["steps"] = self.next_steps(request, stored)
                if self._open_notice(stored):
                    context["untold"] = reverse("events:change_notice", args=[stored.slug])
            context["warnings"] = warnings(load_plan(stored))
        return super().render_change_form(request, context, **kwargs)

    def save_model(self, request: HttpRequest, obj: Event, form, change: bool) -> None:
        meetings.save_event(event=obj)

    def save_related(self, request: HttpRequest, form, formsets, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        meetings.hand_out_seats(event=form.instance)  # a session may have got more seats
        if "_continue" not in request.POST:  # the page itself says it too
            for sentence in warnings(load_plan(Event.objects.with_seats().get(pk=form.instance.pk))):
                self.message_user(request, sentence, messages.WARNING)

    def response_post_save_change(self, request: HttpRequest, obj: Event) -> HttpResponse:
        """Ask what to do with a change that people do not know of; when the mail is on its way, just say so."""
        if notice := self._open_notice(obj):
            if notice.announce_at is None:
                return redirect("events:change_notice", slug=obj.slug)
            text = _("This comes in the mail that leaves at %(time)s.") % {"time": time_of_day(notice.announce_at)}
            self.message_user(request, text, messages.INFO)
        return super().response_post_save_change(request, obj)

    def _open_notice(self, event: Event) -> ChangeNotice | None:
        """Return what people do not know yet, for who manages the meeting and so says whether they hear of it."""
        return event.change_notices.filter(closed_at=None).first() if event.can_manage else None

    def has_delete_permission(self, request: HttpRequest, obj: Event | None = None) -> bool:
        """A meeting that others have seen is called off, never deleted: calendars and registrations point at it."""
        allowed = super().has_delete_permission(request, obj)
        return allowed and obj is not None and obj.status == Event.Status.DRAFT and not obj.registrations.exists()

    def delete_model(self, request: HttpRequest, obj: Event) -> None:
        meetings.throw_away(event=obj)

    @admin.action(description=gettext_lazy("Publish the meetings"), permissions=["change"])
    def publish(self, request: HttpRequest, queryset: QuerySet) -> None:
        for event in queryset:
            self.publish_one(request, event)

    @admin.action(description=gettext_lazy("Call off the meetings and tell everyone"), permissions=["change"])
    def call_off(self, request: HttpRequest, queryset: QuerySet) -> HttpResponse | None:
        if "confirmed" not in request.POST:
            people = sum(meetings.who_hears(event=event) for event in queryset)
            context = {
                **self.admin_site.each_context(request),
                "title": _("Call off the meetings and tell everyone"),
                "events": queryset,
                "people": people,
                "opts": self.opts,
            }
            return render(request, "admin/events/event/call_off.html", context)
        for event in queryset:
            self.call_off_one(request, event)
        return None
