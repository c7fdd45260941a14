"""The forms with which a chair decides about a topic."""

from collections.abc import Sequence
from datetime import datetime

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from events.free_time import first_free, may_begin, why_full
from events.models import Event, SessionBlock
from events.operations.topics import Place
from events.planning_forms import clock_field, moment_of
from noord.dates import day_short, local_day, time_of_day


class PlanForm(forms.Form):
    """Where a topic comes: in which of the `events` (with their blocks loaded), and where in its programme.

    `minutes` is how long it takes.
    """

    place = forms.ChoiceField(
        label=gettext_lazy("Which meeting, and where in its programme?"),
        error_messages={
            "required": gettext_lazy("Choose for which meeting this topic is."),
            "invalid_choice": gettext_lazy("You cannot choose for this meeting now. Choose another one."),
        },
    )
    start = clock_field(
        label=gettext_lazy("What time does it begin?"),
        help_text=gettext_lazy(
            "Such as 14.30. "
            "Leave this empty to let it come after what is in the programme already, before the closing."
        ),
        required=False,
        error_messages={"invalid": gettext_lazy("Write the time like this: 14.30.")},
    )
    room = forms.CharField(label=gettext_lazy("Room"), max_length=80, required=False)
    text = forms.CharField(
        label=gettext_lazy("Text in the programme"),
        help_text=gettext_lazy("Everyone who sees the meeting reads this."),
        max_length=2000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 4}),
    )

    def __init__(self, *args, events: Sequence[Event], minutes: int, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self.minutes = minutes
        self.places: dict[str, tuple[Event, SessionBlock | None]] = {}
        options = [("", _("Choose a meeting"))]
        for event in events:
            # Each option says it all: a closed list shows one line.
            meeting = {"day": day_short(event.start), "meeting": event.title}
            self.places[str(event.pk)] = event, None
            options.append((str(event.pk), _("%(day)s, %(meeting)s: for everyone") % meeting))
            for block in event.blocks.all():
                key = f"{event.pk}-{block.pk}"
                meeting["block"] = " ".join(part for part in (block.title, time_of_day(block.start)) if part)
                options.append((key, _("%(day)s, %(meeting)s: at the same time as %(block)s") % meeting))
                self.places[key] = event, block
        self.fields["place"].choices = options

    def clean(self) -> dict:
        cleaned = super().clean()
        event, block = self.places.get(cleaned.get("place", ""), (None, None))
        clock = cleaned.get("start")
        if event is None or "start" in self.errors:
            return cleaned
        if block:
            if clock:
                self.add_error("start", _("In a block the topic begins when the block does. Leave the time empty."))
        elif clock:
            self.moment = moment_of(local_day(event.start), clock)
            if not (decision := may_begin(event, self.moment, minutes=self.minutes)):
                self.add_error("start", decision.reason)
        elif first_free(event, minutes=self.minutes) is None:
            self.add_error("start", why_full(event, minutes=self.minutes))
        return cleaned

    moment: datetime | None = None

    @property
    def event(self) -> Event:
        return self.places[self.cleaned_data["place"]][0]

    @property
    def chosen(self) -> Place:
        block = self.places[self.cleaned_data["place"]][1]
        return Place(block, self.moment, self.cleaned_data["room"], self.cleaned_data["text"])


class ReasonForm(forms.Form):
    reason = forms.CharField(
        label=gettext_lazy("Why is it not chosen?"),
        help_text=gettext_lazy(
            "Whoever proposed it gets this reason by mail, and it stands on the page of the topic."
        ),
        max_length=500,
        error_messages={"required": gettext_lazy("Say why this topic is not chosen.")},
        widget=forms.Textarea(attrs={"rows": 3}),
    )


class SummaryForm(forms.Form):
    text = forms.CharField(
        label=gettext_lazy("Summary of the input"),
        help_text=gettext_lazy("It comes above the input. Leave it empty to take it away."),
        max_length=4000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 8}),
    )
