"""Django's sessions in the database, that ask it only about keys that Django can have given out."""

from django.contrib.sessions.backends import db


class SessionStore(db.SessionStore):
    def _validate_session_key(self, key: str | None) -> bool:
        """Take a key of anything but letters and digits as none: PostgreSQL refuses to look for a NUL."""
        return bool(super()._validate_session_key(key)) and key.isascii() and key.isalnum()
