"""What the portal writes about meetings. Each module registers how its mails are written with the outbox."""

from events.mail import changes, invitations, reminders, topics
from events.mail.registrations import News, tell, tell_all

__all__ = ["News", "changes", "invitations", "reminders", "tell", "tell_all", "topics"]
