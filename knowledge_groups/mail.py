"""The mails about joining a closed group: to who leads it, and back to who asked."""

from django.conf import settings
from django.utils.translation import gettext as _

from knowledge_groups.models import GroupMembership, GroupRequest
from members.models import Person
from noord.outbox.letter import Letter, as_message
from noord.outbox.message import Message
from noord.outbox.queue import NewMail, enqueue, enqueue_many, renders

REQUEST, ANSWER = "knowledge_groups.request", "knowledge_groups.answer"


def tell_request(request: GroupRequest) -> None:
    """Queue one mail for each who leads the group today; without any address, for the network itself."""
    leads = request.group.memberships.active_on().exclude(role=GroupMembership.Role.PARTICIPANT)
    people = Person.objects.filter(pk__in=leads.values("person"), is_active=True, email__isnull=False)
    to = list(people.values_list("pk", "email")) or [(0, settings.ORGANISER_EMAIL)]
    enqueue_many(
        NewMail(
            kind=REQUEST,
            key=f"group-request:{request.pk}:{person}",
            to=email,
            params={"request": request.pk, "person": person},
        )
        for person, email in to
    )


def tell_answer(request: GroupRequest) -> None:
    """Queue the answer for who asked, once."""
    if request.person.email and request.person.is_active:
        enqueue(
            kind=ANSWER,
            key=f"group-request:{request.pk}:answer",
            to=request.person.email,
            params={"request": request.pk},
        )


def _load(pk: int) -> GroupRequest | None:
    return GroupRequest.objects.with_people().select_related("group", "decided_by").filter(pk=pk).first()


@renders(REQUEST)
def render_request(*, request: int, person: int) -> Message | None:
    """Return the mail; None when the request was answered or withdrawn meanwhile."""
    row = _load(request)
    if row is None or not row.is_open:
        return None
    reader = Person.objects.filter(pk=person).first()
    letter = Letter(
        heading=_("%(name)s asks to join %(group)s") % {"name": row.person.name, "group": row.group},
        name=reader.name if reader else "Samenwerking Noord",
        opening=[
            _("%(group)s is a closed group. You decide who joins.") % {"group": row.group},
            *([row.text] if row.text else []),
        ],
        facts=[(_("Who"), row.person.name), *([(_("Works at"), row.organisation_name)] * bool(row.organisation_name))],
        closing=[_("Say yes or no on the page of the group. With a no you say why.")],
        button=_("View the request"),
        link=f"{settings.SITE_URL}{row.group.get_absolute_url()}#verzoeken",
        reason=_("You get this mail because you lead this group.")
        if reader
        else _("Nobody who leads this group has an e-mail address. That is why this mail comes to the network."),
    )
    return as_message(letter, letter.heading)


@renders(ANSWER)
def render_answer(*, request: int) -> Message | None:
    """Return the mail; None when the request is gone or was never answered."""
    row = _load(request)
    if row is None or row.status not in (GroupRequest.Status.ACCEPTED, GroupRequest.Status.DECLINED):
        return None
    group = {"group": row.group}
    if row.status == GroupRequest.Status.ACCEPTED:
        heading = _("You take part in %(group)s") % group
        opening = [_("You asked to join %(group)s. The answer is yes: you take part from today.") % group]
        closing = [_("You now also see the meetings that are for this group only. You can leave whenever you want.")]
    else:
        heading = _("You cannot join %(group)s") % group
        opening = [
            _("You asked to join %(group)s. The answer is no.") % group,
            _("The reason: %(reason)s") % {"reason": row.reason},
        ]
        closing = [_("Do you want to know more? Ask who leads the group.")]
    letter = Letter(
        heading=heading,
        name=row.person.name,
        opening=opening,
        closing=closing,
        button=_("View the group"),
        link=settings.SITE_URL + row.group.get_absolute_url(),
        reason=_("You get this mail because you asked to join this group."),
    )
    return as_message(letter, heading, reply_to=(row.decided_by and row.decided_by.email) or "")
