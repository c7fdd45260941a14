"""What the portal writes about meetings. Each module registers how its mails are written with the outbox."""

from events.mail.changes import tell_change
from events.mail.registrations import News, tell, tell_all
from events.mail.reminders import remind, thank

__all__ = ["News", "remind", "tell", "tell_all", "tell_change", "thank"]
