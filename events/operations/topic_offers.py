"""Who offered to present a topic, and choosing it with some of them."""

from collections.abc import Collection

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from events.models import Event, ProgrammeItem, TopicInput, TopicPresenter, TopicProposal
from events.operations import topics
from events.operations.locks import lock_event
from members.models import Person
from noord.domain import DomainError


def offers_of(proposal: TopicProposal) -> list[TopicInput]:
    """Return the last offer of each person who wants to present and does not do so yet, with_author() (1 query).

    Only of people who work at an organisation and let their name be shown: speakers stand in the programme.
    """
    found = proposal.inputs.filter(kind=TopicInput.Kind.PRESENT, withdrawn_at=None, by__is_active=True).with_author()
    found = found.filter(Q(shows_name=True) | Q(author_leads=True)).exclude(author_organisation="")
    presenting = TopicPresenter.objects.filter(proposal=proposal, person__isnull=False).values("person")
    offers = found.exclude(by__in=presenting).in_order()
    return list({given.by_id: given for given in offers}.values())


@transaction.atomic
def plan_with(
    *, proposal: TopicProposal, event: Event, place: topics.Place, offers: Collection[int], by: Person
) -> ProgrammeItem:
    """Choose the topic with the people of these offers as presenters too; return the item.

    Raises DomainError as topics.plan() does, and when one of them took the offer back.
    """
    if offers:
        lock_event(event.pk)  # the meeting first, as plan() does
        stored = TopicProposal.objects.select_for_update().get(pk=proposal.pk)
        chosen = [given for given in offers_of(stored) if given.pk in offers]
        if len(chosen) < len(offers):
            raise DomainError(_("Somebody who wanted to present took that back. Look at it once more."))
        if not stored.presenters.exists():
            TopicProposal.objects.filter(pk=stored.pk).update(seeks_presenter=False)
        TopicPresenter.objects.bulk_create(
            TopicPresenter(proposal=stored, organisation=given.by.organisation, person=given.by) for given in chosen
        )
    return topics.plan(proposal=proposal, event=event, place=place, by=by)
