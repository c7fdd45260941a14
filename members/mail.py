"""The mails about an account: codes to type, and notices that something changed."""

import secrets
from typing import Any

from django.conf import settings
from django.template import Context
from django.template.loader import get_template

from noord.outbox.queue import enqueue
from noord.outbox.writing import write


def send_account_message(template_prefix: str, to: str, context: dict[str, Any]) -> None:
    """Put one of allauth's mails (such as account/email/login_code) in the outbox, ready to leave.

    Its templates hold the subject and the paragraphs; the text and the HTML part are made of those, so
    that they say the same. Written here and not at sending, because only now the code is known.
    """
    context = context | {"email": to, "site_url": settings.SITE_URL, "contact_address": settings.ORGANISER_EMAIL}
    heading = " ".join(_plain(f"{template_prefix}_subject.txt", context).split())
    paragraphs = [part.strip() for part in _plain(f"{template_prefix}_message.txt", context).split("\n\n")]
    text, html = write(
        "account/message",
        {"heading": heading, "paragraphs": [part for part in paragraphs if part], "code": context.get("code")},
    )
    kind = "account.message" if "code" in context else "account.notice"
    # Two codes for the same person are two mails.
    key = f"{kind}:{secrets.token_urlsafe(16)}"
    enqueue(kind=kind, key=key, to=to, params={"subject": heading, "text": text, "html": html})


def _plain(template: str, context: dict[str, Any]) -> str:
    return get_template(template).template.render(Context(context, autoescape=False))
