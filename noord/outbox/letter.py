"""What a mail says, in the same order whatever it is about; templates/mail/letter.* lay it out."""

from dataclasses import dataclass, field

from noord.dates import NBSP
from noord.outbox.message import Message
from noord.outbox.writing import write


@dataclass(slots=True)
class Letter:
    """What one mail says, before it is laid out: what happened, the facts, what one can still do, one button."""

    heading: str
    name: str
    opening: list[str] = field(default_factory=list)
    facts: list[tuple[str, str]] = field(default_factory=list)
    closing: list[str] = field(default_factory=list)
    button: str = ""
    link: str = ""
    reason: str = ""  # why the reader gets this mail
    unsubscribe_url: str = ""


def as_message(letter: Letter, subject: str, *, reply_to: str = "") -> Message:
    """Return the mail of one letter that is about no meeting; who answers it reaches `reply_to`, or the network."""
    text, html = write("letter", {"letter": letter})
    return Message(
        subject=subject.replace(NBSP, " "),
        text=text.replace(NBSP, " "),
        html=html,
        from_organiser=True,
        reply_to=reply_to,
    )
