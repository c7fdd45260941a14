"""The page about our relation with one organisation, and what one does there. Its data is the change page's."""

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import prefetch_related_objects
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from members import operations, relations
from members.admin.contact import QuickContactForm
from members.models import ContactMoment, Organisation
from noord.domain import DomainError

PAGE = 25  # moments
PEOPLE = 30  # shown; the others are one click away
OFFERED = 200  # to choose from; a longer list is of no use to anybody


class RelationPages(admin.ModelAdmin):
    """Mixin for the admin of organisations."""

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        return [
            path("<int:pk>/relatie/", view(self.show_relation), name="members_organisation_relation"),
            path("<int:pk>/contact/", view(self.record_contact), name="members_organisation_contact"),
            *super().get_urls(),
        ]

    def show_relation(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Show who works there, what there is to know, and everything that happened, the newest first."""
        organisation = self.get_object(request, str(pk))
        if not self.has_view_permission(request, organisation):
            raise PermissionDenied
        form = QuickContactForm(organisation=organisation, initial={"happened_on": timezone.localdate()})
        return self._relation_page(request, organisation, form)

    def record_contact(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Write a contact down; what cannot be right is said above the field, and nothing typed is lost."""
        organisation = self.get_object(request, str(pk))
        if not request.user.has_perm("members.add_contactmoment"):
            raise PermissionDenied
        here = reverse("admin:members_organisation_relation", args=[pk])
        if request.method != "POST":
            return redirect(f"{here}#contact")
        form = QuickContactForm(request.POST, organisation=organisation)
        if form.is_valid():
            try:
                moment = operations.record_contact(organisation=organisation, by=request.user, **form.cleaned_data)
            except DomainError as error:
                form.add_error(None, str(error))
            else:
                self.admin_site.get_model_admin(ContactMoment).log_addition(request, moment, [{"added": {}}])
                self.message_user(request, _("The contact moment is recorded."), messages.SUCCESS)
                return redirect(f"{here}#tijdlijn")
        return self._relation_page(request, organisation, form)

    def _relation_page(self, request: HttpRequest, organisation: Organisation, form: QuickContactForm) -> HttpResponse:
        page = _page_number(request)
        prefetch_related_objects([organisation], "memberships")  # which the timeline tells of too
        memberships = list(organisation.memberships.all())
        present = organisation.positions.active_on()
        first = present.select_related("person", "role").order_by("-is_main_contact", "person__name", "pk")
        positions = list(first[: OFFERED + 1])  # the first few are shown, more are offered to choose from
        vacated = organisation.positions.vacated().select_related("person", "role")
        form.offer([position.person for position in positions[:OFFERED]])
        is_member = any(membership.is_active_on() for membership in memberships)
        moments, has_older = relations.timeline(organisation, request.user, page=page, size=PAGE)
        if page > 1 and not moments:
            raise Http404
        may_see_contact = request.user.has_perm("members.view_contactmoment")
        context = self.admin_site.each_context(request) | {
            "title": organisation.name,
            "opts": self.opts,
            "organisation": organisation,
            "memberships": memberships,
            "is_member": is_member,
            "positions": positions[:PEOPLE],
            "more_positions": (present.count() if len(positions) > OFFERED else len(positions)) - PEOPLE,
            "has_more_people": len(positions) > OFFERED,
            "has_no_main_contact": not (positions and positions[0].is_main_contact),
            "vacancies": list(vacated.order_by("role__name")),
            "facts": relations.facts(organisation, request.user),
            "steps": list(organisation.contact_moments.open_steps().select_related("by")) if may_see_contact else [],
            "form": form,
            "may_record": request.user.has_perm("members.add_contactmoment"),
            "may_finish": request.user.has_perm("members.change_contactmoment"),
            "may_add_position": request.user.has_perm("members.add_position"),
            "may_change": self.has_change_permission(request, organisation),
            "moments": moments,
            "newer": page - 1,
            "older": page + 1 if has_older else 0,
            "stages": Organisation.Stage.choices,
        }
        return TemplateResponse(request, "admin/members/organisation/relation.html", context)


def _page_number(request: HttpRequest) -> int:
    number = request.GET.get("blad", "1")
    if not number.isdecimal() or not 1 <= int(number) <= 1000:
        raise Http404
    return int(number)
