from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q, QuerySet
from django.forms.models import BaseInlineFormSet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from events.models import Event, ProgrammeItem, Registration, SessionBlock, SessionChoice, Speaker
from events.operations import meetings, registrations
from events.operations.locks import lock_event
from noord.dates import time_of_day
from noord.domain import DomainError


class KeepChosen(BaseInlineFormSet):
    """Lines of the programme; what people chose stays, for with it their choice would go without a word."""

    def clean(self) -> None:
        # Before Django's own look at what is deleted, which says it with the names of the people and of our tables.
        deleted = [form.instance.pk for form in self.initial_forms if self._should_delete_form(form)]
        if refused := why_kept(self.model, deleted):
            raise ValidationError(refused)
        super().clean()


def why_kept(model: type[SessionBlock | ProgrammeItem], ids: list[int]) -> list[str]:
    """Return a sentence for each of these lines that people chose, first or second, or have a seat in."""
    choices = SessionChoice.objects.all()
    if model is SessionBlock:
        chosen = Q(pk__in=choices.values("block"))
        text = _("People chose a session in this block: %(title)s. You can only delete it when nobody has chosen it.")
    else:
        chosen = Q(first_choices__isnull=False) | Q(second_choices__isnull=False) | Q(occupied_by__isnull=False)
        text = _("People chose this session: %(title)s. You can only delete it when nobody has chosen it.")
    return [text % {"title": line} for line in model.objects.filter(chosen, pk__in=ids).distinct()]


class BlockInline(admin.TabularInline):
    model = SessionBlock
    formset = KeepChosen
    extra = 0


class ItemInline(admin.TabularInline):
    model = ProgrammeItem
    formset = KeepChosen
    extra = 0
    fields = ["block", "kind", "title", "start", "end", "room", "capacity", "position"]
    show_change_link = True  # the speakers are there

    def formfield_for_foreignkey(self, db_field, request, **kwargs):
        if db_field.name == "block":
            # Only the blocks of this meeting: a session of another one could be chosen by nobody.
            kwargs["queryset"] = SessionBlock.objects.filter(event=request.resolver_match.kwargs.get("object_id"))
        return super().formfield_for_foreignkey(db_field, request, **kwargs)


@admin.register(Event)
class EventAdmin(admin.ModelAdmin):
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


class SpeakerInline(admin.TabularInline):
    model = Speaker
    extra = 0
    autocomplete_fields = ["person"]


@admin.register(ProgrammeItem)
class ProgrammeItemAdmin(admin.ModelAdmin):
    list_display = ["title", "event", "kind", "room", "capacity"]
    list_select_related = ["event"]
    search_fields = ["title", "event__title"]
    autocomplete_fields = ["event"]
    inlines = [SpeakerInline]

    def formfield_for_foreignkey(self, db_field, request, **kwargs):
        if db_field.name == "block":
            # A new item has no meeting to know the blocks of: sessions are added on the page of the meeting.
            item = request.resolver_match.kwargs.get("object_id")
            blocks = SessionBlock.objects
            kwargs["queryset"] = blocks.filter(event__items=item).distinct() if item else blocks.none()
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def get_deleted_objects(self, objs, request: HttpRequest) -> tuple[list, dict, set, list]:
        """Refuse what people chose, on the page of one item and in the action for many alike."""
        objects, counts, permissions, protected = super().get_deleted_objects(objs, request)
        refused = why_kept(ProgrammeItem, [item.pk for item in objs])
        return objects, counts, permissions, refused or protected

    def save_related(self, request: HttpRequest, form, formsets, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        # Who chose this session has it in the calendar: the meeting is newer than they know. It gives out seats too.
        meetings.save_event(event=lock_event(form.instance.event_id))


@admin.register(Registration)
class RegistrationAdmin(admin.ModelAdmin):
    """To look and to cancel; a registration changes through the verbs alone."""

    list_display = ["person", "event", "status", "queued_at", "registered_by"]
    list_select_related = ["person", "event", "registered_by"]
    list_filter = ["status"]
    search_fields = ["person__name", "person__email", "event__title"]
    date_hierarchy = "queued_at"
    ordering = ["-queued_at"]
    actions = ["cancel"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Registration | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Registration | None = None) -> bool:
        return False

    @admin.action(description=gettext_lazy("Cancel the registrations and tell the people"), permissions=["view"])
    def cancel(self, request: HttpRequest, queryset: QuerySet) -> None:
        for registration in queryset.select_related("event", "person"):
            try:
                registrations.cancel(registration=registration, by=request.user)
            except DomainError as error:
                self.message_user(request, f"{registration.person}: {error}", messages.ERROR)
            else:
                self.log_change(request, registration, _("Cancelled."))
                text = _("%(name)s no longer takes part.") % {"name": registration.person}
                self.message_user(request, text, messages.SUCCESS)
