"""The forms with which a meeting, its programme and a year are planned."""

from datetime import date, datetime, time, timedelta
from uuid import uuid4

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.forms.utils import from_current_timezone
from django.utils import timezone
from django.utils.dates import WEEKDAYS
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from events.cycle import PREPARE_DAYS
from events.models import Event, ProgrammeItem, SessionBlock, Speaker
from events.planning_days import shifted
from events.speakers import as_text, parse
from members.models import Person
from noord.administration.loaded import LoadedSelectMultiple, show_loaded
from noord.dates import day_long, local, local_day
from sectors.models import FocalPoint

CLOCKS = ["%H.%M", "%H:%M", "%H:%M:%S"]
YEARS_AHEAD = 5


class DayInput(forms.DateInput):
    """A day by the browser's own calendar: it works without our JavaScript, and on a phone."""

    input_type = "date"

    def __init__(self, attrs: dict | None = None) -> None:
        super().__init__(attrs, format="%Y-%m-%d")


class ClockInput(forms.TimeInput):
    """A time as it is written here, 13.30, whatever language the browser speaks."""

    def __init__(self, attrs: dict | None = None) -> None:
        super().__init__({"class": "plan-clock", "inputmode": "decimal"} | (attrs or {}), format="%H.%M")


def refuse_far_away(day: date) -> None:
    """Raise ValidationError for a day that nobody plans: a slip of the finger, and no clock goes that far."""
    if abs(day.year - timezone.localdate().year) > 10 * YEARS_AHEAD:
        raise forms.ValidationError(_("Fill in a day in the coming years."))


def day_field(**options) -> forms.DateField:
    return forms.DateField(widget=DayInput, validators=[refuse_far_away], **options)


def clock_field(**options) -> forms.TimeField:
    return forms.TimeField(widget=ClockInput, input_formats=CLOCKS, **options)


def moment_of(day: date, clock: time | None) -> datetime | None:
    """Return the moment on the clock in Amsterdam. Raises ValidationError for an hour that the clock skips."""
    return clock and from_current_timezone(datetime.combine(day, clock))


class LinesField(forms.CharField):
    """Text of several lines. A browser sends other ends of lines than were stored: that alone is no change."""

    widget = forms.Textarea

    def __init__(self, **options) -> None:
        super().__init__(required=False, **options)
        self.widget.attrs |= {"rows": 3, "class": "vLargeTextField"}

    def has_changed(self, initial: str | None, data: str | None) -> bool:
        return (initial or "").strip().splitlines() != (data or "").strip().splitlines()


class FocalPointsField(forms.ModelMultipleChoiceField):
    """Focal points by title, sector and year: another sector may have one with the same title."""

    def label_from_instance(self, point: FocalPoint) -> str:
        return f"{point.title} ({point.sector}, {point.year})"


