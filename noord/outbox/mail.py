"""Mails that come with their text: what allauth writes about somebody's account."""

from datetime import timedelta

from noord.outbox.message import Message
from noord.outbox.renderers import renders


@renders("account.message", is_secret=True, expires_after=timedelta(hours=1))
@renders("account.notice", is_secret=True)
def write_ready_text(*, subject: str, text: str, html: str = "") -> Message:
    """A code is of no use an hour later (account.message); a warning about one's account is (account.notice)."""
    return Message(subject=subject, text=text, html=html)
