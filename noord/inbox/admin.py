from collections.abc import Callable

from django.contrib import admin, messages
from django.contrib.admin.models import CHANGE, LogEntry
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from noord.inbox import receiving
from noord.inbox.message import MAX_SHOWN, shown
from noord.inbox.models import IncomingMessage, MailboxReading


class ReadOnlyAdmin(admin.ModelAdmin):
    """For administrators, to look at."""

    def has_module_permission(self, request: HttpRequest) -> bool:
        return request.user.is_superuser

    def has_view_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return request.user.is_superuser

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False


@admin.register(IncomingMessage)
class IncomingMessageAdmin(ReadOnlyAdmin):
    """The tray: what came in, what was done with it, and what waits for somebody; its actions call the verbs."""

    list_display = ["subject_or_none", "state", "explanation", "sender", "received_at", "kind"]
    list_filter = ["state", "kind", "received_at"]
    search_fields = ["sender", "subject", "message_id"]
    ordering = ["-received_at", "-pk"]
    list_per_page = 50
    show_full_result_count = False
    actions = ["try_again", "mark_handled"]
    fields = [
        "subject", "sender", "kind", "state", "reason", "outcome", "received_at", "finished_at", "message_id", "size",
        "text", "source",
    ]  # fmt: skip
    readonly_fields = ["text", "source"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[IncomingMessage]:
        return super().get_queryset(request).defer("raw")

    @admin.display(description=_("subject"), ordering="subject")
    def subject_or_none(self, message: IncomingMessage) -> str:
        return message.subject or _("(no subject)")

    @admin.display(description=_("reason or outcome"))
    def explanation(self, message: IncomingMessage) -> str:
        return message.reason or message.outcome

    @admin.display(description=_("text"))
    def text(self, message: IncomingMessage) -> SafeString:
        return _box(shown(bytes(message.raw)), _("text"))

    @admin.display(description=_("source"))
    def source(self, message: IncomingMessage) -> SafeString:
        return _box(bytes(message.raw[:MAX_SHOWN]).decode("utf-8", "replace"), _("source"))

    @admin.action(description=_("Try again"), permissions=["view"])
    def try_again(self, request: HttpRequest, incoming: QuerySet[IncomingMessage]) -> None:
        count = self._act(request, incoming, receiving.try_again, "try_again")
        text = ngettext("%(count)s message is now handled.", "%(count)s messages are now handled.", count)
        self.message_user(request, text % {"count": count}, messages.SUCCESS if count else messages.WARNING)

    @admin.action(description=_("Mark as handled"), permissions=["view"])
    def mark_handled(self, request: HttpRequest, incoming: QuerySet[IncomingMessage]) -> None:
        count = self._act(request, incoming, receiving.mark_handled, "mark_handled")
        text = ngettext("%(count)s message is marked as handled.", "%(count)s messages are marked as handled.", count)
        self.message_user(request, text % {"count": count}, messages.SUCCESS if count else messages.WARNING)

    def _act(
        self,
        request: HttpRequest,
        incoming: QuerySet[IncomingMessage],
        verb: Callable[[QuerySet[IncomingMessage]], int],
        name: str,
    ) -> int:
        """Let the verb do it and write who asked for it in the admin's log, which nobody can change."""
        chosen = list(incoming)
        LogEntry.objects.log_actions(request.user.pk, chosen, CHANGE, f"inbox: {name}")
        return verb(IncomingMessage.objects.filter(pk__in=[message.pk for message in chosen]))


@admin.register(MailboxReading)
class MailboxReadingAdmin(ReadOnlyAdmin):
    list_display = ["mailbox", "read_at", "error"]
    fields = ["mailbox", "read_at", "error", "lease_ends_at"]


def _box(text: str, label: str) -> SafeString:
    """Show what a stranger wrote as text and nothing else."""
    return format_html(
        '<textarea readonly rows="20" cols="80" class="vLargeTextField" aria-label="{}">{}</textarea>',
        label,
        text.replace("\0", "\ufffd"),
    )
