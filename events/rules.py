"""Who may do what with a registration, each answer with its reason as a sentence for the screen."""

from datetime import datetime

from django.utils.translation import gettext as _

from events.models import Event, Registration
from noord.domain import YES, Decision, no


def may_register(event: Event, *, now: datetime, as_manager: bool = False) -> Decision:
    """May somebody who can see the meeting take a seat, or a place on the waiting list?

    A full meeting is no refusal: then it is a place on the waiting list. After closing only a manager of the
    meeting adds people.
    """
    if event.status == Event.Status.CANCELLED:
        return no(_("This meeting is cancelled. You do not need to do anything."))
    if event.status == Event.Status.DRAFT:
        return no(_("This meeting is not published yet. Publish it first."))
    if event.is_past(now):
        return no(_("This meeting is over. Look in the agenda for the next one."))
    if as_manager:
        return YES
    if event.registration_opens and now < event.registration_opens:
        return no(_("Registration is not open yet. Try again later."))
    if now >= event.closes_at:
        return no(_("Registration is closed. Ask the organisers whether you can still come."))
    return YES


def may_change(registration: Registration, *, now: datetime) -> Decision:
    """May the sessions and answers of this registration still change?"""
    if registration.is_cancelled:
        return no(_("You are not registered for this meeting. Register first."))
    return may_register(registration.event, now=now)


def may_cancel(registration: Registration, *, now: datetime) -> Decision:
    """May this registration be cancelled? Until the meeting begins: somebody who is ill the same morning too."""
    event = registration.event
    if event.status == Event.Status.CANCELLED:
        return no(_("This meeting is cancelled. You do not need to do anything."))
    if now >= event.start:
        return no(_("This meeting has begun. You can no longer cancel."))
    return YES


def may_invite(event: Event, *, now: datetime) -> Decision:
    """Does it make sense to invite people? Also before registration opens: then they know when it does."""
    if event.status == Event.Status.DRAFT:
        return no(_("This meeting is not published yet. Publish it first."))
    if event.status == Event.Status.CANCELLED or now >= event.closes_at:
        return no(_("Nobody can register for this meeting any more, so you cannot invite people."))
    return YES


def may_answer(event: Event, *, now: datetime) -> Decision:
    """Is the invitation still open? It ends when the meeting begins."""
    if event.status != Event.Status.PUBLISHED:
        return no(_("This meeting is cancelled. You do not need to do anything."))
    if now >= event.start:
        return no(_("This meeting has begun. You can no longer answer."))
    return YES
