"""The secret of a personal calendar feed (128 bits and more; kept as a hash, see CalendarFeed)."""

import secrets
from hashlib import sha256

from django.utils import timezone
from django.utils.crypto import constant_time_compare, salted_hmac

from events.models import CalendarFeed
from members.models import Person
from noord.prepared import Prepared

FEED = Prepared(
    lambda token_hash: CalendarFeed.objects.filter(token_hash=token_hash, person__is_active=True).select_related(
        "person"
    )
)


def renew_feed(*, person: Person) -> str:
    """Give the person a new secret and return it; the old address stops working at once."""
    nonce = secrets.token_urlsafe(24)
    token = _token(person.pk, nonce)
    CalendarFeed.objects.update_or_create(
        person=person, defaults={"nonce": nonce, "token_hash": _hash(token), "created_at": timezone.now()}
    )
    return token


def token_of(feed: CalendarFeed) -> str:
    """Return the secret, to show its owner; empty when SECRET_KEY changed since, so that it must be renewed."""
    token = _token(feed.person_id, feed.nonce)
    return token if constant_time_compare(_hash(token), feed.token_hash) else ""


def find_feed(token: str) -> CalendarFeed | None:
    """Return the feed that this secret opens, of somebody who still has an account."""
    return FEED.first(token_hash=_hash(token))


def _token(person_id: int, nonce: str) -> str:
    return salted_hmac("events.calendar_feed", f"{person_id}:{nonce}", algorithm="sha256").hexdigest()


def _hash(token: str) -> str:
    return sha256(token.encode()).hexdigest()
