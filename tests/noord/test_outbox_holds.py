from datetime import timedelta

import pytest
from django.db import connection

from noord.outbox.holds import bounced, hold, lift
from noord.outbox.models import AddressHold, Mail
from noord.outbox.queue import enqueue
from noord.outbox.retention import forget_finished
from noord.outbox.sending import send_due
from tests.noord.conftest import FaultyServer, enqueue_number

pytestmark = pytest.mark.django_db

NOON = "2026-03-10T12:00:00Z"


def test_mail_to_an_address_is_found_by_an_index():
    if connection.vendor == "postgresql":  # which reads a table of nothing as a whole
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL enable_seqscan = off")
    assert "outbox_mail_to" in Mail.objects.to_address("lid-1@noord.example").order_by().explain()


def states() -> list[str]:
    return list(Mail.objects.order_by("pk").values_list("status", flat=True))


def test_hold_keeps_what_waits_and_what_comes_and_lift_sends_it(faulty_server: FaultyServer):
    enqueue_number(1)
    hold(email=" Lid-1@NOORD.example", detail="Uit dienst")
    enqueue(kind="test.number", key="test:3", to="Lid-1@noord.example", params={"number": 3})
    enqueue_number(2)
    send_due()
    assert (states(), faulty_server.recipients) == (["held", "held", "sent"], ["lid-2@noord.example"])
    assert AddressHold.objects.values_list("email", "reason", "detail").get() == (
        "lid-1@noord.example", "by_hand", "Uit dienst",
    )  # fmt: skip

    assert lift(email="lid-1@noord.example") == 2
    send_due()
    assert (states(), AddressHold.objects.count()) == (["sent"] * 3, 0)


def test_sending_goes_on_behind_a_batch_that_is_all_on_hold(faulty_server: FaultyServer):
    AddressHold.objects.create(email="weg@noord.example")
    for number in range(55):
        enqueue_number(number, to="weg@noord.example")
    enqueue_number(55)
    send_due()
    assert faulty_server.recipients == ["lid-55@noord.example"]


def test_a_code_on_hold_is_dropped_with_its_text_when_it_expires(faulty_server: FaultyServer, time_machine):
    time_machine.move_to(NOON, tick=False)
    enqueue(kind="account.message", key="c", to="lid@noord.example", params={"subject": "S", "text": "12345678"})
    hold(email="lid@noord.example")
    send_due()
    assert states() == ["held"]
    time_machine.shift(timedelta(minutes=61))
    send_due()
    assert (states(), Mail.objects.get().params) == (["dropped"], {})


def test_mail_on_hold_is_forgotten_after_the_term(time_machine):
    time_machine.move_to(NOON, tick=False)
    enqueue_number(1)
    hold(email="lid-1@noord.example")
    time_machine.shift(timedelta(days=91))
    assert forget_finished() == 1


def send(*numbers: int) -> list[Mail]:
    for number in numbers:
        enqueue_number(number, to="lid@noord.example")
    send_due()
    return list(Mail.objects.filter(key__in=[f"test:{number}" for number in numbers]).order_by("pk"))


def test_permanent_bounce_fails_the_mail_and_holds_the_address(faulty_server: FaultyServer):
    (mail,) = send(1)
    detail = "550 5.1.1 No such user"
    assert bounced(message_id=mail.message_id.strip("<>"), address="Ander@x.example", is_permanent=True, detail=detail)

    mail.refresh_from_db()
    assert (mail.status, mail.bounce, mail.error) == ("failed", "permanent", f"Ander@x.example: {detail}")
    assert AddressHold.objects.values_list("email", "reason").get() == ("lid@noord.example", "bounced")


def test_temporary_bounces_hold_the_address_after_three_in_a_row(faulty_server: FaultyServer):
    mails = send(1, 2, 3, 4)
    for mail in (mails[0], mails[2], mails[3]):
        bounced(message_id=mail.message_id, is_permanent=False, detail="4.4.7 Expired")
    assert not AddressHold.objects.exists()  # the second arrived
    bounced(message_id=mails[1].message_id, is_permanent=False, detail="4.4.7 Expired")
    assert AddressHold.objects.get().reason == "often"


def test_bounce_of_a_mail_that_is_not_ours_changes_nothing(faulty_server: FaultyServer):
    send(1)
    assert not bounced(message_id="<x@y>", address="lid@noord.example", is_permanent=True, detail="550")
    assert (states(), AddressHold.objects.count()) == (["sent"], 0)
