"""Addresses that take no mail: on hold until somebody lifts it. Their mail is kept and leaves then."""

from django.db import transaction
from django.utils import timezone

from noord.outbox.claiming import put_on_hold
from noord.outbox.message import one_line
from noord.outbox.models import AddressHold, Mail
from noord.outbox.renderers import secret_kinds
from noord.outbox.tasks import wake

IN_A_ROW = 3  # mails that came back after some days, before the address goes on hold
DETAIL_LENGTH = 1000


@transaction.atomic
def hold(*, email: str, reason: str = AddressHold.Reason.BY_HAND, detail: str = "") -> None:
    """Send nothing to this address any more; what waits for it is kept, as "on hold".

    The first reason stays. A mail that a worker has in hand at this moment may still leave.
    """
    email = email.strip().lower()
    detail = one_line(detail)[:DETAIL_LENGTH]
    AddressHold.objects.get_or_create(email=email, defaults={"reason": reason, "detail": detail})
    waiting = Mail.objects.to_address(email).filter(status__in=[Mail.Status.QUEUED, Mail.Status.RETRY])
    put_on_hold(waiting)


@transaction.atomic
def lift(*, email: str) -> int:
    """Send to this address again; return how many mails that were kept for it are queued now."""
    email = email.strip().lower()
    AddressHold.objects.filter(email=email).delete()
    kept = Mail.objects.to_address(email).filter(status=Mail.Status.HELD)
    count = kept.update(
        status=Mail.Status.QUEUED, attempts=0, next_attempt_at=timezone.now(), finished_at=None, error=""
    )
    if count:
        transaction.on_commit(wake, robust=True)
    return count


@transaction.atomic
def bounced(*, message_id: str, address: str = "", is_permanent: bool, detail: str) -> bool:
    """Note that a mail did not arrive, as a report of failure says (RFC 3464, Action: failed; not for "delayed").

    The mail is failed, with the other server's words. Its address goes on hold: at once when the failure is permanent
    (status 5.x.x), else when the last three mails to it came back. Returns False, and does nothing, when no mail of
    ours has this Message-ID, which only its receiver can know: a stranger cannot put an address on hold. The `address`
    of the report goes into the reason only: after forwarding it is another one than ours.
    """
    message_id = f"<{message_id.strip().strip('<>')}>"
    mail = Mail.objects.select_for_update().filter(message_id=message_id).first()
    if mail is None:
        return False
    forwarded = address.strip().lower() not in ("", mail.to.lower())
    detail = one_line(f"{address}: {detail}" if forwarded else detail)[:DETAIL_LENGTH]
    mail.bounce = Mail.Bounce.PERMANENT if is_permanent else Mail.Bounce.TEMPORARY
    mail.status, mail.error, mail.finished_at = Mail.Status.FAILED, detail, mail.finished_at or timezone.now()
    if mail.kind in secret_kinds():
        mail.params = {}
    mail.save(update_fields=["bounce", "status", "error", "finished_at", "params"])
    if is_permanent:
        hold(email=mail.to, reason=AddressHold.Reason.BOUNCED, detail=detail)
        return True
    left = Mail.objects.to_address(mail.to).filter(status__in=[Mail.Status.SENT, Mail.Status.FAILED])
    last = left.order_by("-finished_at", "-pk").values_list("bounce", flat=True)[:IN_A_ROW]
    if list(last) == [Mail.Bounce.TEMPORARY] * IN_A_ROW:
        hold(email=mail.to, reason=AddressHold.Reason.BOUNCED_OFTEN, detail=detail)
    return True
