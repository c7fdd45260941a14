"""One proposal as a card in a list."""

from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from events.models import TopicProposal
from events.status import Tag
from events.topic_words import author_of, presenters_of, tag_of


@dataclass(frozen=True, slots=True)
class Card:
    proposal: TopicProposal
    tag: Tag
    excerpt: str
    about: str
    presenters: str
    ideas: str
    may_support: bool
    may_plan: bool


def card_of(proposal: TopicProposal, *, may_support: bool = False, may_plan: bool = False) -> Card:
    """Return the card; needs with_home(), with_numbers() and with_author()."""
    return Card(
        proposal=proposal,
        tag=tag_of(proposal),
        excerpt=proposal.reason.strip().partition("\n")[0],
        about=about(proposal),
        presenters=presenters_line(proposal),
        ideas=ideas_line(proposal),
        may_support=may_support,
        may_plan=may_plan,
    )


def about(proposal: TopicProposal) -> str:
    """Return who proposed it, and to which focal point it belongs."""
    parts = [_("Proposed by: %(who)s.") % {"who": author_of(proposal)}]
    if point := proposal.focal_point:
        parts.append(_("Focal point of %(year)s: %(title)s.") % {"year": point.year, "title": point.title})
    return " ".join(parts)


def presenters_line(proposal: TopicProposal) -> str:
    names = presenters_of(proposal)
    parts = [_("Presented by: %(names)s") % {"names": names} + "."] if names else []
    if proposal.seeks_presenter or not names:
        parts.append(_("Somebody who presents is still wanted."))
    return " ".join(parts)


def ideas_line(proposal: TopicProposal) -> str:
    if not proposal.input_count:
        return _("No ideas yet. Do you give the first?")
    return ngettext("%(n)s idea", "%(n)s ideas", proposal.input_count) % {"n": proposal.input_count}
