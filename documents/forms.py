from django import forms
from django.utils.translation import gettext_lazy as _

from documents import contents, limits
from documents.models import Document, Owner
from documents.types import SUFFIXES
from events.models import Event
from noord.domain import DomainError
from sectors.models import FocalPoint


class DocumentForm(forms.Form):
    """A document for one owner. After is_valid(), `content` is what may be stored."""

    title = forms.CharField(label=_("Title"), max_length=160, help_text=_("What is it? This is how it is listed."))
    kind = forms.ChoiceField(label=_("Kind"), choices=Document.Kind, widget=forms.RadioSelect)
    session = forms.ModelChoiceField(None, label=_("Belongs to"), required=False, empty_label=_("The whole meeting"))
    is_public = forms.BooleanField(
        label=_("Everyone may see this document"),
        required=False,
        help_text=_("Otherwise only people who work at a member see it."),
    )
    file = forms.FileField(label=_("File"), allow_empty_file=True)

    def __init__(self, *args, owner: Owner, limit: limits.UploadLimit | None = None, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self.limit = limit
        sessions = owner.items.sessions().in_order() if isinstance(owner, Event) else None
        if sessions:
            self.fields["session"].queryset = sessions
        else:
            del self.fields["session"]
        if not isinstance(owner, FocalPoint):
            del self.fields["is_public"]
        self.fields["file"].widget.attrs["accept"] = ",".join(f".{suffix}" for suffix in SUFFIXES)
        self.fields["file"].help_text = _(
            "PDF, Word, Excel or PowerPoint (docx, xlsx, pptx), OpenDocument (odt, ods, odp), PNG or JPG. "
            "At most %(most)s MB."
        ) % {"most": limits.most_bytes() // 1024**2}
        if self.limit and self.limit.is_exceeded:
            self.fields["file"].error_messages["required"] = str(contents.too_large(limits.most_bytes()))

    def clean_file(self) -> contents.Content:
        try:
            return contents.examine(self.cleaned_data["file"], most=limits.most_bytes())
        except DomainError as error:
            raise forms.ValidationError(str(error)) from error

    def clean(self) -> dict:
        cleaned = super().clean()
        if self.errors and "file" in cleaned:
            self.add_error("file", _("Choose the file once more: your browser does not keep it."))
        return cleaned
