from django.contrib import admin, messages
from django.db import models
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from events.admin.programme import BlockInline, ItemInline
from events.models import Event
from events.operations import meetings
from noord.administration.scoped import ScopedAdmin
from noord.dates import time_of_day
from noord.domain import DomainError


@admin.register(Event)
class EventAdmin(ScopedAdmin):
    list_display = ["title", "start", "kind", "status", "seats", "waiting"]
    list_filter = ["status", "kind", "sectors", "groups"]
    date_hierarchy = "start"
    search_fields = ["title", "place"]
    ordering = ["-start"]
    prepopulated_fields = {"slug": ["title"]}
    autocomplete_fields = ["host", "follow_up_of"]
    filter_horizontal = ["sectors", "groups"]
    readonly_fields = ["status", "uid", "sequence"]
    formfield_overrides = {models.URLField: {"assume_scheme": "https"}}
    inlines = [BlockInline, ItemInline]
    actions = ["publish", "call_off"]

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        return super().get_queryset(request).with_seats()

    def within(self, queryset: QuerySet, person) -> QuerySet:
        return queryset.managed_by(person)

    @admin.display(description=gettext_lazy("registered"))
    def seats(self, event: Event) -> str:
        if event.capacity is None:
            return str(event.seats_taken)
        return _("%(taken)s of %(all)s") % {"taken": event.seats_taken, "all": event.capacity}

    @admin.display(description=gettext_lazy("on the waiting list"), ordering="waiting_count")
    def waiting(self, event: Event) -> int:
        return event.waiting_count

    def save_model(self, request: HttpRequest, obj: Event, form, change: bool) -> None:
        meetings.save_event(event=obj)

    def save_related(self, request: HttpRequest, form, formsets, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        meetings.hand_out_seats(event=form.instance)  # a session may have got more seats

    def response_post_save_change(self, request: HttpRequest, obj: Event) -> HttpResponse:
        """Ask what to do with a change that people do not know of; when the mail is on its way, just say so."""
        notice = obj.change_notices.filter(closed_at=None).first()
        if notice and Event.objects.managed_by(request.user).filter(pk=obj.pk).exists():
            if notice.announce_at is None:
                return redirect("events:change_notice", slug=obj.slug)
            text = _("This comes in the mail that leaves at %(time)s.") % {"time": time_of_day(notice.announce_at)}
            self.message_user(request, text, messages.INFO)
        return super().response_post_save_change(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Event | None = None) -> bool:
        """A meeting that others have seen is called off, never deleted: calendars and registrations point at it."""
        allowed = super().has_delete_permission(request, obj)
        return allowed and obj is not None and obj.status == Event.Status.DRAFT and not obj.registrations.exists()

    @admin.action(description=gettext_lazy("Publish the meetings"), permissions=["change"])
    def publish(self, request: HttpRequest, queryset: QuerySet) -> None:
        for event in queryset:
            try:
                meetings.publish(event=event)
            except DomainError as error:
                self.message_user(request, f"{event}: {error}", messages.ERROR)
            else:
                self.log_change(request, event, _("Published."))
                self.message_user(request, _("%(event)s is published.") % {"event": event}, messages.SUCCESS)

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
            try:
                told = meetings.call_off(event=event)
            except DomainError as error:
                self.message_user(request, f"{event}: {error}", messages.ERROR)
            else:
                self.log_change(request, event, _("Called off."))
                text = ngettext(
                    "%(event)s is called off. %(n)s person gets a mail.",
                    "%(event)s is called off. %(n)s people get a mail.",
                    told,
                )
                self.message_user(request, text % {"event": event, "n": told}, messages.SUCCESS)
        return None
