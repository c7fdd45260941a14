"""What the organisers fill in when they do something by hand with a registration. It works without JavaScript."""

from django import forms
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from events.models import Event, ProgrammeItem, Registration
from members.models import Person
from noord.dates import day_short, time_of_day

MEETINGS = 100  # to choose from: those that come first, and the one that the list was of
NAMES = 8  # named when more people fit than one


class MeetingField(forms.ModelChoiceField):
    def label_from_instance(self, obj: Event) -> str:
        return f"{obj.title}, {day_short(obj.start)}"


class ReasonForm(forms.Form):
    reason = forms.CharField(
        label=gettext_lazy("Reason"),
        help_text=gettext_lazy("One sentence. It stays with the registration; the person does not see it."),
        max_length=250,
        widget=forms.TextInput(attrs={"class": "vTextField", "autocomplete": "off"}),
    )


class AddForm(ReasonForm):
    """Somebody who is known, for one of the meetings that this person manages."""

    event = MeetingField(Event.objects.none(), label=gettext_lazy("Meeting"))
    person = forms.CharField(
        label=gettext_lazy("Who?"),
        max_length=254,
        widget=forms.TextInput(attrs={"class": "vTextField", "autocomplete": "off"}),
    )
    field_order = ["event", "person", "reason"]

    def __init__(self, *args, events: QuerySet[Event], chosen: Event | None, by_name: bool, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self.by_name = by_name
        near = events.filter(end__gt=timezone.now()).order_by("start", "pk").values_list("pk", flat=True)[:MEETINGS]
        self.fields["event"].queryset = events.filter(pk__in=[*near, *([chosen.pk] if chosen else [])]).order_by(
            "start"
        )
        self.fields["event"].initial = chosen
        self.fields["person"].help_text = (
            _("An e-mail address, or a part of the name.") if by_name else _("An e-mail address.")
        )
        self.fields["reason"].required = False
        self.fields["reason"].label = _("Reason to give a seat although the meeting is full")
        self.fields["reason"].help_text = _(
            "Leave this empty to put the person on the waiting list of a full meeting."
        )

    def clean_person(self) -> Person:
        """Return the one person who is meant; who fits as well is named, so that the next try succeeds."""
        wanted = self.cleaned_data["person"]
        known = Person.objects.filter(is_active=True)
        if "@" in wanted or not self.by_name:
            found = list(known.filter(email=Person.normalise_email(wanted))[:1])
        else:
            found = list(known.filter(name__icontains=wanted).order_by("name", "pk")[: NAMES + 1])
        if len(found) == 1:
            return found[0]
        if not found:
            raise forms.ValidationError(_("We know nobody like that. Check it, or add the person first."))
        named = ", ".join(f"{person.name} ({person.email or _('no e-mail address')})" for person in found[:NAMES])
        text = _("More people fit: %(names)s. Fill in more of the name, or the e-mail address.")
        raise forms.ValidationError(text % {"names": named})


class MoveForm(ReasonForm):
    """A session in each round; `sessions` must be loaded with their seats and their block."""

    def __init__(self, *args, registration: Registration, sessions: list[ProgrammeItem], **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self.fields["reason"].required = False
        self.fields["reason"].label = _("Reason to put one more person in a session that is full")
        current = {choice.block_id: choice.seat_id or choice.first_id for choice in registration.choices.all()}
        rounds: dict[int, list[ProgrammeItem]] = {}
        for session in sessions:
            rounds.setdefault(session.block_id, []).append(session)
        for block, offered in rounds.items():
            self.fields[f"block_{block}"] = forms.TypedChoiceField(
                label=_("Session at %(time)s") % {"time": time_of_day(offered[0].block.start)},
                choices=[("", _("No change")), *((session.pk, _with_seats(session)) for session in offered)],
                coerce=int,
                empty_value=None,
                initial=current.get(block, ""),
                required=False,
            )
        self.order_fields([*(f"block_{block}" for block in rounds), "reason"])

    @property
    def sessions(self) -> dict[int, int]:
        """The session (id) by the id of its block, where one is chosen."""
        return {
            int(name.removeprefix("block_")): session
            for name, session in self.cleaned_data.items()
            if name.startswith("block_") and session
        }


def _with_seats(session: ProgrammeItem) -> str:
    numbers = {"title": session.title, "taken": session.seats_taken, "all": session.capacity}
    if session.capacity is None:
        return _("%(title)s (%(taken)s taken)") % numbers
    return _("%(title)s (%(taken)s of %(all)s taken)") % numbers