class EventForm(forms.ModelForm):
    """The meeting itself, with the fields that EventAdmin names.

    `stale` are sentences about what somebody else changed since the page was opened.
    """

    stale: tuple[str, ...] = ()
    # The sectors and groups of which the editor needs one as a host; None for who sees every meeting.
    own_hosts: tuple[QuerySet, QuerySet] | None = None
    shift = forms.BooleanField(
        label=capfirst(_("move the times of the programme along with the start")),
        required=False,
        help_text=_("The programme always moves along to another day."),
    )

    prepare_on = day_field(
        label=capfirst(_("topics known by")),
        required=False,
        help_text=_("Empty means: one calendar month before the meeting. It moves along with the meeting."),
    )

    def __init__(self, *args, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        show_loaded(self)
        if self.instance.prepare_days is not None:
            self.initial["prepare_on"] = self.instance.prepare_by
        # The lines of the programme are read later, when the meeting has its new start already.
        self.instance.moved_from = local(self.instance.start) if self.instance.pk else None
        self.instance.shift_by = timedelta()

    def clean(self) -> dict:
        for sentence in self.stale:
            self.add_error(None, sentence)
        data = super().clean()
        if self.own_hosts and {"sectors", "groups"} <= data.keys() and not self._has_own_host(data):
            self.add_error("sectors", _("Choose a sector or a group of your own. Without it you lose this meeting."))
        if "prepare_on" in self.changed_data and data.get("start"):
            self._keep_prepare_days(data.get("prepare_on"), local_day(data["start"]))
        if data.get("shift") and data.get("start") and self.instance.pk:
            before, after = (timedelta(hours=at.hour, minutes=at.minute) for at in self._starts(data["start"]))
            self.instance.shift_by = after - before
        return data

    def _keep_prepare_days(self, prepare_on: date | None, day: date) -> None:
        """Keep how long before the meeting it is, so that it moves along with the meeting."""
        days = (day - prepare_on).days if prepare_on else None
        if days is not None and not PREPARE_DAYS[0] <= days <= PREPARE_DAYS[1]:
            text = _("Choose a day from %(first)s up to and including %(last)s.")
            first, last = (day - timedelta(days=number) for number in reversed(PREPARE_DAYS))
            self.add_error("prepare_on", text % {"first": day_long(first), "last": day_long(last)})
        else:
            self.instance.prepare_days = days

    def _has_own_host(self, data: dict) -> bool:
        sectors, groups = self.own_hosts
        return bool(set(data["sectors"]) & set(sectors) or set(data["groups"]) & set(groups))

    def _starts(self, start: datetime) -> tuple[datetime, datetime]:
        return self.instance.moved_from, local(start)


class LineForm(forms.ModelForm):
    """A line of the programme, with times on the clock of the meeting's day.

    When the meeting has moved to another day since it was stored, the line moves with it.
    """

    day = day_field(label=capfirst(_("day")), required=False, help_text=_("Empty: the first day of the meeting."))
    start = clock_field(label=capfirst(_("start")))
    end = clock_field(label=capfirst(_("end")))

    def __init__(self, *args, meeting: Event, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self.meeting = meeting
        self.was = {name: getattr(self.instance, name) for name in ("start", "end")}
        self.initial |= {name: local(moment).time() for name, moment in self.was.items() if moment}
        begins, moved_from = self.was["start"], getattr(meeting, "moved_from", None)
        self.must_move = bool(
            begins
            and moved_from
            and (meeting.shift_by or (meeting.start and local_day(meeting.start) != local_day(moved_from)))
        )
        if begins and moved_from and local_day(begins) != local_day(moved_from):
            self.initial["day"] = local_day(begins)

    def has_changed(self) -> bool:
        return super().has_changed() or self.must_move

    def clean(self) -> dict:
        data = super().clean()
        if not self.meeting.start:
            # The meeting says what is wrong with its start; a clock alone is no moment.
            return data | {name: self.was[name] for name in ("start", "end")}
        day = data.get("day") or local_day(self.meeting.start)
        changed = {"day", "start", "end"} & set(self.changed_data)
        for name in ("start", "end"):
            if self.instance.pk and not changed and not self.must_move:
                data[name] = self.was[name]
            elif isinstance(clock := data.get(name), time):
                try:
                    data[name] = self._moment(name, day, clock)
                except forms.ValidationError as error:
                    self.add_error(name, error)
        return data

    def _moment(self, name: str, day: date, clock: time) -> datetime:
        before, after = self.was["start"], self.was["end"]
        if name == "end" and before and after:
            day += local_day(after) - local_day(before)  # what lasted till another day still does
        moment = moment_of(day, clock)
        return moment if name in self.changed_data else shifted(moment, self.meeting.shift_by)


class BlockForm(LineForm):
    class Meta:
        model = SessionBlock
        fields = ["title", "start", "end"]


class ItemForm(LineForm):
    start = clock_field(label=capfirst(_("start")), required=False, help_text=_("Empty in a block: as the block."))
    end = clock_field(label=capfirst(_("end")), required=False)
    text = LinesField(label=capfirst(_("text")))
    speakers = LinesField(
        label=capfirst(_("speakers")), max_length=4000, help_text=_("One on a line: Name (role, organisation).")
    )

    class Meta:
        model = ProgrammeItem
        fields = ["kind", "title", "start", "end", "block", "room", "capacity", "position", "text"]

    people = forms.ModelMultipleChoiceField(
        Person.objects.all(),
        label=capfirst(_("speakers whom we know")),
        required=False,
        widget=LoadedSelectMultiple(Speaker._meta.get_field("person"), admin.site),
        help_text=_("Search by name. We add a line for who is not among the speakers yet, and warn who speaks twice."),
    )

    def __init__(self, *args, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self.known = list(self.instance.speakers.all()) if self.instance.pk else []
        people = {speaker.person_id: speaker.person for speaker in self.known if speaker.person_id}
        self.initial |= {"speakers": as_text(self.known), "people": list(people)}
        self.fields["people"].widget.loaded = people.values()

    def clean_speakers(self) -> list:
        return parse(self.cleaned_data["speakers"], self.known)

    @property
    def tied(self) -> list[Person]:
        """The people who were chosen on this page as a speaker."""
        return [person for person in self.cleaned_data["people"] if person.pk not in self.initial["people"]]

    @property
    def untied(self) -> set[int]:
        """The ids of the people who were taken away on this page."""
        return set(self.initial["people"]) - {person.pk for person in self.cleaned_data["people"]}


class YearForm(forms.Form):
    """What the meetings of a year have in common."""

    sector = forms.ModelChoiceField(queryset=None, label=capfirst(_("sector")), empty_label=None)
    year = forms.TypedChoiceField(label=capfirst(_("year")), coerce=int)
    number = forms.IntegerField(
        label=capfirst(_("number of meetings")),
        required=False,
        min_value=1,
        max_value=52,
        help_text=_("Empty means: what the plan of the sector for that year still misses."),
    )
    weekday = forms.TypedChoiceField(
        label=capfirst(_("day of the week")), coerce=int, choices=list(WEEKDAYS.items()), initial=3
    )
    start = clock_field(label=capfirst(_("start")), initial=time(13, 30))
    minutes = forms.TypedChoiceField(
        label=capfirst(_("duration")),
        coerce=int,
        initial=150,
        choices=[(n * 30, _("%(hours)s hours") % {"hours": f"{n / 2:g}".replace(".", ",")}) for n in range(2, 17)],
    )

    def __init__(self, *args, sectors, today: date, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self.fields["sector"].queryset = sectors
        self.fields["year"].choices = [(year, year) for year in range(today.year, today.year + YEARS_AHEAD)]
        self.fields["year"].initial = today.year + 1


class DraftForm(forms.Form):
    """One meeting of the plan, to adjust."""

    keep = forms.BooleanField(label=capfirst(_("make this meeting")), required=False, initial=True)
    day = day_field(label=capfirst(_("day")))
    start = clock_field(label=capfirst(_("start")))
    end = clock_field(label=capfirst(_("end")))
    title = forms.CharField(
        label=capfirst(_("title")), max_length=160, widget=forms.TextInput(attrs={"class": "vTextField"})
    )

    def clean(self) -> dict:
        data = super().clean()
        if {"day", "start", "end"} <= data.keys():
            if data["end"] <= data["start"]:
                self.add_error("end", _("The meeting must end after it starts."))
                return data
            for name in ("start", "end"):
                try:
                    data[f"{name}_at"] = moment_of(data["day"], data[name])
                except forms.ValidationError as error:
                    self.add_error(name, error)
        return data


class PageForm(forms.Form):
    """What tells one opening of a page from another, so that pressing twice does a thing once."""

    page = forms.UUIDField(widget=forms.HiddenInput, initial=uuid4)


class CopyForm(PageForm):
    title = forms.CharField(
        label=capfirst(_("title")), max_length=160, widget=forms.TextInput(attrs={"class": "vTextField"})
    )
    day = day_field(label=capfirst(_("day")))


def ends_at(start: time, minutes: int) -> time:
    """Return the time on the clock so many minutes later on the same day, at the latest 23.59."""
    day = datetime(2000, 1, 1)  # noqa: DTZ001 - only its clock counts
    end = datetime.combine(day, start) + timedelta(minutes=minutes)
    return end.time() if end.date() == day.date() else time(23, 59)
