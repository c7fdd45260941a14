"""Django's sessions in the database, that ask it only about keys that Django can have given out."""

from django.contrib.sessions.backends import db
from django.contrib.sessions.models import Session
from django.utils import timezone

from noord.prepared import Prepared

CURRENT = Prepared(lambda key, now: Session.objects.filter(session_key=key, expire_date__gt=now))


class SessionStore(db.SessionStore):
    def _validate_session_key(self, key: str | None) -> bool:
        """Take a key of anything but letters and digits as none: PostgreSQL refuses to look for a NUL."""
        return bool(super()._validate_session_key(key)) and key.isascii() and key.isalnum()

    def _get_session_from_db(self) -> Session | None:
        """Return the row, at every request of who is logged in, so with a question that is made once."""
        session = CURRENT.first(key=self.session_key, now=timezone.now())
        if session is None:
            self._session_key = None
        return session
