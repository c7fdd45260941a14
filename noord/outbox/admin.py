from collections.abc import Callable

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.models import CHANGE, DELETION, LogEntry
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from noord.outbox import holds, queue
from noord.outbox.abouts import name_abouts
from noord.outbox.models import AddressHold, Mail
from noord.outbox.traffic import LATE, recent_abouts, traffic

NEXT_STEPS = {
    AddressHold.Reason.BOUNCED: _(
        "Ask the organisation whether this person still works there. Correct the address at the person, or lift the "
        "hold when the address is right."
    ),
    AddressHold.Reason.BOUNCED_OFTEN: _(
        "The mailbox may be full, or the other mail server refuses ours. Call the person, and lift the hold when mail "
        "arrives again."
    ),
    AddressHold.Reason.BY_HAND: _("Lift the hold when mail may be sent again."),
}


class AboutFilter(admin.SimpleListFilter):
    """The meetings and such that the newest mails are about; an older one is reached by its own link."""

    title = _("about")
    parameter_name = "about"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin) -> list[tuple[str, str]]:
        abouts = recent_abouts()
        chosen = request.GET.get(self.parameter_name)
        if chosen and chosen not in abouts:
            abouts.insert(0, chosen)
        return list(name_abouts(abouts).items())

    def queryset(self, request: HttpRequest, queryset: QuerySet[Mail]) -> QuerySet[Mail]:
        return queryset.filter(about=self.value()) if self.value() else queryset


class LateFilter(admin.SimpleListFilter):
    title = _("late")
    parameter_name = "late"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin) -> list[tuple[str, str]]:
        return [("1", _("Should have left a quarter of an hour ago"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Mail]) -> QuerySet[Mail]:
        if self.value() != "1":
            return queryset
        return queryset.filter(status__in=Mail.UNSENT, next_attempt_at__lt=timezone.now() - LATE)


@admin.register(Mail)
class MailAdmin(admin.ModelAdmin):
    """The mail traffic, to look at; its two actions call the verbs."""

    list_display = ["kind", "to", "subject", "status", "created_at", "attempts", "next_attempt_at", "error"]
    list_filter = ["status", LateFilter, AboutFilter, "kind", "created_at"]
    search_fields = ["to", "key"]
    ordering = ["-created_at", "-pk"]
    list_per_page = 50
    show_full_result_count = False
    actions = ["try_again", "stop"]
    # Not the params: those of an account mail can hold a code until it has left.
    fields = [
        "key", "kind", "to", "about", "is_bulk", "subject", "status", "attempts", "next_attempt_at", "error", "bounce",
        "created_at", "finished_at", "message_id",
    ]  # fmt: skip

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.show_traffic)
        return [path("verkeer/", view, name="outbox_mail_traffic"), *super().get_urls()]

    def show_traffic(self, request: HttpRequest) -> HttpResponse:
        """Show how many mails are in which state, of all or of one meeting; each number leads to those mails."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        about = request.GET.get("about", "")
        abouts = recent_abouts()
        if about and about not in abouts:
            abouts.insert(0, about)
        numbers = traffic(about)
        chosen = {"about": about} if about else {}
        changelist = reverse("admin:outbox_mail_changelist")
        states = [
            (status.label, count, f"{changelist}?{urlencode({'status__exact': status.value} | chosen)}")
            for status, count in numbers.states.items()
        ]
        late = (_("Late"), numbers.late, f"{changelist}?{urlencode({'late': 1} | chosen)}")
        context = self.admin_site.each_context(request) | {
            "title": _("Mail traffic"),
            "opts": self.opts,
            "about": about,
            "abouts": name_abouts(abouts),
            "numbers": numbers,
            "states": [*states, late],
            "on_hold": AddressHold.objects.count(),
        }
        return TemplateResponse(request, "admin/outbox/mail/traffic.html", context)

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


class HoldForm(forms.ModelForm):
    class Meta:
        model = AddressHold
        fields = ["email", "detail"]

    def clean_email(self) -> str:
        return self.cleaned_data["email"].strip().lower()


@admin.register(AddressHold)
class AddressHoldAdmin(admin.ModelAdmin):
    """Addresses that take no mail, why, and what to do about it."""

    form = HoldForm
    list_display = ["email", "reason", "detail", "since"]
    list_filter = ["reason", "since"]
    search_fields = ["email"]
    list_per_page = 50
    show_full_result_count = False
    actions = ["lift"]

    def get_fields(self, request: HttpRequest, obj: AddressHold | None = None) -> list[str]:
        return ["email", "reason", "detail", "since", "next_steps"] if obj else ["email", "detail"]

    @admin.display(description=_("What to do"))
    def next_steps(self, hold: AddressHold) -> str:
        return NEXT_STEPS.get(hold.reason, "")

    def has_module_permission(self, request: HttpRequest) -> bool:
        return request.user.is_superuser

    def has_view_permission(self, request: HttpRequest, obj: AddressHold | None = None) -> bool:
        return request.user.is_superuser

    def has_add_permission(self, request: HttpRequest) -> bool:
        return request.user.is_superuser

    def has_change_permission(self, request: HttpRequest, obj: AddressHold | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: AddressHold | None = None) -> bool:
        return False

    def get_readonly_fields(self, request: HttpRequest, obj: AddressHold | None = None) -> list[str]:
        return ["next_steps"] if obj else []

    def save_model(self, request: HttpRequest, obj: AddressHold, form: HoldForm, change: bool) -> None:
        holds.hold(email=obj.email, detail=obj.detail)
        obj.pk = AddressHold.objects.get(email=obj.email).pk

    @admin.action(description=_("Lift the hold and send what waits"), permissions=["view"])
    def lift(self, request: HttpRequest, chosen: QuerySet[AddressHold]) -> None:
        on_hold = list(chosen)
        LogEntry.objects.log_actions(request.user.pk, on_hold, DELETION, "outbox: lift")
        count = sum(holds.lift(email=hold.email) for hold in on_hold)
        text = ngettext("%(count)s mail is queued again.", "%(count)s mails are queued again.", count)
        self.message_user(request, text % {"count": count}, messages.SUCCESS)
