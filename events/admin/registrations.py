from collections.abc import Callable

from django.contrib import admin, messages
from django.contrib.admin.views.main import ChangeList
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from events import exports, rules
from events.admin.registration_filters import (
    MEETING,
    AttendanceFilter,
    MeetingFilter,
    SessionFilter,
    chosen_event,
)
from events.admin.registration_pages import RegistrationPages, loaded
from events.models import Event, Registration
from events.operations import attendance, registrations
from events.participants import organisation_of, session_text, with_people, with_sessions
from noord.administration.scoped import ScopedAdmin
from noord.dates import day_short, time_of_day
from noord.domain import DomainError


class RegistrationList(ChangeList):
    def get_queryset(self, *args, **kwargs) -> QuerySet:
        """Load what the columns show of all rows at once."""
        return with_sessions(with_people(super().get_queryset(*args, **kwargs)))


@admin.register(Registration)
class RegistrationAdmin(RegistrationPages, ScopedAdmin):
    """To look, and to do by hand what the verbs allow; a registration changes through them alone."""

    list_display = ["person", "organisation", "event", "state", "sessions", "was_there", "queued_at"]
    list_select_related = ["person", "event"]
    list_filter = [MeetingFilter, "status", SessionFilter, AttendanceFilter]
    search_fields = ["person__name", "person__email", "person__positions__organisation__name", "event__title"]
    # The newest first, in the order of the index: sorting a hundred thousand rows by another column takes longer.
    ordering = ["-pk"]
    actions = ["cancel", "mark_present", "mark_absent", "export_xlsx", "export_csv"]
    fields = readonly_fields = [
        "event",
        "person",
        "organisation",
        "state",
        "sessions",
        "dietary_wish",
        "name_visible",
        "was_there",
        "queued_at",
        "registered_by",
        "promoted_at",
        "cancelled_at",
        "cancelled_by",
        "replaced_by",
        "past_the_line",
    ]

    def within(self, queryset: QuerySet, person) -> QuerySet:
        return queryset.filter(event__in=Event.objects.managed_by(person))

    def get_changelist(self, request: HttpRequest, **kwargs) -> type[ChangeList]:
        return RegistrationList

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None):
        """Load what the page of one registration shows; place and organisation as in the list."""
        found = super().get_object(request, object_id, from_field)
        return found and loaded(self.get_queryset(request)).get(pk=found.pk)

    def has_change_permission(self, request: HttpRequest, obj: Registration | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Registration | None = None) -> bool:
        return False

    def has_work_permission(self, request: HttpRequest) -> bool:
        """The verbs: what Django calls changing."""
        return super().has_change_permission(request)

    # Columns

    @admin.display(description=gettext_lazy("organisation"))
    def organisation(self, registration: Registration) -> str:
        return organisation_of(registration)

    @admin.display(description=gettext_lazy("status"), ordering="status")
    def state(self, registration: Registration) -> str:
        if registration.is_waiting:
            return _("Waiting list, number %(place)s") % {"place": registration.place}
        return registration.get_status_display()

    @admin.display(description=gettext_lazy("sessions"))
    def sessions(self, registration: Registration) -> str:
        return format_html_join(", ", "{}", ((session_text(choice),) for choice in registration.choices.all()))

    @admin.display(description=gettext_lazy("was there"), ordering="attended_at")
    def was_there(self, registration: Registration) -> str:
        if registration.attended_at is None:
            return ""
        moment = {"day": day_short(registration.attended_at), "time": time_of_day(registration.attended_at)}
        return f"{_('%(day)s, %(time)s') % moment} ({registration.get_attendance_source_display().lower()})"

    @admin.display(description=gettext_lazy("past the line, and why"))
    def past_the_line(self, registration: Registration) -> str:
        lines = [
            (reason.get_kind_display(), reason.text, reason.by or _("somebody who left"), day_short(reason.at))
            for reason in registration.reasons.all()
        ]
        return format_html("<ul>{}</ul>", format_html_join("", "<li>{}: {} ({}, {})</li>", lines)) if lines else "-"

    # Pages

    def changelist_view(self, request: HttpRequest, extra_context: dict | None = None) -> HttpResponse:
        event = chosen_event(request, self) if self.has_view_permission(request) else None
        context = {"chosen": event}
        if event:
            context |= {
                "why_nobody": rules.why_nobody_is_promoted(
                    event, taken=event.seats_taken, waiting=event.waiting_count, now=timezone.now()
                ),
                "is_host": Event.objects.managed_by(request.user).filter(pk=event.pk).exists(),
                "may_work": self.has_work_permission(request),
                "meeting_parameter": MEETING,
            }
        return super().changelist_view(request, {**(extra_context or {}), **context})

    def change_view(self, request: HttpRequest, object_id: str, form_url: str = "", extra_context=None):
        context = {**(extra_context or {}), "may_work": self.has_work_permission(request)}
        return super().change_view(request, object_id, form_url, context)

    # Actions

    @admin.action(description=gettext_lazy("Cancel the registrations and tell the people"), permissions=["work"])
    def cancel(self, request: HttpRequest, queryset: QuerySet) -> None:
        def cancel(registration: Registration) -> str:
            registrations.cancel(registration=registration, by=request.user)
            self.log_change(request, registration, _("Cancelled."))
            return _("%(name)s no longer takes part.") % {"name": registration.person}

        self._each(request, queryset, cancel)

    @admin.action(description=gettext_lazy("Note that they are there"), permissions=["work"])
    def mark_present(self, request: HttpRequest, queryset: QuerySet) -> None:
        def mark(registration: Registration) -> str:
            if attendance.mark_attended(registration=registration, by=request.user):
                self.log_change(request, registration, _("Was there."))
            return _("%(name)s is noted as being there.") % {"name": registration.person}

        self._each(request, queryset, mark)

    @admin.action(description=gettext_lazy("Take back that they were there"), permissions=["work"])
    def mark_absent(self, request: HttpRequest, queryset: QuerySet) -> None:
        def unmark(registration: Registration) -> str:
            if attendance.unmark(registration=registration, by=request.user):
                self.log_change(request, registration, _("Was not there."))
            return _("%(name)s is noted as not being there.") % {"name": registration.person}

        self._each(request, queryset, unmark)

    def _each(self, request: HttpRequest, queryset: QuerySet, verb: Callable[[Registration], str]) -> None:
        for registration in queryset.select_related("event", "person"):
            try:
                said = verb(registration)
            except DomainError as error:
                self.message_user(request, f"{registration.person}: {error}", messages.ERROR)
            else:
                self.message_user(request, said, messages.SUCCESS)

    @admin.action(description=gettext_lazy("Export for Excel"), permissions=["view"])
    def export_xlsx(self, request: HttpRequest, queryset: QuerySet) -> HttpResponse:
        return self._export(request, queryset, exports.XLSX)

    @admin.action(description=gettext_lazy("Export as CSV"), permissions=["view"])
    def export_csv(self, request: HttpRequest, queryset: QuerySet) -> HttpResponse:
        return self._export(request, queryset, exports.CSV)

    def _export(self, request: HttpRequest, queryset: QuerySet, kind: str) -> HttpResponse:
        events = Event.objects.filter(pk__in=queryset.order_by().values("event")).order_by("pk")
        exports.note_export(events=events, by=request.user, kind=kind)
        return exports.as_file(kind, queryset, name=_("registrations"), with_event=True)
