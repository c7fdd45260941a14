"""What somebody answers in a calendar (METHOD:REPLY, RFC 5546 3.2.3) becomes a registration, a maybe or a no.

The inbox has proven the sender before it comes here. Whoever we never asked cannot answer, and nobody gets an account.
"""

from django.db import transaction
from django.utils.translation import gettext as _

from events.mail.invitations import tell_refused
from events.models import CalendarReply, Event, Invitation, Registration
from events.operations import invitations as operations
from events.operations.locks import lock_event
from members.models import Person
from noord.domain import DomainError
from noord.inbox.replies import Outcome, Reply, handles_replies

ANSWERS = {
    "ACCEPTED": Invitation.Answer.YES,
    "TENTATIVE": Invitation.Answer.MAYBE,
    "DECLINED": Invitation.Answer.NO,
}


@handles_replies
def receive(reply: Reply) -> Outcome:
    """Do what the reply says, once; a reply that is older than what we know changes nothing.

    Not done (with the reason, for the tray) when the meeting or the person is unknown, or was never asked.
    """
    event = Event.objects.filter(uid=reply.uid).first()
    if event is None:
        return Outcome(is_done=False, reason=_("We know no meeting with this UID."))
    person = Person.objects.filter(email=Person.normalise_email(reply.attendee), is_active=True).first()
    if person is None or not _was_asked(event, person):
        return Outcome(is_done=False, reason=_("We never invited this address to this meeting."))
    try:
        with transaction.atomic():
            return _apply(reply, lock_event(event.pk), person)
    except DomainError as error:
        tell_refused(event, person, str(error), key=f"{reply.sequence}:{reply.dtstamp:%Y%m%dT%H%M%S}")
        return Outcome(is_done=True, reason=str(error))


def _was_asked(event: Event, person: Person) -> bool:
    asked = Invitation.objects.filter(event=event, person=person).exists()
    return asked or Registration.objects.filter(event=event, person=person).exists()


def _apply(reply: Reply, event: Event, person: Person) -> Outcome:
    if not _is_newest(reply, event, person):
        return Outcome(is_done=True, reason=_("A newer answer of this person was here before."))
    registration = Registration.objects.filter(event=event, person=person).first()
    if _is_overtaken(reply, registration):
        return Outcome(is_done=True, reason=_("The person changed this on the site after giving this answer."))
    if reply.partstat == "ACCEPTED" and reply.sequence < event.sequence and not _is_in(registration):
        raise DomainError(
            _("The time or the place has changed since you answered. Look at the page and answer again.")
        )
    operations.answer(event=event, person=person, answer=ANSWERS[reply.partstat], by_calendar=True)
    return Outcome(is_done=True, reason="")


def _is_newest(reply: Reply, event: Event, person: Person) -> bool:
    """Note the reply unless one with a higher SEQUENCE, or as high and a later DTSTAMP, is noted (RFC 5546 2.1.5)."""
    noted, is_new = CalendarReply.objects.get_or_create(
        event=event,
        person=person,
        defaults={"partstat": reply.partstat, "sequence": reply.sequence, "dtstamp": reply.dtstamp},
    )
    if is_new:
        return True
    if (reply.sequence, reply.dtstamp) <= (noted.sequence, noted.dtstamp):
        return False
    noted.partstat, noted.sequence, noted.dtstamp = reply.partstat, reply.sequence, reply.dtstamp
    noted.save()
    return True


def _is_overtaken(reply: Reply, registration: Registration | None) -> bool:
    """A late yes does not undo a later no on the site, nor a late no a later yes."""
    if registration is None:
        return False
    if reply.partstat == "DECLINED":
        return registration.is_current and registration.queued_at > reply.dtstamp
    return registration.is_cancelled and registration.cancelled_at > reply.dtstamp


def _is_in(registration: Registration | None) -> bool:
    return registration is not None and registration.is_current
