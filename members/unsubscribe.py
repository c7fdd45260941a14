"""The address in a mail that stops this kind of mail, for this person, with one click (RFC 8058).

It is signed and never expires: it also works in a mail that has lain in a mailbox for a year. It opens nothing else.
"""

from django.conf import settings
from django.core.signing import BadSignature, Signer
from django.urls import reverse

from members.models import MailPreferences, Person

KINDS = MailPreferences.KINDS


def _signer() -> Signer:
    return Signer(salt="members.unsubscribe", sep=".")


def unsubscribe_url(person_id: int, kind: str) -> str:
    """Return the absolute address that stops one of KINDS for this person.

    Raises ValueError for another kind.
    """
    if kind not in KINDS:
        raise ValueError(f"Nobody can choose about {kind}.")
    return settings.SITE_URL + reverse("members:unsubscribe", args=[_signer().sign(f"{kind}-{person_id}")])


def read_token(token: str) -> tuple[Person, str] | None:
    """Return whom and which kind the token is about; None when it is not ours or the person is gone."""
    try:
        kind, _dash, person_id = _signer().unsign(token).partition("-")
    except BadSignature:
        return None
    person = Person.objects.filter(pk=person_id).first()
    return (person, kind) if person else None
