from collections.abc import Iterator
from datetime import datetime, time, timedelta

from django import forms
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from consultations.models import AnswerSheet, Consultation, MemberQuestion, OutcomeAction
from consultations.models.questions import HIGHEST, LOWEST
from consultations.operations.answering import Reply
from consultations.operations.planning import Home, Plan
from consultations.operations.running import PlannedAction
from events.models import Event
from knowledge_groups.models import KnowledgeGroup
from members.models import Person
from noord.dates import AMSTERDAM, day_short
from sectors.models import Sector

MOST_OPTIONS, OPTION_LENGTH = 20, 200
MOMENT = "%d-%m-%Y %H:%M"


def home_key(home: Home) -> str:
    """Return a sector, group or meeting as the value of a choice, such as "sector-3"; the network is "network"."""
    return "network" if home is None else f"{home._meta.model_name}-{home.pk}"


def home_label(home: Home) -> str:
    match home:
        case None:
            return _("Everyone who works at a member")
        case Sector():
            return _("The people of the sector %(name)s") % {"name": home}
        case KnowledgeGroup():
            return _("The participants of %(name)s") % {"name": home}
        case Event():
            return _("Who was at %(name)s, %(day)s") % {"name": home, "day": day_short(home.start)}


class ConsultationForm(forms.Form):
    """The set itself; its questions are added on its page."""

    title = forms.CharField(label=gettext_lazy("What is it about?"), max_length=120)
    background = forms.CharField(
        label=gettext_lazy("Background"),
        help_text=gettext_lazy("What must people know before they answer? You may leave this empty."),
        required=False,
        max_length=8000,
        widget=forms.Textarea(attrs={"rows": 6}),
    )
    home = forms.ChoiceField(label=gettext_lazy("Whom do you ask?"))
    voice = forms.ChoiceField(
        label=gettext_lazy("Who answers?"),
        help_text=gettext_lazy(
            "For an organisation its main contact answers, or a colleague named by the main contact."
        ),
        choices=Consultation.Voice,
        widget=forms.RadioSelect,
        initial=Consultation.Voice.PERSON,
    )
    is_anonymous = forms.BooleanField(
        label=gettext_lazy("The answers are anonymous"),
        help_text=gettext_lazy(
            "Then nobody can see who answered what, you neither. You see the answers when the questions are closed, "
            "and only when there are 5 or more."
        ),
        required=False,
    )
    closes_at = forms.DateTimeField(
        label=gettext_lazy("Until when can people answer?"),
        help_text=gettext_lazy("For instance 17-12-2026 17:00."),
        widget=forms.DateTimeInput(format=MOMENT),
        error_messages={"invalid": gettext_lazy("Write the day and the time like this: 17-12-2026 17:00.")},
    )
    group = forms.ModelChoiceField(
        label=gettext_lazy("Does it decide about a proposed knowledge group?"),
        help_text=gettext_lazy("You may leave this empty."),
        queryset=KnowledgeGroup.objects.none(),
        required=False,
        empty_label=gettext_lazy("No"),
    )

    def __init__(
        self, *args, homes: list[Home], consultation: Consultation | None = None, asked_for: str = "", **kwargs
    ):
        self.homes = {home_key(home): home for home in homes}
        if consultation:
            self.homes.setdefault(home_key(consultation.home), consultation.home)
            names = ("title", "background", "voice", "is_anonymous", "closes_at", "group")
            initial = {name: getattr(consultation, name) for name in names} | {"home": home_key(consultation.home)}
        else:
            last = datetime.combine(timezone.localdate() + timedelta(days=14), time(17), AMSTERDAM)
            initial = {"home": asked_for, "closes_at": last}
        super().__init__(*args, initial=initial, **kwargs)
        # What these questions decide about already stays, also when that was decided meanwhile.
        offered = Q(state=KnowledgeGroup.State.PROPOSED) | Q(pk=consultation.group_id if consultation else None)
        self.fields["group"].queryset = KnowledgeGroup.objects.filter(offered)
        self.fields["home"].choices = [(key, home_label(home)) for key, home in self.homes.items()]

    def clean_closes_at(self) -> datetime:
        closes_at = self.cleaned_data["closes_at"]
        if closes_at <= timezone.now():
            raise forms.ValidationError(_("Fill in a moment that is still to come."))
        return closes_at

    @property
    def plan(self) -> Plan:
        cleaned = self.cleaned_data
        return Plan(**cleaned | {"home": self.homes[cleaned["home"]]})


