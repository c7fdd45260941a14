"""The contact log: what was said, and who does what next."""

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import redirect
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.http import url_has_allowed_host_and_scheme, urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from members import operations, rules
from members.models import ContactMoment, Organisation, Person
from noord.administration.scoped import ScopedAdmin


def back(request: HttpRequest, otherwise: str) -> HttpResponse:
    """Return to the page that asked for it with ?next=, or else to this one."""
    wanted = request.GET.get("next", "")
    is_ours = url_has_allowed_host_and_scheme(wanted, {request.get_host()}, require_https=request.is_secure())
    return redirect(wanted if is_ours else otherwise)


class ContactForm(forms.ModelForm):
    """What both the list's own page and the quick form on the page of an organisation ask."""

    class Meta:
        model = ContactMoment
        fields = ["organisation", "person", "kind", "happened_on", "note", "next_step", "next_on"]

    def clean(self) -> dict:
        cleaned = super().clean()
        if "happened_on" in cleaned and "next_on" in cleaned:
            moment = ContactMoment(
                organisation=cleaned.get("organisation") or getattr(self.instance, "organisation", None),
                **{name: cleaned.get(name) for name in ("person", "happened_on", "next_step", "next_on")},
            )
            for name, fault in rules.faults_of(moment).items():
                self.add_error(name, fault)
        return cleaned


class QuickContactForm(ContactForm):
    """A contact with one organisation, with its own people to choose from."""

    class Meta(ContactForm.Meta):
        fields = ["kind", "happened_on", "person", "note", "next_step", "next_on"]
        widgets = {
            "note": forms.Textarea(attrs={"rows": 3}),
            "happened_on": forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
            "next_on": forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
        }

    def __init__(self, *args, organisation: Organisation, **kwargs) -> None:
        super().__init__(*args, instance=ContactMoment(organisation=organisation), **kwargs)
        people = Person.objects.filter(positions__in=organisation.positions.active_on())
        self.fields["person"].queryset = people.distinct()

    def offer(self, people: list[Person]) -> None:
        """Show these people, who are loaded already, to choose from."""
        chosen = {person.pk: str(person) for person in sorted(people, key=str)}
        self.fields["person"].widget.choices = [("", _("Nobody in particular")), *chosen.items()]


