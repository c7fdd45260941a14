from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from consultations.models import Consultation
from noord.administration.scoped import ScopedAdmin


@admin.register(Consultation)
class ConsultationAdmin(ScopedAdmin):
    """To find and look at; all that is done with it, and every answer, has its page on the site."""

    list_display = ["title", "audience", "voice", "is_anonymous", "opened_at", "closes_at", "answered"]
    list_filter = ["audience", "voice", "is_anonymous", ("for_sector", admin.RelatedOnlyFieldListFilter)]
    search_fields = ["title"]
    list_per_page = 50
    fields = [
        "title", "background", "audience", "for_sector", "for_group", "for_event", "group", "voice", "is_anonymous",
        "opened_at", "closes_at", "closed_at", "outcome", "outcome_at", "made_by", "made_at",
    ]  # fmt: skip

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        return super().get_queryset(request).with_numbers()

    def within(self, queryset: QuerySet, person) -> QuerySet:
        return queryset.managed_by(person)

    @admin.display(description=_("answered"))
    def answered(self, consultation: Consultation) -> str:
        numbers = {"answered": consultation.answered_count, "asked": consultation.asked_count}
        return _("%(answered)s of %(asked)s") % numbers

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Consultation | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Consultation | None = None) -> bool:
        return False
