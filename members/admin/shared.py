"""What the pages of organisations and of people both show."""

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from members.models import Position
from noord.administration.loaded import LoadedLines


class PositionInline(LoadedLines, admin.TabularInline):
    model = Position
    extra = 0
    autocomplete_fields = ["person", "organisation", "role"]

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        return super().get_queryset(request).select_related("person", "organisation", "role")


class MemberFilter(admin.SimpleListFilter):
    title = _("member today")
    parameter_name = "member"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin) -> list[tuple[str, str]]:
        return [("yes", _("Yes")), ("no", _("No"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        members = queryset.model.objects.members_on().values("pk")
        if self.value() == "yes":
            return queryset.filter(pk__in=members)
        if self.value() == "no":
            return queryset.exclude(pk__in=members)
        return queryset
