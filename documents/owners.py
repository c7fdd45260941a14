"""What documents belong to, as a page finds it: from an address to the object, and from the object to its page."""

from django.http import QueryDict
from django.urls import reverse
from django.utils.http import urlencode

from documents import rules
from documents.models import Owner
from events.models import Event, ProgrammeItem, TopicProposal
from events.topic_rights import standing_of
from knowledge_groups.models import KnowledgeGroup
from members.models import Person
from sectors.models import FocalPoint

PLACE = "documenten"  # where on a page the list stands


def owner_to_manage(person: Person, query: QueryDict) -> Owner | None:
    """Return what the address points at: ?bijeenkomst=slug, ?onderwerp=id, ?groep=slug or ?speerpunt=id.

    None for what is not there, for what this person may not see, and for what this person does not manage.
    """
    owner = _visible_owner(person, query)
    return owner if owner and rules.may_manage(standing_of(person), owner) else None


def _visible_owner(person: Person, query: QueryDict) -> Owner | None:
    match list(query.items()):
        case [("bijeenkomst", slug)]:
            found = Event.objects.visible_to(person).with_hosts().filter(slug=slug)
        case [("onderwerp", number)]:
            found = TopicProposal.objects.visible_to(person).with_home().filter(pk=_id(number))
        case [("groep", slug)]:
            found = KnowledgeGroup.objects.filter(slug=slug)
        case [("speerpunt", number)]:
            found = FocalPoint.objects.select_related("sector").filter(pk=_id(number))
        case _:
            return None
    return found.first()


def _id(number: str) -> int | None:
    """Return a number that a key can be, else None, which no row has."""
    return int(number) if number.isascii() and number.isdigit() and len(number) <= 18 else None


def address_to_add(owner: Owner) -> str:
    """Return the page on which a document is added to it."""
    match owner:
        case Event():
            query = {"bijeenkomst": owner.slug}
        case TopicProposal():
            query = {"onderwerp": owner.pk}
        case KnowledgeGroup():
            query = {"groep": owner.slug}
        case FocalPoint():
            query = {"speerpunt": owner.pk}
    return f"{reverse('documents:add')}?{urlencode(query)}"


def page_of(owner: Owner) -> str:
    """Return the page on which its documents are listed."""
    match owner:
        case ProgrammeItem():
            page = owner.event.get_absolute_url()
        case _:
            page = owner.get_absolute_url()
    return f"{page}#{PLACE}"
