from django.contrib import admin
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from knowledge_groups.models import GroupMembership, KnowledgeGroup
from members.periods import active_on
from noord.administration.loaded import LoadedLines
from noord.administration.scoped import ScopedAdmin, ScopedChoices


class MembershipInline(LoadedLines, ScopedChoices, admin.TabularInline):
    model = GroupMembership
    extra = 0
    autocomplete_fields = ["person"]

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        return super().get_queryset(request).select_related("person", "group")


@admin.register(KnowledgeGroup)
class KnowledgeGroupAdmin(ScopedAdmin):
    list_display = ["name", "state", "is_open", "participant_count"]
    list_filter = ["state", "is_open"]
    search_fields = ["name"]
    prepopulated_fields = {"slug": ["name"]}
    autocomplete_fields = ["partners", "focal_points"]
    inlines = [MembershipInline]

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        active: Q = active_on(prefix="memberships__")
        return super().get_queryset(request).annotate(participant_total=Count("memberships", filter=active))

    @admin.display(description=_("participants today"), ordering="participant_total")
    def participant_count(self, group: KnowledgeGroup) -> int:
        return group.participant_total
