from collections.abc import Callable

from django.contrib import admin, messages
from django.contrib.admin.models import CHANGE, LogEntry
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from noord.outbox import queue
from noord.outbox.models import Mail


@admin.register(Mail)
class MailAdmin(admin.ModelAdmin):
    """The mail traffic, to look at; its two actions call the verbs."""

    list_display = ["kind", "to", "subject", "status", "created_at", "attempts", "next_attempt_at", "error"]
    list_filter = ["status", "kind", "created_at"]
    search_fields = ["to", "key"]
    ordering = ["-created_at", "-pk"]
    list_per_page = 50
    show_full_result_count = False
    actions = ["try_again", "stop"]
    # Not the params: those of an account mail can hold a code until it has left.
    fields = [
        "key", "kind", "to", "subject", "status", "attempts", "next_attempt_at", "error", "created_at", "finished_at",
        "message_id",
    ]  # fmt: skip

    def has_module_permission(self, request: HttpRequest) -> bool:
        return request.user.is_superuser

    def has_view_permission(self, request: HttpRequest, obj: Mail | None = None) -> bool:
        return request.user.is_superuser

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Mail | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Mail | None = None) -> bool:
        return False

    @admin.action(description=_("Try to send again now"), permissions=["view"])
    def try_again(self, request: HttpRequest, mails: QuerySet[Mail]) -> None:
        count = self._act(request, mails, queue.try_again, "try_again")
        text = ngettext("%(count)s mail is queued again.", "%(count)s mails are queued again.", count)
        self.message_user(request, text % {"count": count}, messages.SUCCESS if count else messages.WARNING)

    @admin.action(description=_("Stop sending"), permissions=["view"])
    def stop(self, request: HttpRequest, mails: QuerySet[Mail]) -> None:
        count = self._act(request, mails, queue.stop, "stop")
        text = ngettext("%(count)s mail is stopped.", "%(count)s mails are stopped.", count)
        self.message_user(request, text % {"count": count}, messages.SUCCESS if count else messages.WARNING)

    def _act(
        self, request: HttpRequest, mails: QuerySet[Mail], verb: Callable[[QuerySet[Mail]], int], name: str
    ) -> int:
        """Let the verb do it and write who asked for it in the admin's log, which nobody can change."""
        chosen = list(mails)
        LogEntry.objects.log_actions(request.user.pk, chosen, CHANGE, f"outbox: {name}")
        return verb(Mail.objects.filter(pk__in=[mail.pk for mail in chosen]))
