import re
from datetime import datetime

from django import forms
from django.core.validators import validate_email
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from events.audience import Reach, Selection
from events.models import Event, Registration
from events.programme import Row
from events.seats import Choice
from knowledge_groups.models import KnowledgeGroup
from members.models import Organisation, Person
from noord.dates import time_of_day
from sectors.models import Sector

NO_SESSION = ""
SESSION_FIELD = re.compile(r"(?P<place>first|second)_(?P<block>[1-9][0-9]{0,17})")
SESSION_ID = re.compile(r"[1-9][0-9]{0,17}")  # fits the database's bigint


class AnswersForm(forms.Form):
    """What the organisers ask with every registration. Every field may stay empty."""

    dietary_wish = forms.CharField(
        label=gettext_lazy("Is there anything you do not eat? (you may leave this empty)"),
        help_text=gettext_lazy("Only the organisers see this. We delete it after the meeting."),
        required=False,
        max_length=200,
    )
    name_visible = forms.BooleanField(
        label=gettext_lazy("Other participants may see my name and organisation"),
        help_text=gettext_lazy("You can change this whenever you want."),
        required=False,
    )


class QuickForm(AnswersForm):
    """A registration as it comes in, read without the programme: the verb checks the sessions under its lock.

    What is wrong here is wrong in RegistrationForm too, which says so beside the field.
    """

    choices: dict[int, Choice]

    def clean(self):
        cleaned = super().clean()
        self.choices = {}
        seconds = set()
        for name, session in self.data.items():
            if not session or not (field := SESSION_FIELD.fullmatch(name)):
                continue
            place, block = field["place"], int(field["block"])
            if not SESSION_ID.fullmatch(session):
                raise forms.ValidationError(_("This session is not part of the programme any more. Choose again."))
            if place == "first":
                second = self.data.get(f"second_{block}", "")
                self.choices[block] = Choice(int(session), int(second) if SESSION_ID.fullmatch(second) else None)
            else:
                seconds.add(block)
        if not seconds <= set(self.choices):
            raise forms.ValidationError(_("Choose a first session too, or no second one."))
        return cleaned


class RegistrationForm(AnswersForm):
    """The questions on the page: a session per block of load_programme(), and what the organisers ask.

    Every field may stay empty, unless the meeting asks for a session.
    """

    def __init__(
        self, *args, event: Event, rows: list[Row], registration: Registration | None = None, **kwargs
    ) -> None:
        self.event = event
        self.rows = [row for row in rows if row.block]
        initial = {}
        if registration:
            initial = {"dietary_wish": registration.dietary_wish, "name_visible": registration.name_visible}
            for choice in registration.choices.all():
                initial[f"first_{choice.block_id}"] = str(choice.first_id)
                initial[f"second_{choice.block_id}"] = str(choice.second_id or "")
        super().__init__(*args, initial=initial, **kwargs)
        for row in self.rows:
            self._add_block(row)

    def _add_block(self, row: Row) -> None:
        sessions = [(str(session.pk), session.title) for session in row.items]
        nothing = [] if self.event.session_required else [(NO_SESSION, _("No session"))]
        round_ = {"time": time_of_day(row.start)}
        self.fields[f"first_{row.block.pk}"] = forms.ChoiceField(
            label=_("Session at %(time)s") % round_,
            choices=[*sessions, *nothing],
            required=self.event.session_required,
            widget=forms.RadioSelect,
            error_messages={
                "required": _("Choose a session at %(time)s.") % round_,
                "invalid_choice": _("This session is not part of the programme any more. Choose again."),
            },
        )
        self.fields[f"second_{row.block.pk}"] = forms.ChoiceField(
            label=_("Second choice, for when your session is full"),
            choices=[(NO_SESSION, _("No second choice")), *sessions],
            required=False,
            error_messages={"invalid_choice": _("This session is not part of the programme any more. Choose again.")},
        )

    def blocks(self):
        """Yield for each block its row, its options with the radio's state, and the field of the second choice."""
        for row in self.rows:
            first = self[f"first_{row.block.pk}"]
            value = str(first.value() or "")
            options = [(session, str(session.pk) == value) for session in row.items]
            yield {
                "row": row,
                "first": first,
                "options": options,
                "nothing_chosen": value == NO_SESSION,
                "second": self[f"second_{row.block.pk}"] if len(row.items) > 1 else None,
            }

    def clean(self):
        cleaned = super().clean()
        for row in self.rows:
            first, second = cleaned.get(f"first_{row.block.pk}"), cleaned.get(f"second_{row.block.pk}")
            if second and second == first:
                self.add_error(f"second_{row.block.pk}", _("Choose another session as your second choice."))
            if second and not first and f"first_{row.block.pk}" not in self.errors:
                self.add_error(f"first_{row.block.pk}", _("Choose a first session too, or no second one."))
        return cleaned

    @property
    def choices(self) -> dict[int, Choice]:
        """The chosen sessions by block, for the verbs."""
        chosen = {}
        for row in self.rows:
            first = self.cleaned_data.get(f"first_{row.block.pk}")
            second = self.cleaned_data.get(f"second_{row.block.pk}")
            if first:
                chosen[row.block.pk] = Choice(int(first), int(second) if second else None)
        return chosen


