from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from events.models import Event, TopicProposal
from knowledge_groups.models import KnowledgeGroup
from noord.administration.scoped import ScopedAdmin
from sectors.rights import managed_sectors


@admin.register(TopicProposal)
class TopicProposalAdmin(ScopedAdmin):
    """To find and to look back. Whatever happens to a topic happens on its own page, where its members see it."""

    list_display = ["title", "home", "event", "status", "support", "proposed_at"]
    list_select_related = ["sector", "group", "event"]
    list_filter = [
        "status",
        ("sector", admin.RelatedOnlyFieldListFilter),
        ("group", admin.RelatedOnlyFieldListFilter),
        ("focal_point", admin.RelatedOnlyFieldListFilter),
    ]
    list_per_page = 50
    search_fields = ["title", "reason"]
    ordering = ["-proposed_at", "-pk"]
    fields = readonly_fields = [
        *("title", "home", "event", "status", "reason", "focal_point", "minutes", "seeks_presenter", "by"),
        *("proposed_at", "edited_at", "support", "input", "summary", "decided_by", "decided_at", "decline_reason"),
    ]

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        """Drafts are their writer's alone."""
        return super().get_queryset(request).exclude(status=TopicProposal.Status.DRAFT).with_numbers(request.user)

    def within(self, queryset: QuerySet, person) -> QuerySet:
        return queryset.filter(
            Q(sector__in=managed_sectors(person))
            | Q(group__in=KnowledgeGroup.objects.led_by(person))
            | Q(event__in=Event.objects.managed_by(person).order_by().values("pk"))
        )

    @admin.display(description=_("sector or knowledge group"))
    def home(self, proposal: TopicProposal) -> str:
        return str(proposal.home)

    @admin.display(description=_("support"), ordering="support_count")
    def support(self, proposal: TopicProposal) -> int:
        return proposal.support_count

    @admin.display(description=_("contributions"))
    def input(self, proposal: TopicProposal) -> int:
        return proposal.input_count

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: TopicProposal | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: TopicProposal | None = None) -> bool:
        return False
