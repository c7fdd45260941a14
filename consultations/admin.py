from collections.abc import Iterable

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from consultations import rules
from consultations.models import Consultation
from consultations.operations.running import remove
from noord.administration.scoped import ScopedAdmin


@admin.register(Consultation)
class ConsultationAdmin(ScopedAdmin):
    """To find, look at and, when it is closed, delete; all else, and every answer, has its page on the site."""

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
        """Of one that is closed, on its own page; without an object it is asked for the action on a list."""
        return obj is not None and bool(rules.may_remove(obj, by=request.user, now=timezone.now()))

    def get_deleted_objects(self, objs: Iterable[Consultation], request: HttpRequest) -> tuple:
        """Say how much goes along, and not what was answered: the rows of a sheet belong to one person."""
        _rows, counts, lacking, protected = super().get_deleted_objects(objs, request)
        return [str(consultation) for consultation in objs], counts, lacking, protected

    def delete_model(self, request: HttpRequest, obj: Consultation) -> None:
        remove(consultation=obj, by=request.user)
