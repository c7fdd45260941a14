from collections.abc import Callable
from functools import partial

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from knowledge_groups import operations, rules
from knowledge_groups.forms import DecisionForm, GroupForm
from knowledge_groups.models import GroupMembership, GroupRequest, KnowledgeGroup
from members.periods import active_on
from noord.administration import stale
from noord.administration.loaded import LoadedLines
from noord.administration.scoped import ScopedAdmin, ScopedChoices
from noord.domain import DomainError
from noord.gathered import counted

MOST_MEETINGS = 20  # named on the page that ends a group


class MembershipInline(LoadedLines, ScopedChoices, admin.TabularInline):
    model = GroupMembership
    extra = 0
    autocomplete_fields = ["person"]

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        return super().get_queryset(request).select_related("person", "group")


@admin.register(KnowledgeGroup)
class KnowledgeGroupAdmin(ScopedAdmin):
    form = GroupForm
    list_display = ["name", "state", "is_open", "participant_count"]
    list_filter = ["state", "is_open"]
    search_fields = ["name"]
    prepopulated_fields = {"slug": ["name"]}
    autocomplete_fields = ["partners", "focal_points"]
    inlines = [MembershipInline]
    readonly_fields = ["state"]
    change_form_template = "admin/knowledge_groups/knowledgegroup/change_form.html"

    def get_fields(self, request: HttpRequest, obj: KnowledgeGroup | None = None) -> list[str]:
        """Show the days and decisions of what has happened, to mend; what happens next is a button."""
        state = KnowledgeGroup.State.PROPOSED if obj is None else obj.state
        started = state == KnowledgeGroup.State.ACTIVE or bool(obj and obj.started_on)
        return [
            *("name", "slug", "summary", "text", "state", "proposed_on"),
            *(["started_on", "decision"] if started else []),
            *(["ended_on", "end_decision"] if state == KnowledgeGroup.State.ENDED else []),
            *("is_open", "members_may_propose", "since_year", "meetings_per_year_min", "meetings_per_year_max"),
            *("partners", "focal_points"),
        ]

    def get_list_display(self, request: HttpRequest) -> list[str]:
        shown = super().get_list_display(request)
        return [*shown, "open_requests"] if rules.answers_everywhere(request.user) else shown

    def get_form(self, request: HttpRequest, obj: KnowledgeGroup | None = None, change: bool = False, **kwargs):
        form = super().get_form(request, obj, change=change, **kwargs)
        form.stale = getattr(request, "stale_sentences", ())
        return form

    def get_changeform_initial_data(self, request: HttpRequest) -> dict:
        return {"proposed_on": timezone.localdate()} | super().get_changeform_initial_data(request)

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        return [
            path("<int:object_id>/starten/", view(self.start_view), name="knowledge_groups_knowledgegroup_start"),
            path("<int:object_id>/stoppen/", view(self.end_view), name="knowledge_groups_knowledgegroup_end"),
            *super().get_urls(),
        ]

    def changeform_view(self, request: HttpRequest, object_id=None, form_url: str = "", extra_context=None):
        """Look first whether the group started, ended or changed otherwise since the page was opened."""
        if request.method != "POST" or object_id is None:
            return super().changeform_view(request, object_id, form_url, extra_context)
        with transaction.atomic():
            group = self.get_object(request, object_id)
            if self.has_change_permission(request, group):
                operations.lock_group(group)
                stale.look(self, request, self.get_object(request, object_id))
            return super().changeform_view(request, object_id, form_url, extra_context)

    def render_change_form(self, request: HttpRequest, context: dict, **kwargs) -> HttpResponse:
        group = kwargs.get("obj")
        if group and group.pk and self.has_change_permission(request, group):
            context["version"] = stale.version(request, context)
            steps = {
                "start": _("Start as a knowledge group") if group.is_proposed else "",
                "end": "" if group.has_ended else _("End the group"),
            }
            context["steps"] = self._way_to_requests(request, group) + [
                (reverse(f"admin:knowledge_groups_knowledgegroup_{name}", args=[group.pk]), word)
                for name, word in steps.items()
                if word
            ]
        return super().render_change_form(request, context, **kwargs)

    def _way_to_requests(self, request: HttpRequest, group: KnowledgeGroup) -> list[tuple[str, str]]:
        number = group.request_total
        if not number or not rules.answers_everywhere(request.user):
            return []
        text = ngettext("Answer %(n)s request to join", "Answer %(n)s requests to join", number)
        return [(_address_of_requests(group), text % {"n": number})]

    def start_view(self, request: HttpRequest, object_id: int) -> HttpResponse:
        """Ask from which day and by which decision, and start the group."""
        group = self._to_change(request, object_id)
        context = {"title": _("Start this group?"), "button": _("Start the group")}
        return self._decide(request, group, operations.start_group, _("Started."), context)

    def end_view(self, request: HttpRequest, object_id: int) -> HttpResponse:
        """Say what ends with the group and what does not, and end it."""
        group = self._to_change(request, object_id)
        context = {
            "title": _("End this group?"),
            "button": _("End the group"),
            "people": group.memberships.active_on().count(),
            "requests": group.requests.open().count(),
            # They live in an app above this one, and are found through the group.
            "meetings": group.events.upcoming().exclude(status="cancelled")[:MOST_MEETINGS],
        }
        return self._decide(request, group, partial(operations.end_group, by=request.user), _("Ended."), context)

    def _decide(
        self, request: HttpRequest, group: KnowledgeGroup, verb: Callable, word: str, context: dict
    ) -> HttpResponse:
        form = DecisionForm(request.POST or None)
        if request.method == "POST" and form.is_valid():
            try:
                group = verb(group=group, **form.cleaned_data)
            except DomainError as error:
                form.add_error(None, str(error))
            else:
                self.log_change(request, group, word)
                text = _("%(group)s: %(state)s.") % {"group": group, "state": group.get_state_display().lower()}
                self.message_user(request, text, messages.SUCCESS)
                return redirect("admin:knowledge_groups_knowledgegroup_change", group.pk)
        context |= {**self.admin_site.each_context(request), "opts": self.opts, "group": group, "form": form}
        return render(request, "admin/knowledge_groups/knowledgegroup/decide.html", context)

    def _to_change(self, request: HttpRequest, object_id: int) -> KnowledgeGroup:
        group = self.get_object(request, str(object_id))
        if not self.has_change_permission(request, group):
            raise PermissionDenied
        return group

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        active: Q = active_on(prefix="memberships__")
        return (
            super()
            .get_queryset(request)
            .annotate(
                participant_total=Count("memberships", filter=active),
                request_total=counted(GroupRequest.objects.open(), "group"),
            )
        )

    @admin.display(description=gettext_lazy("participants today"), ordering="participant_total")
    def participant_count(self, group: KnowledgeGroup) -> int:
        return group.participant_total

    @admin.display(description=gettext_lazy("open requests"), ordering="request_total")
    def open_requests(self, group: KnowledgeGroup) -> str | int:
        """Lead to the page of the group, where they are answered."""
        number = group.request_total
        return format_html('<a href="{}">{}</a>', _address_of_requests(group), number) if number else number


def _address_of_requests(group: KnowledgeGroup) -> str:
    return f"{group.get_absolute_url()}#verzoeken"