class QuestionForm(forms.Form):
    text = forms.CharField(label=gettext_lazy("Question"), max_length=300)
    kind = forms.ChoiceField(
        label=gettext_lazy("How do people answer?"),
        choices=MemberQuestion.Kind,
        widget=forms.RadioSelect,
        initial=MemberQuestion.Kind.OPEN,
    )
    options = forms.CharField(
        label=gettext_lazy("Answers to choose from, each on its own line"),
        help_text=gettext_lazy("Only for choosing. With a scale: two lines, what 1 means and what 5 means, or none."),
        required=False,
        max_length=MOST_OPTIONS * (OPTION_LENGTH + 2),
        widget=forms.Textarea(attrs={"rows": 4}),
    )
    is_required = forms.BooleanField(label=gettext_lazy("Everyone must answer this question"), required=False)

    def __init__(self, *args, question: MemberQuestion | None = None, **kwargs) -> None:
        if question:
            kwargs["initial"] = {
                "text": question.text,
                "kind": question.kind,
                "is_required": question.is_required,
                "options": "\n".join(option.text for option in question.options.all()),
            }
        super().__init__(*args, **kwargs)

    def clean_options(self) -> list[str]:
        lines = [line.strip() for line in self.cleaned_data["options"].splitlines()]
        options = list(dict.fromkeys(line for line in lines if line))
        if len(options) > MOST_OPTIONS:
            raise forms.ValidationError(_("Give at most %(most)s answers.") % {"most": MOST_OPTIONS})
        if any(len(option) > OPTION_LENGTH for option in options):
            raise forms.ValidationError(_("Make each answer at most %(most)s characters.") % {"most": OPTION_LENGTH})
        return options

    def clean(self):
        cleaned = super().clean()
        kind, options = cleaned.get("kind"), cleaned.get("options")
        if options is None or kind is None:
            return cleaned
        match kind:
            case MemberQuestion.Kind.ONE | MemberQuestion.Kind.SEVERAL if len(options) < 2:
                self.add_error("options", _("Give at least two answers to choose from, each on its own line."))
            case MemberQuestion.Kind.SCALE if len(options) not in (0, 2):
                self.add_error("options", _("Give two lines: what 1 means and what 5 means. Or leave this empty."))
            case MemberQuestion.Kind.OPEN:
                cleaned["options"] = []
        return cleaned


def field_name(question: MemberQuestion) -> str:
    return f"vraag_{question.pk}"


