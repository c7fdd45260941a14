"""Who proved that a message comes from the domain that it says (RFC 8601).

Our own receiving server checked DKIM and DMARC and wrote the result on top of the message. Anybody can write such a
header, so that of our server counts only: its authserv-id is MAIL_AUTHSERV_ID. The server must take headers with its
own name from incoming mail (RFC 8601 5); as it writes its own above whatever came along, only the topmost counts.
"""

import re
from email.message import Message

import authres
from authres.core import AuthenticationResult
from django.conf import settings
from django.utils.translation import gettext as _

from noord.domain import YES, Decision, no
from noord.inbox.message import plain_headers

MAX_HEADER = 10_000


def is_proven(message: Message, address: str) -> Decision:
    """Tell whether the domain of this address vouched for the message.

    DKIM of the domain itself or of one above it (gemeente.example for mail.gemeente.example, as who runs a domain
    runs what is below it; never a domain of one label), or DMARC for the domain itself. DKIM of a domain below it
    proves nothing here: that may be rented out. Where DMARC's relaxed alignment allows that, DMARC says so.

    Raises Unreadable when the headers are too long.
    """
    if not settings.MAIL_AUTHSERV_ID:
        return no(_("The portal does not know which server checks the sender: MAIL_AUTHSERV_ID is not set."))
    found = _results(plain_headers(message, "Authentication-Results", MAX_HEADER))
    if found is None:
        return no(_("Our mail server did not say whether the sender is real."))
    wanted = _ascii(address.rpartition("@")[2])
    passed = [result for result in found if result.result == "pass"]
    signed = {_domain(result, "d") or _domain(result, "i") for result in passed if result.method == "dkim"} - {""}
    aligned = {_domain(result, "from") for result in passed if result.method == "dmarc"} - {""}
    if wanted in aligned or any(_vouches(domain, wanted) for domain in signed):
        return YES
    if signed or aligned:
        return no(_("The sender is forged: another domain than that of the address sent it."))
    return no(_("Our mail server could not establish that the sender is real."))


def _vouches(domain: str, wanted: str) -> bool:
    return "." in domain and (wanted == domain or wanted.endswith(f".{domain}"))


def _results(headers: list[str]) -> list[AuthenticationResult] | None:
    """Return what our own server found, or None when it said nothing that can be read."""
    own = settings.MAIL_AUTHSERV_ID.lower()
    for text in headers:
        # The name first, and then no other header than this one: below one that breaks may stand a forged one.
        if re.split(r"[\s;(]", text.strip().lower(), maxsplit=1)[0] == own:
            try:
                return authres.core_features().parse_value(text).results
            except (authres.AuthResError, ValueError, RecursionError):
                return None
    return None


def _domain(result: AuthenticationResult, name: str) -> str:
    """Return the domain in header.d, header.i or header.from; "" when it does not stand there exactly once."""
    values = [found.value for found in result.properties if (found.type, found.name) == ("header", name)]
    return _ascii(values[0].rpartition("@")[2]) if len(values) == 1 and values[0] else ""


def _ascii(domain: str) -> str:
    """Return the domain in small letters, an international one in its xn-- form."""
    domain = domain.strip().rstrip(".").lower()
    try:
        return domain if domain.isascii() else domain.encode("idna").decode()
    except UnicodeError:
        return ""
