"""The forms with which topics are proposed and discussed."""

from collections.abc import Sequence

from django import forms
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from events.models import Event, TopicInput, TopicProposal
from events.operations.topics import Presenter
from knowledge_groups.models import KnowledgeGroup
from members.models import Organisation, Person
from noord.dates import day_long
from sectors.models import FocalPoint, Sector

NO_TITLE = {"required": gettext_lazy("Fill in what you want to talk about.")}
NO_REASON = {"required": gettext_lazy("Say why this matters now.")}
MANY = 8  # more organisations than this are folded up
QUESTIONS = 50  # that an answer can be given to; the newest ones


def focal_points_of(home: Sector | KnowledgeGroup, *, kept: int | None = None):
    """Return the focal points of this year and the next with which the home has to do, and the one kept already."""
    year = timezone.localdate().year
    own = Q(sector=home) | Q(partner_sectors=home) if isinstance(home, Sector) else Q(partner_groups=home)
    found = FocalPoint.objects.filter(own & Q(year__in=(year, year + 1)) | Q(pk=kept))
    return found.order_by("year", "position", "pk").distinct()


class FocalPointField(forms.ModelChoiceField):
    def label_from_instance(self, obj: FocalPoint) -> str:
        return f"{obj.title} ({obj.year})"


class TopicForm(forms.ModelForm):
    """A topic with who presents it. `is_draft` stores what is there, however little.

    `events` are the coming meetings for which the person may propose, None when that can no longer be chosen; `own`
    is where the person works.
    """

    event = forms.ChoiceField(
        label=gettext_lazy("For which meeting?"),
        required=False,
        error_messages={
            "invalid_choice": gettext_lazy(
                "You cannot propose for this meeting now. Choose another one, or the wish list."
            )
        },
    )
    minutes = forms.IntegerField(
        label=gettext_lazy("How many minutes do you need?"), min_value=5, max_value=480, initial=45
    )
    presents = forms.BooleanField(label=gettext_lazy("We want to present this ourselves"), required=False)
    organisations = forms.MultipleChoiceField(
        label=gettext_lazy("Which members present it?"), required=False, widget=forms.CheckboxSelectMultiple
    )

    class Meta:
        model = TopicProposal
        fields = ["title", "reason", "focal_point", "minutes", "seeks_presenter"]
        field_classes = {"focal_point": FocalPointField}
        labels = {
            "title": gettext_lazy("Topic"),
            "reason": gettext_lazy("Why now? What do you want to know from the members?"),
            "focal_point": gettext_lazy("Which focal point does it belong to?"),
            "seeks_presenter": gettext_lazy("We are still looking for somebody who presents"),
        }
        help_texts = {"title": gettext_lazy("Short, in plain words.")}
        error_messages = {"title": NO_TITLE, "reason": NO_REASON}
        widgets = {"reason": forms.Textarea(attrs={"rows": 4})}

    def __init__(
        self,
        *args,
        events: Sequence[Event] | None = None,
        organisations: Sequence[Organisation],
        own: Organisation | None,
        is_draft: bool,
        **kwargs,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.is_draft, self.own = is_draft, own
        chosen = (
            {presenter.organisation for presenter in self.instance.presenters.all()} if self.instance.pk else set()
        )
        self.known = {str(one.pk): one for one in [*organisations, *chosen]}
        self.events = {str(event.pk): event for event in events or ()}
        self._set_presenters(chosen)
        self.fields["focal_point"].queryset = focal_points_of(self.instance.home, kept=self.instance.focal_point_id)
        self.fields["focal_point"].empty_label = _("None of these")
        if events is None:
            del self.fields["event"]
        else:
            self.fields["event"].choices = [
                ("", _("None yet: put it on the wish list")),
                *((pk, f"{event.title}, {day_long(event.start)}") for pk, event in self.events.items()),
            ]
            self.fields["event"].initial = str(self.instance.event_id or "")
        if not is_draft:
            self.fields["reason"].required = True

    def _set_presenters(self, chosen: set[Organisation]) -> None:
        others = {pk: one.name for pk, one in self.known.items() if one != self.own}
        if self.own:
            self.fields["presents"].help_text = self.own.name
            self.fields["presents"].initial = self.own in chosen
        else:
            del self.fields["presents"]
        self.fields["organisations"].choices = sorted(others.items(), key=lambda option: option[1].casefold())
        self.fields["organisations"].initial = [str(one.pk) for one in chosen if one != self.own]
        if not others:
            del self.fields["organisations"]

    @property
    def has_many(self) -> bool:
        return "organisations" in self.fields and len(self.fields["organisations"].choices) > MANY

    @property
    def shows_all(self) -> bool:
        """Are the organisations unfolded: is one of them chosen, or is something wrong with them?"""
        return bool(self["organisations"].value() or self["organisations"].errors)

    def clean_event(self) -> Event | None:
        return self.events.get(self.cleaned_data["event"])

    def clean(self) -> dict:
        cleaned = super().clean()
        nobody = not cleaned.get("presents") and not cleaned.get("organisations")
        if nobody and not self.is_draft:
            cleaned["seeks_presenter"] = True
        return cleaned

    def _post_clean(self) -> None:
        if "event" in self.fields and "event" in self.cleaned_data:
            self.instance.event = self.cleaned_data["event"]
        super()._post_clean()

    @property
    def presenters(self) -> list[Presenter]:
        """Return who presents, for the verbs; a person who was named with an organisation stays named."""
        chosen = [self.known[pk] for pk in self.cleaned_data.get("organisations") or ()]
        if self.cleaned_data.get("presents"):
            chosen.insert(0, self.own)
        named: dict[Organisation, list[Person | None]] = {}
        for presenter in self.instance.presenters.all() if self.instance.pk else ():
            named.setdefault(presenter.organisation, []).append(presenter.person)
        return [(one, person) for one in chosen for person in named.get(one, [None])]


class ShortTopicForm(forms.Form):
    """The beginning of a TopicForm, beside the proposals for a meeting; the long form takes what is filled in here."""

    title = forms.CharField(
        label=gettext_lazy("Topic"), max_length=120, help_text=gettext_lazy("Short, in plain words.")
    )
    reason = forms.CharField(
        label=gettext_lazy("Why now? What do you want to know from the members?"),
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    presents = forms.BooleanField(label=gettext_lazy("We want to present this ourselves"), required=False)
    event = forms.IntegerField(widget=forms.HiddenInput)
    minutes = forms.IntegerField(widget=forms.HiddenInput, initial=45)

    def __init__(self, *args, event: Event, own: Organisation | None, **kwargs) -> None:
        super().__init__(*args, initial={"event": event.pk}, **kwargs)
        if own:
            self.fields["presents"].help_text = own.name
        else:
            del self.fields["presents"]


# As the one who says it says it.
KINDS = [
    (TopicInput.Kind.IDEA, gettext_lazy("An idea")),
    (TopicInput.Kind.QUESTION, gettext_lazy("A question")),
    (TopicInput.Kind.ANSWER, gettext_lazy("An answer to a question")),
    (TopicInput.Kind.PRESENT, gettext_lazy("I want to present something")),
    (TopicInput.Kind.CASE, gettext_lazy("I bring a case of our own")),
]


class InputForm(forms.Form):
    """What a member says about a proposal; an answer may belong to one of the `questions`."""

    kind = forms.ChoiceField(
        label=gettext_lazy("What do you give?"),
        choices=KINDS,
        initial=TopicInput.Kind.IDEA,
        widget=forms.RadioSelect,
    )
    answers = forms.ChoiceField(label=gettext_lazy("Which question do you answer?"), required=False)
    text = forms.CharField(
        label=gettext_lazy("Your text"),
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 4}),
        error_messages={"required": gettext_lazy("Write what you want to say.")},
    )
    shows_name = forms.BooleanField(
        label=gettext_lazy("My name may be shown with it"),
        help_text=gettext_lazy("Without this, we only show the kind of organisation you work for."),
        required=False,
    )

    def __init__(self, *args, questions: Sequence[TopicInput] = (), is_edit: bool = False, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self.questions = {str(question.pk): question for question in questions}
        if is_edit:
            del self.fields["kind"]
        if questions and not is_edit:
            options = ((pk, _shortened(question.text)) for pk, question in self.questions.items())
            self.fields["answers"].choices = [("", _("No question of this list")), *options]
        else:
            del self.fields["answers"]

    def clean(self) -> dict:
        cleaned = super().clean()
        if cleaned.get("answers") and cleaned.get("kind") not in (None, TopicInput.Kind.ANSWER):
            self.add_error("answers", _("Only an answer belongs to a question. Choose Answer above, or no question."))
        return cleaned

    @property
    def question(self) -> TopicInput | None:
        return self.questions.get(self.cleaned_data.get("answers", ""))


def _shortened(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= 80 else f"{line[:79]}…"