class AnswerForm(forms.Form):
    """The questions on one page. Needs the questions with their options loaded."""

    version = forms.IntegerField(required=False, min_value=0, max_value=2**31 - 1, widget=forms.HiddenInput)

    def __init__(self, *args, questions: list[MemberQuestion], sheet: AnswerSheet | None = None, **kwargs) -> None:
        self.questions = questions
        initial = {"version": sheet.version if sheet else 0}
        if sheet:
            given: dict[int, list] = {}
            for answer in sheet.answers.all():
                given.setdefault(answer.question_id, []).append(answer.text or str(answer.number or answer.option_id))
            for question in questions:
                values = given.get(question.pk, [])
                several = question.kind == MemberQuestion.Kind.SEVERAL
                initial[field_name(question)] = values if several else "".join(values[:1])
        super().__init__(*args, initial=initial, **kwargs)
        for question in questions:
            self.fields[field_name(question)] = self._field_for(question)

    def _field_for(self, question: MemberQuestion) -> forms.Field:
        required = question.is_required
        errors = {
            "required": _("Answer the question: %(question)s") % {"question": question.text},
            "invalid_choice": _("Choose one of the answers to: %(question)s") % {"question": question.text},
        }
        shared = {"label": question.text, "required": required, "error_messages": errors}
        choices = [(str(option.pk), option.text) for option in question.options.all()]
        match question.kind:
            case MemberQuestion.Kind.OPEN:
                return forms.CharField(**shared, max_length=4000, widget=forms.Textarea(attrs={"rows": 4}))
            case MemberQuestion.Kind.SEVERAL:
                return forms.MultipleChoiceField(**shared, choices=choices, widget=forms.CheckboxSelectMultiple)
            case MemberQuestion.Kind.SCALE:
                ends = dict(zip((LOWEST, HIGHEST), (text for _pk, text in choices), strict=False))
                numbers = range(LOWEST, HIGHEST + 1)
                choices = [(str(n), f"{n}: {ends[n]}" if n in ends else str(n)) for n in numbers]
        return forms.ChoiceField(**shared, choices=choices, widget=forms.RadioSelect)

    def rows(self) -> Iterator[dict]:
        """Yield for each question what its fieldset shows: the field, and the choices with whether each is ticked."""
        for number, question in enumerate(self.questions, 1):
            field = self[field_name(question)]
            options = []
            if question.kind != MemberQuestion.Kind.OPEN:
                value = field.value() or []
                chosen = {str(one) for one in (value if isinstance(value, list | tuple) else [value])}
                options = [(key, text, key in chosen) for key, text in self.fields[field.name].choices]
            yield {
                "number": number,
                "question": question,
                "field": field,
                "options": options,
                "type": "checkbox" if question.kind == MemberQuestion.Kind.SEVERAL else "radio",
            }

    def clean(self):
        cleaned = super().clean()
        if not self.errors and not any(self.replies.values()):
            raise forms.ValidationError(_("Answer at least one question."))
        return cleaned

    @property
    def replies(self) -> dict[int, Reply]:
        found = {}
        for question in self.questions:
            value = self.cleaned_data.get(field_name(question))
            match question.kind:
                case MemberQuestion.Kind.OPEN:
                    found[question.pk] = Reply(text=value or "")
                case MemberQuestion.Kind.SCALE:
                    found[question.pk] = Reply(number=int(value) if value else None)
                case MemberQuestion.Kind.SEVERAL:
                    found[question.pk] = Reply(options=tuple(map(int, value or ())))
                case _one:
                    found[question.pk] = Reply(options=(int(value),) if value else ())
        return found


class SubstituteForm(forms.Form):
    person = forms.ModelChoiceField(
        label=gettext_lazy("Colleague"),
        queryset=Person.objects.none(),
        empty_label=gettext_lazy("Nobody: I answer myself"),
        required=False,
    )

    def __init__(self, *args, colleagues, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self.fields["person"].queryset = colleagues


class OutcomeForm(forms.Form):
    read = forms.CharField(required=False, max_length=64, widget=forms.HiddenInput)
    text = forms.CharField(
        label=gettext_lazy("What is the outcome?"),
        help_text=gettext_lazy("What did people answer, and what is decided?"),
        max_length=8000,
        widget=forms.Textarea(attrs={"rows": 8}),
    )


class ActionForm(forms.Form):
    pk = forms.IntegerField(required=False, min_value=1, max_value=2**53, widget=forms.HiddenInput)
    what = forms.CharField(label=gettext_lazy("What will be done?"), required=False, max_length=300)
    owner = forms.CharField(label=gettext_lazy("Who does it?"), required=False, max_length=160)
    due = forms.DateField(
        label=gettext_lazy("Ready on"),
        help_text=gettext_lazy("For instance 17-12-2026."),
        required=False,
        widget=forms.DateInput(format="%d-%m-%Y"),
        error_messages={"invalid": gettext_lazy("Write the day like this: 17-12-2026.")},
    )

    def clean(self):
        cleaned = super().clean()
        given = [cleaned.get(name) for name in ("what", "owner", "due")]
        if any(given) and not all(given) and not self.errors:
            raise forms.ValidationError(_("Fill in what will be done, who does it and when it is ready; or nothing."))
        return cleaned


ActionFormSet = forms.formset_factory(ActionForm, extra=3, max_num=30, absolute_max=33)


def actions_initial(actions: list[OutcomeAction]) -> list[dict]:
    return [{"pk": row.pk, "what": row.what, "owner": row.owner, "due": row.due} for row in actions]


def planned_actions(formset: forms.BaseFormSet) -> list[PlannedAction]:
    """Return what is filled in."""
    rows = [form.cleaned_data for form in formset if form.cleaned_data.get("what")]
    return [PlannedAction(what=row["what"], owner=row["owner"], due=row["due"], pk=row["pk"]) for row in rows]


def emptied_actions(formset: forms.BaseFormSet) -> list[int]:
    """Return the ids of the actions that stood in the form and were emptied there."""
    rows = [form.cleaned_data for form in formset]
    return [row["pk"] for row in rows if row.get("pk") and not row.get("what")]
