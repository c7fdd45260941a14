from datetime import timedelta

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from noord.outbox.holds import hold
from noord.outbox.models import AddressHold, Mail
from noord.outbox.queue import enqueue
from tests.factories import make_person
from tests.noord.conftest import enqueue_number

pytestmark = pytest.mark.django_db

LIST = "/beheer/outbox/mail/"


@pytest.fixture
def staff(client: Client) -> Client:
    client.force_login(make_person(is_staff=True, is_superuser=True))
    return client


def act(staff: Client, action: str, *numbers: int):
    chosen = Mail.objects.filter(key__in=[f"test:{number}" for number in numbers]).values_list("pk", flat=True)
    return staff.post(LIST, {"action": action, "_selected_action": list(chosen)}, follow=True)


def test_list_takes_the_same_queries_for_one_and_for_three(staff: Client, django_assert_max_num_queries):
    for count in (1, 3):
        for number in range(count):
            enqueue_number(number)
        with django_assert_max_num_queries(8):
            assert staff.get(LIST).status_code == 200


@pytest.mark.parametrize(("query", "found"), [("lid-2@", 1), ("test:", 3), ("nobody", 0)])
def test_list_is_searched_by_address_and_key(staff: Client, query: str, found: int):
    for number in range(3):
        enqueue_number(number)
    assert staff.get(LIST, {"q": query}).context["cl"].result_count == found


def test_detail_shows_the_mail_and_neither_params_nor_a_form(staff: Client):
    enqueue_number(1)
    mail = Mail.objects.get()
    response = staff.get(f"{LIST}{mail.pk}/change/")
    page = response.content.decode()
    assert (response.status_code, "lid-1@noord.example" in page, "params" in page) == (200, True, False)
    assert [name in page for name in ('name="_save"', 'name="to"', "deletelink")] == [False] * 3


def test_try_again_queues_and_is_logged(staff: Client):
    for number in range(3):
        enqueue_number(number)
    Mail.objects.filter(key__in=["test:0", "test:1"]).update(status=Mail.Status.FAILED)
    response = act(staff, "try_again", 0, 2)

    assert list(Mail.objects.order_by("key").values_list("status", flat=True)) == ["queued", "failed", "queued"]
    assert [message.level_tag for message in response.context["messages"]] == ["success"]
    assert set(LogEntry.objects.values_list("object_repr", "change_message")) == {
        ("test:0", "outbox: try_again"), ("test:2", "outbox: try_again"),
    }  # fmt: skip


def test_stop_drops_what_is_chosen(staff: Client):
    enqueue_number(0)
    enqueue_number(1)
    act(staff, "stop", 1)
    assert list(Mail.objects.order_by("key").values_list("status", flat=True)) == ["queued", "dropped"]


@pytest.mark.parametrize("url", ["add/", "{pk}/delete/"])
def test_nobody_adds_or_deletes_a_mail(staff: Client, url: str):
    enqueue_number(1)
    assert staff.get(LIST + url.format(pk=Mail.objects.get().pk)).status_code == 403
    assert Mail.objects.count() == 1


def test_staff_that_is_no_superuser_sees_no_mail(client: Client):
    client.force_login(make_person(is_staff=True))
    enqueue_number(1)
    assert client.get(LIST).status_code == 404
    assert reverse("admin:outbox_mail_changelist") == LIST


TRAFFIC = f"{LIST}verkeer/"
HOLDS = "/beheer/outbox/addresshold/"


def enqueue_about(number: int, about: str) -> None:
    enqueue(kind="test.number", key=f"about:{number}", to="lid@noord.example", params={"number": 1}, about=about)


def test_traffic_counts_each_state_and_leads_to_those_mails(staff: Client, django_assert_max_num_queries):
    enqueue_about(1, "event:7")
    enqueue_about(2, "event:8")
    enqueue_number(3)
    Mail.objects.filter(key="about:2").update(status=Mail.Status.FAILED)
    Mail.objects.filter(key="about:1").update(next_attempt_at=timezone.now() - timedelta(hours=1))
    with django_assert_max_num_queries(10):
        response = staff.get(TRAFFIC)
    numbers = response.context["numbers"]
    assert {state.value: count for state, count in numbers.states.items() if count} == {"queued": 2, "failed": 1}
    assert (numbers.late, numbers.oldest.key) == (1, "about:1")
    for _label, count, url in response.context["states"]:
        assert staff.get(url).context["cl"].result_count == count

    response = staff.get(TRAFFIC, {"about": "event:7"})
    assert [count for _label, count, _url in response.context["states"] if count] == [1, 1]  # queued, and late
    for _label, count, url in response.context["states"]:
        assert staff.get(url).context["cl"].result_count == count


def test_traffic_is_for_superusers(client: Client):
    client.force_login(make_person(is_staff=True))
    assert client.get(TRAFFIC).status_code == 404


def test_traffic_has_no_inline_script_or_style(staff: Client):
    page = staff.get(TRAFFIC).content.decode()
    assert [name in page.partition("<main")[2] for name in ("<script>", "style=", "<style")] == [False] * 3


def test_address_is_put_on_hold_by_hand_and_lifted(staff: Client):
    enqueue_number(1)
    response = staff.post(f"{HOLDS}add/", {"email": "Lid-1@noord.example", "detail": "Uit dienst"}, follow=True)
    assert response.status_code == 200
    held = AddressHold.objects.get()
    assert (held.email, Mail.objects.get().status) == ("lid-1@noord.example", "held")
    assert staff.get(f"{HOLDS}{held.pk}/change/").status_code == 200

    staff.post(HOLDS, {"action": "lift", "_selected_action": [held.pk]}, follow=True)
    assert (AddressHold.objects.count(), Mail.objects.get().status) == (0, "queued")


def test_addresses_on_hold_take_the_same_queries_for_one_and_for_three(staff: Client, django_assert_max_num_queries):
    for number in range(3):
        hold(email=f"lid-{number}@noord.example")
        with django_assert_max_num_queries(7):
            assert staff.get(HOLDS).status_code == 200
