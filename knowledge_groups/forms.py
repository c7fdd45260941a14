from django import forms
from django.utils import timezone
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from knowledge_groups.models import GroupRequest


class GroupForm(forms.ModelForm):
    """The group itself, with the fields that its admin names.

    `stale` are sentences about what somebody else changed since the page was opened.
    """

    stale: tuple[str, ...] = ()

    def clean(self) -> dict | None:
        for sentence in self.stale:
            self.add_error(None, sentence)
        return super().clean()


class AskForm(forms.ModelForm):
    """A sentence for who leads the group. It may stay empty."""

    class Meta:
        model = GroupRequest
        fields = ["text"]
        labels = {"text": _("Why do you want to join? (you may leave this empty)")}
        help_texts = {
            "text": _(
                "Who leads the group reads this, and the administrators can read it too. When nobody leads the group, "
                "it goes to the mailbox of the network."
            )
        }
        widgets = {"text": forms.Textarea(attrs={"rows": 3})}


class DeclineForm(forms.Form):
    reason = forms.CharField(
        label=_("Why not?"),
        max_length=GroupRequest._meta.get_field("reason").max_length,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("Who asked gets a mail with this sentence."),
    )


class DecisionForm(forms.Form):
    """From when a group starts or has ended, and by which decision."""

    on = forms.DateField(
        label=capfirst(_("on which day")),
        initial=timezone.localdate,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )
    decision = forms.CharField(
        label=capfirst(_("decision")),
        widget=forms.Textarea(attrs={"rows": 4, "class": "vLargeTextField"}),
        help_text=_("What was decided, by whom, and where. It stands on the page of the group."),
    )
