from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from events.models import Event, Registration
from events.operations import registrations
from noord.administration.scoped import ScopedAdmin
from noord.domain import DomainError


@admin.register(Registration)
class RegistrationAdmin(ScopedAdmin):
    """To look and to cancel; a registration changes through the verbs alone."""

    list_display = ["person", "event", "status", "queued_at", "registered_by"]
    list_select_related = ["person", "event", "registered_by"]
    list_filter = ["status"]
    search_fields = ["person__name", "person__email", "event__title"]
    date_hierarchy = "queued_at"
    ordering = ["-queued_at"]
    actions = ["cancel"]

    def within(self, queryset: QuerySet, person) -> QuerySet:
        return queryset.filter(event__in=Event.objects.managed_by(person))

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
