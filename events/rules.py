"""Who may do what with a registration, each answer with its reason as a sentence for the screen."""

from datetime import datetime, timedelta

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from events.models import Event, Registration
from noord.dates import day_long, local_day, time_of_day
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


def may_get_seat(registration: Registration, *, now: datetime) -> Decision:
    """May the organisers give this person of the waiting list a seat, before those who are ahead? Also at the door."""
    if registration.is_cancelled:
        return no(_("This person cancelled. Add the person again."))
    return may_register(registration.event, now=now, as_manager=True)


def why_nobody_is_promoted(event: Event, *, taken: int, waiting: int, now: datetime) -> str:
    """Return in one sentence why nobody gets a seat from the waiting list at this moment."""
    match event.status:
        case Event.Status.DRAFT:
            return _("Nobody gets a seat, because the meeting is not published yet.")
        case Event.Status.CANCELLED:
            return _("Nobody gets a seat any more, because the meeting is called off.")
    if event.is_past(now):
        return _("Nobody gets a seat any more, because the meeting is over.")
    if not waiting:
        return _("Nobody is waiting for a seat.")
    if now >= event.start:
        return _("The meeting has begun: from then on nobody gets a seat, unless you give it yourself with a reason.")
    if event.capacity is None or taken < event.capacity:
        return _("There is a free seat. Save the meeting once more, then the first on the waiting list gets it.")
    needed = taken - event.capacity + 1
    return ngettext(
        "No seat is free: capacity %(capacity)s, %(taken)s taken. "
        "When %(needed)s person cancels, the first on the waiting list gets a seat.",
        "No seat is free: capacity %(capacity)s, %(taken)s taken. "
        "When %(needed)s people cancel, the first on the waiting list gets a seat.",
        needed,
    ) % {"capacity": event.capacity, "taken": taken, "needed": needed}


# People come in early; before that the code at the door says when it begins to work.
DOOR_OPENS = timedelta(hours=2)


def may_note_attendance(event: Event, *, now: datetime) -> Decision:
    """May the organisers note who is there? From the day of the meeting on, and afterwards too."""
    if event.status != Event.Status.PUBLISHED:
        return no(_("This meeting does not take place, so nobody can be there."))
    if local_day(now) < local_day(event.start):
        return no(_("You can note who is there from the day of the meeting."))
    return YES


def may_attend(registration: Registration) -> Decision:
    """May this person be noted as being there? Only with a seat."""
    name = {"name": registration.person.name}
    if registration.is_waiting:
        return no(_("%(name)s is on the waiting list. Give a seat first.") % name)
    if registration.is_cancelled:
        return no(_("%(name)s cancelled. Add the person again first.") % name)
    return YES


def may_check_in(event: Event, *, now: datetime) -> Decision:
    """Does the code at the door work? From two hours before the start to the end of the meeting."""
    if event.status != Event.Status.PUBLISHED:
        return no(_("This meeting does not take place. You do not need to do anything."))
    opens = event.start - DOOR_OPENS
    if now < opens:
        moment = {"day": day_long(opens), "time": time_of_day(opens)}
        return no(_("This code works from %(day)s, %(time)s.") % moment)
    if event.is_past(now):
        return no(_("This meeting is over. You can no longer say that you are there."))
    return YES


def may_check_in_as(event: Event, registration: Registration | None, *, free: int | None, now: datetime) -> Decision:
    """May this person say "I am here"? Who has no seat hears where to go; `free` as seats.free_seats()."""
    if decision := may_check_in(event, now=now):
        if registration and registration.is_confirmed:
            return YES
        if registration and registration.is_waiting:
            return no(_("You are on the waiting list and have no seat yet. Ask at the desk whether you can come in."))
        if free == 0:
            return no(_("You are not registered and all seats are taken. Ask at the desk whether you can come in."))
        if may_register(event, now=now):
            return no(_("You are not registered. Register first on the page of the meeting, then scan again."))
        return no(_("You are not registered, but there are free seats. Go to the desk: there they can register you."))
    return decision
