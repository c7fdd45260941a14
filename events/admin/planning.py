"""The pages around a meeting: the plan of a year, a copy, and publishing or calling off with a question first."""

from datetime import date

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.forms import formset_factory
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from events.models import Event
from events.operations import meetings
from events.operations import planning as operations
from events.planning import meetings_on
from events.planning_days import WEEK, a_year_later, days_off, propose_days
from events.planning_forms import CopyForm, DraftForm, PageForm, YearForm, ends_at
from noord.administration.rights import reaches_everything
from noord.dates import day_long, local_day, time_range
from noord.domain import DomainError
from sectors.models import Sector, SectorYear
from sectors.rights import managed_sectors

DRAFTS = formset_factory(DraftForm, extra=0, max_num=60, absolute_max=60)


class PlanningPages(admin.ModelAdmin):
    """Mixin for EventAdmin."""

    def get_urls(self) -> list[URLPattern]:
        pages = {
            "jaarplan/": (self.plan_year_view, "plan_year"),
            "<int:object_id>/kopieren/": (self.copy_view, "copy"),
            "<int:object_id>/publiceren/": (self.publish_view, "publish"),
            "<int:object_id>/afgelasten/": (self.call_off_view, "call_off"),
        }
        mine = [
            path(route, self.admin_site.admin_view(view), name=f"events_event_{name}")
            for route, (view, name) in pages.items()
        ]
        return [*mine, *super().get_urls()]

    def next_steps(self, request: HttpRequest, event: Event) -> list[tuple[str, str]]:
        """Return the address and the word of each button on the page of the meeting."""
        steps = []
        if event.status == Event.Status.DRAFT:
            steps.append(("publish", _("Publish")))
        elif event.status == Event.Status.PUBLISHED and not event.is_past():
            steps.append(("call_off", _("Call off")))
        if self.has_add_permission(request):
            steps.append(("copy", _("Copy")))
        return [(reverse(f"admin:events_event_{name}", args=[event.pk]), word) for name, word in steps]

    # The plan of a year

    def plan_year_view(self, request: HttpRequest) -> HttpResponse:
        """Ask what the year looks like, propose days to adjust, and keep them as drafts."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        today = timezone.localdate()
        form = YearForm(request.GET if "sector" in request.GET else None, sectors=_sectors(request), today=today)
        context = {"form": form, "title": _("Make the plan of a year")}
        if form.is_bound and form.is_valid():
            if request.method == "POST":
                drafts, page = DRAFTS(request.POST), PageForm(request.POST)
                if drafts.is_valid() and page.is_valid():
                    return self._store_year(request, form.cleaned_data, drafts, page)
            else:
                drafts, page = DRAFTS(initial=self._proposed(request, form.cleaned_data, today)), PageForm()
            context |= {"drafts": drafts, "page": page, "notes": _notes(drafts, form.cleaned_data["sector"])}
        return self._page(request, "plan_year", context)

    def _proposed(self, request: HttpRequest, wanted: dict, today: date) -> list[dict]:
        sector, year, number = wanted["sector"], wanted["year"], wanted["number"]
        if number is None:
            number = _still_missing(sector, year)
        off = days_off(date(year, 1, 1), date(year, 12, 31))
        own = Event.objects.filter(sectors=sector, start__year=year).exclude(status=Event.Status.CANCELLED)
        taken = {local_day(start) for start in own.values_list("start", flat=True)}
        days = propose_days(year=year, weekday=wanted["weekday"], number=number, off=off.keys() | taken, after=today)
        if not days:
            self.message_user(request, _("There is nothing left to plan for this year."), messages.INFO)
        elif len(days) < number:
            text = _("There are only %(n)s such days left in this year.") % {"n": len(days)}
            self.message_user(request, text, messages.WARNING)
        start, end = wanted["start"], ends_at(wanted["start"], wanted["minutes"])
        title = _("Sector meeting %(sector)s") % {"sector": sector}
        return [{"keep": True, "day": day, "start": start, "end": end, "title": title} for day in days]

    def _store_year(self, request: HttpRequest, wanted: dict, drafts, page: PageForm) -> HttpResponse:
        kept = [
            operations.Draft(number, row["title"], row["start_at"], row["end_at"])
            for number, row in enumerate(drafts.cleaned_data)
            if row["keep"]
        ]
        made = operations.plan_year(sector=wanted["sector"], drafts=kept, page=page.cleaned_data["page"])
        for event in made:
            self.log_addition(request, event, _("Made with the plan of a year."))
        text = ngettext("%(n)s draft is made.", "%(n)s drafts are made.", len(made)) % {"n": len(made)}
        self.message_user(request, text, messages.SUCCESS)
        if double := len(kept) - len(made):
            text = ngettext("%(n)s meeting was there already.", "%(n)s meetings were there already.", double)
            self.message_user(request, text % {"n": double}, messages.INFO)
        for day, name in _off_among([local_day(event.start) for event in made]):
            text = _("%(day)s is a day off: %(name)s.") % {"day": day_long(day), "name": name}
            self.message_user(request, text, messages.WARNING)
        return redirect(
            f"{reverse('admin:events_event_changelist')}?planned={wanted['year']}&status__exact=draft"
            f"&sectors__id__exact={wanted['sector'].pk}"
        )

    # One meeting

    def copy_view(self, request: HttpRequest, object_id: int) -> HttpResponse:
        """Make a new draft with the programme of this meeting, as last year."""
        event = self.get_object(request, str(object_id))
        if not (self.has_add_permission(request) and self.has_view_or_change_permission(request, event)):
            raise PermissionDenied
        form = CopyForm(request.POST or None, initial={"title": event.title, "day": self._day_for_copy(event)})
        if request.method == "POST" and form.is_valid():
            copy = operations.copy_event(event=event, by=request.user, **form.cleaned_data)
            self.log_addition(request, copy, _("Copied from %(event)s.") % {"event": event})
            self.message_user(request, _("This is the copy: a draft, which members do not see yet."), messages.SUCCESS)
            return redirect("admin:events_event_change", copy.pk)
        return self._page(request, "copy", {"event": event, "form": form, "title": _("Copy this meeting")})

    def _day_for_copy(self, event: Event) -> date:
        day, today = local_day(event.start), timezone.localdate()
        target = a_year_later(day, today=today)
        return a_year_later(day, today=today, off=days_off(target - 9 * WEEK, target + 9 * WEEK).keys())

    def publish_view(self, request: HttpRequest, object_id: int) -> HttpResponse:
        event = self._to_change(request, object_id)
        if request.method == "POST":
            self.publish_one(request, event)
            return redirect("admin:events_event_change", event.pk)
        context = {"event": event, "audience": event.get_audience_display(), "title": _("Publish this meeting?")}
        return self._page(request, "publish", context)

    def call_off_view(self, request: HttpRequest, object_id: int) -> HttpResponse:
        event = self._to_change(request, object_id)
        if request.method == "POST":
            self.call_off_one(request, event)
            return redirect("admin:events_event_change", event.pk)
        context = {
            "event": event,
            "people": meetings.who_hears(event=event),
            "title": _("Call off this meeting and tell everyone?"),
        }
        return self._page(request, "call_off_one", context)

    def publish_one(self, request: HttpRequest, event: Event) -> None:
        """Do it and say so, or say why not."""
        try:
            meetings.publish(event=event)
        except DomainError as error:
            self.message_user(request, f"{event}: {error}", messages.ERROR)
        else:
            self.log_change(request, event, _("Published."))
            self.message_user(request, _("%(event)s is published.") % {"event": event}, messages.SUCCESS)

    def call_off_one(self, request: HttpRequest, event: Event) -> None:
        """Do it and say how many people hear of it, or why not."""
        try:
            told = meetings.call_off(event=event)
        except DomainError as error:
            self.message_user(request, f"{event}: {error}", messages.ERROR)
        else:
            self.log_change(request, event, _("Called off."))
            text = ngettext(
                "%(event)s is called off. %(n)s person gets a mail.",
                "%(event)s is called off. %(n)s people get a mail.",
                told,
            )
            self.message_user(request, text % {"event": event, "n": told}, messages.SUCCESS)

    def _to_change(self, request: HttpRequest, object_id: int) -> Event:
        event = self.get_object(request, str(object_id))
        if not self.has_change_permission(request, event):
            raise PermissionDenied
        return event

    def _page(self, request: HttpRequest, name: str, context: dict) -> HttpResponse:
        context = {**self.admin_site.each_context(request), "opts": self.opts, **context}
        return render(request, f"admin/events/event/{name}.html", context)


def _sectors(request: HttpRequest):
    """Return the sectors whose year this person plans."""
    if reaches_everything(request.user, "events.view_event"):
        return Sector.objects.all()
    return managed_sectors(request.user)


def _still_missing(sector: Sector, year: int) -> int:
    """Return how many meetings of the plan for that year are not there yet."""
    plan = SectorYear.objects.filter(sector=sector, year=year).first() or SectorYear(sector=sector, year=year)
    own = Event.objects.filter(sectors=sector, start__year=year).exclude(status=Event.Status.CANCELLED)
    return max(0, plan.planned_meetings - own.count())


def _off_among(days: list[date]) -> list[tuple[date, str]]:
    off = days_off(min(days), max(days)) if days else {}
    return [(day, off[day]) for day in sorted(set(days)) if day in off]


def _notes(drafts, sector: Sector) -> list[tuple[DraftForm, date | None, str]]:
    """Return each form with its day, and in words the meetings of other sectors on that day."""
    days = [_day_of(form) for form in drafts]
    known = [day for day in days if day]
    others: dict[date, list[str]] = {}
    for sectors, start, end in meetings_on(min(known), max(known), besides=[sector.pk]) if known else []:
        others.setdefault(local_day(start), []).append(f"{sectors}, {time_range(start, end)}")
    return [(form, day, "; ".join(others.get(day, []))) for form, day in zip(drafts, days, strict=True)]


def _day_of(form: DraftForm) -> date | None:
    """Return the proposed day, or the one that was typed when that is a day."""
    return getattr(form, "cleaned_data", form.initial).get("day")