class ColleagueForm(forms.Form):
    email = forms.EmailField(
        label=gettext_lazy("Work e-mail address of your colleague"),
        widget=forms.EmailInput(attrs={"autocomplete": "off"}),
        max_length=254,
    )
    name = forms.CharField(
        label=gettext_lazy("Name of your colleague"),
        help_text=gettext_lazy("First name and last name, as your colleague writes it."),
        max_length=120,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )


class ParticipantForm(forms.Form):
    """A manager adds somebody who is known by the e-mail address."""

    email = forms.EmailField(
        label=gettext_lazy("E-mail address"),
        help_text=gettext_lazy("Of somebody who has an account or is known to the network."),
        widget=forms.EmailInput(attrs={"autocomplete": "off"}),
        max_length=254,
    )

    def clean_email(self) -> str:
        email = self.cleaned_data["email"]
        self.person = Person.objects.filter(email=Person.normalise_email(email), is_active=True).first()
        if self.person is None:
            raise forms.ValidationError(
                _("We know nobody with this address. Check it, or ask them to make an account.")
            )
        return email


class RowsField(forms.ModelMultipleChoiceField):
    """Rows by their ids; a database fails on a number that it has no place for, instead of not finding it."""

    def clean(self, value: list[str] | None):
        for pk in value or ():
            if not re.fullmatch(r"[0-9]{1,18}", str(pk)):
                raise forms.ValidationError(
                    self.error_messages["invalid_pk_value"], code="invalid_pk_value", params={"pk": str(pk)[:20]}
                )
        return super().clean(value)


class InvitationForm(forms.Form):
    """Whom to invite to a meeting, within the reach of who fills it in."""

    sectors = RowsField(
        label=gettext_lazy("Everyone of these sectors"),
        queryset=Sector.objects.none(),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    groups = RowsField(
        label=gettext_lazy("Everyone of these knowledge groups"),
        queryset=KnowledgeGroup.objects.none(),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    organisations = RowsField(
        label=gettext_lazy("Everyone of these organisations"),
        queryset=Organisation.objects.none(),
        required=False,
        help_text=gettext_lazy("Hold Ctrl to choose several."),
    )
    emails = forms.CharField(
        label=gettext_lazy("These people"),
        help_text=gettext_lazy("E-mail addresses, each on its own line or with a comma between them."),
        required=False,
        max_length=20_000,
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    everyone = forms.BooleanField(label=gettext_lazy("Everyone in the network"), required=False)
    word = forms.CharField(
        label=gettext_lazy("A personal word"),
        help_text=gettext_lazy("Comes above the facts. You may leave this empty."),
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 4}),
    )
    send_at = forms.DateTimeField(
        label=gettext_lazy("When do the invitations leave?"),
        help_text=gettext_lazy("Leave this empty to send them now. Or for instance 17-12-2026 9:00."),
        required=False,
        error_messages={"invalid": gettext_lazy("Write the day and the time like this: 17-12-2026 9:00.")},
    )

    def __init__(self, *args, event: Event, reach: Reach, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self.event = event
        self.fields["sectors"].queryset = reach.sectors
        self.fields["sectors"].initial = [sector.pk for sector in event.sectors.all()]
        if reach.whole_network:
            self.fields["groups"].queryset = reach.groups
            self.fields["groups"].initial = [group.pk for group in event.groups.all()]
            self.fields["organisations"].queryset = reach.organisations
        else:
            for name in ("groups", "organisations", "emails", "everyone"):
                del self.fields[name]

    def clean_emails(self) -> list[str]:
        emails = [email for email in re.split(r"[\s,;]+", self.cleaned_data["emails"]) if email]
        for email in emails:
            try:
                validate_email(email)
            except forms.ValidationError:
                text = _("%(email)s is not an e-mail address. Correct it or take it out.")
                raise forms.ValidationError(text % {"email": email[:80]}) from None
        return emails

    def clean_send_at(self) -> datetime | None:
        send_at = self.cleaned_data["send_at"]
        if send_at and send_at < timezone.now():
            raise forms.ValidationError(_("Fill in a moment that is still to come, or leave this empty."))
        if send_at and send_at >= self.event.closes_at:
            raise forms.ValidationError(_("Registration is closed by then. Choose an earlier moment."))
        return send_at

    def clean(self):
        cleaned = super().clean()
        if not self.errors and not any(
            cleaned.get(name) for name in ("sectors", "groups", "organisations", "emails", "everyone")
        ):
            raise forms.ValidationError(_("Choose whom you want to invite."))
        return cleaned

    @property
    def selection(self) -> Selection:
        cleaned = self.cleaned_data
        return Selection(
            sectors=tuple(sector.pk for sector in cleaned.get("sectors") or ()),
            groups=tuple(group.pk for group in cleaned.get("groups") or ()),
            organisations=tuple(organisation.pk for organisation in cleaned.get("organisations") or ()),
            emails=tuple(cleaned.get("emails") or ()),
            everyone=bool(cleaned.get("everyone")),
        )
