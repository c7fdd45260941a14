"""What every mail about a meeting shares: its facts, its subject, and whom one answers."""

from collections.abc import Callable
from typing import Any

from django.utils.translation import gettext as _

from events.models import Event
from noord.dates import NBSP, day_long, day_short, time_range
from noord.outbox.letter import Letter
from noord.outbox.message import Message
from noord.outbox.writing import write, write_each

__all__ = ["Letter", "compose", "compose_each", "event_facts"]


def event_facts(event: Event) -> list[tuple[str, str]]:
    """Return when and where, each with its label."""
    facts = [(_("When"), f"{day_long(event.start)}, {time_range(event.start, event.end)}")]
    if event.where:
        facts.append((_("Where"), event.where))
    return facts


def compose(letter: Letter, event: Event, subject: str, **more: Any) -> Message:
    """Return the message; its subject ends with the meeting and the day. `more` goes to Message as it is."""
    return _message(*write("letter", {"letter": letter}), event, subject, **more)


def compose_each(
    make_letter: Callable[[dict[str, str]], Letter],
    people: list[dict[str, str]],
    event: Event,
    subject: str,
    more: list[dict[str, Any]],
) -> list[Message]:
    """Return a message for each of the people, who differ in a few values only; make_letter() puts those in place."""
    written = write_each("letter", lambda marks: {"letter": make_letter(marks)}, people)
    return [_message(*texts, event, subject, **own) for texts, own in zip(written, more, strict=True)]


def _message(text: str, html: str, event: Event, subject: str, **more: Any) -> Message:
    return Message(
        subject=f"{subject}: {event.title}, {day_short(event.start)}".replace(NBSP, " "),
        text=text.replace(NBSP, " "),
        html=html,
        from_organiser=True,
        reply_to=event.first_contact,
        **more,
    )
