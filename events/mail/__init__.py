"""What the portal writes about meetings. Each module registers how its mails are written with the outbox."""

from events.mail.registrations import News, tell, tell_all

__all__ = ["News", "tell", "tell_all"]
