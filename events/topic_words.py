"""Topics in words: their state, who proposed or said something, who presents."""

from django.utils.translation import gettext as _

from events.models import TopicInput, TopicProposal
from events.status import Tag
from events.words import sentence
from members.models import Organisation

_TAGS = {
    TopicProposal.Status.DRAFT: ("is-full", "note"),
    TopicProposal.Status.NEW: ("is-open", "open"),
    TopicProposal.Status.DISCUSSED: ("is-full", "wait"),
    TopicProposal.Status.PLANNED: ("is-in", "in"),
    TopicProposal.Status.DECLINED: ("is-full", "full"),
    TopicProposal.Status.WITHDRAWN: ("is-off", "off"),
}


def tag_of(proposal: TopicProposal) -> Tag:
    return Tag(*_TAGS[proposal.status], proposal.get_status_display())


def author_of(row: TopicProposal | TopicInput) -> str:
    """Return who wrote it: "Anna de Vries, gemeente Assen" for a chair or with consent, else "Deelnemer, gemeente".

    Needs with_author().
    """
    if row.by and row.by.is_active and (row.author_leads or getattr(row, "shows_name", False)):
        return ", ".join(part for part in (row.by.name, row.author_organisation) if part)
    if not row.author_kind:
        return _("Participant")
    return _("Participant, %(kind)s") % {"kind": kind_in_words(row.author_kind)}


def kind_in_words(kind: str) -> str:
    """Return "gemeente", "landelijke dienst in het Noorden"; only the first letter gets small: IT stays IT."""
    label = str(Organisation.Kind(kind).label)
    return label if label[:2].isupper() else label[:1].lower() + label[1:]


def presenters_of(proposal: TopicProposal) -> str:
    """Return who presents, as a sentence without a full stop; "" for nobody yet. Needs with_home()."""
    return sentence([str(presenter) for presenter in proposal.presenters.all()])