class StepFilter(admin.SimpleListFilter):
    title = gettext_lazy("next step")
    parameter_name = "stap"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin) -> list[tuple[str, str]]:
        return [
            ("mijn", _("Mine, still to take")),
            ("nu", _("Mine, today or late")),
            ("allemaal", _("Everybody's, still to take")),
            ("gedaan", _("Done")),
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        match self.value():
            case "mijn":
                return queryset.open_steps(request.user)
            case "nu":
                return queryset.next_steps_due(timezone.localdate()).filter(by=request.user)
            case "allemaal":
                return queryset.open_steps()
            case "gedaan":
                return queryset.filter(next_done_at__isnull=False)
        return queryset


class MineFilter(admin.SimpleListFilter):
    title = gettext_lazy("recorded by")
    parameter_name = "van"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin) -> list[tuple[str, str]]:
        return [("mij", _("Me"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        return queryset.filter(by=request.user) if self.value() == "mij" else queryset


@admin.register(ContactMoment)
class ContactMomentAdmin(ScopedAdmin):
    form = ContactForm
    list_display = ["relation", "next_step", "next_on", "done", "kind", "happened_on", "person", "by"]
    list_display_links = ["happened_on"]
    list_filter = [StepFilter, MineFilter, "kind", "happened_on"]
    list_select_related = ["organisation", "person", "by"]
    list_per_page = 50
    show_full_result_count = False
    search_fields = ["organisation__name", "organisation__short_name", "person__name", "note", "next_step"]
    readonly_fields = ["by", "created_at", "next_done_at"]
    actions = ["mark_as_done"]

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        return [
            path("volgende-stappen/", view(self.show_my_steps), name="members_contactmoment_steps"),
            path("<int:pk>/gedaan/", view(self.finish), name="members_contactmoment_done"),
            *super().get_urls(),
        ]

    def get_ordering(self, request: HttpRequest) -> list[str]:
        """What is due first comes first where steps are listed."""
        return ["next_on", "pk"] if request.GET.get("stap") in ("mijn", "nu", "allemaal") else ["-happened_on", "-pk"]

    @admin.display(description=gettext_lazy("organisation"), ordering="organisation__name")
    def relation(self, moment: ContactMoment) -> str:
        url = reverse("admin:members_organisation_relation", args=[moment.organisation_id])
        return format_html('<a href="{}">{}</a>', url, moment.organisation)

    @admin.display(description=gettext_lazy("done"))
    def done(self, moment: ContactMoment) -> str:
        """A button within the form of the list, that goes to its own address."""
        if not moment.is_open:
            return _("Yes") if moment.next_done_at else "-"
        here = urlencode({"next": reverse("admin:members_contactmoment_steps")})
        url = reverse("admin:members_contactmoment_done", args=[moment.pk])
        name = _("Done: %(step)s, %(organisation)s") % {"step": moment.next_step, "organisation": moment.organisation}
        return format_html(
            '<button type="submit" class="button" formaction="{}?{}" formnovalidate aria-label="{}">{}</button>',
            url,
            here,
            name,
            _("Done"),
        )

    def show_my_steps(self, request: HttpRequest) -> HttpResponse:
        return redirect(f"{reverse('admin:members_contactmoment_changelist')}?{urlencode({'stap': 'mijn'})}")

    def finish(self, request: HttpRequest, pk: int) -> HttpResponse:
        moment = self.get_object(request, str(pk))
        if not self.has_change_permission(request, moment):
            raise PermissionDenied
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        self._finish(request, moment)
        text = _("Done: %(step)s.") % {"step": moment.next_step}
        self.message_user(request, text, messages.SUCCESS)
        return back(request, reverse("admin:members_contactmoment_steps"))

    def _finish(self, request: HttpRequest, moment: ContactMoment) -> None:
        operations.finish_step(moment=moment)
        self.log_change(request, moment, _("Next step done."))

    @admin.action(description=gettext_lazy("Mark the next steps as done"), permissions=["change"])
    def mark_as_done(self, request: HttpRequest, queryset: QuerySet) -> None:
        moments = [moment for moment in queryset if moment.is_open]
        for moment in moments:
            self._finish(request, moment)
        done = ngettext("%(count)s next step is done.", "%(count)s next steps are done.", len(moments))
        self.message_user(request, done % {"count": len(moments)})

    def get_changeform_initial_data(self, request: HttpRequest) -> dict:
        return {"happened_on": timezone.localdate()} | super().get_changeform_initial_data(request)

    def get_fields(self, request: HttpRequest, obj: ContactMoment | None = None) -> list[str]:
        """Ask who it was only where the organisation, and so its people, is known."""
        fields = [*ContactForm.Meta.fields, *self.readonly_fields]
        return fields if obj else [name for name in fields if name not in ("person", *self.readonly_fields)]

    def get_readonly_fields(self, request: HttpRequest, obj: ContactMoment | None = None) -> list[str]:
        return [*self.readonly_fields, "organisation"] if obj else self.readonly_fields

    def formfield_for_foreignkey(self, db_field, request: HttpRequest, **kwargs):
        if db_field.name == "person":
            pk = request.resolver_match.kwargs.get("object_id")
            kwargs["queryset"] = Person.objects.filter(positions__organisation__contact_moments=pk).distinct()
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def save_model(self, request: HttpRequest, obj: ContactMoment, form: ContactForm, change: bool) -> None:
        """A new one is recorded by who is logged in; a step that is another or is gone, is not done either."""
        if not change:
            obj.by = request.user
        if obj.next_on is None or {"next_step", "next_on"} & set(form.changed_data):
            obj.next_done_at = None
        super().save_model(request, obj, form, change)
