"""A programme manager's work from the plan of a year to the list of who was there, in the administration."""

import csv
import io
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from events.models import Event, Invitation, Registration
from events.operations.registrations import register
from members.models import Person
from sectors.models import Sector
from tests.browser.administration import check
from tests.browser.visitor import Visitor

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def manager(demo: None) -> Person:
    return Person.objects.get(email="programmamanager@noord.example")


@pytest.fixture
def browser(manager: Person, visitor: Callable[..., Visitor]) -> Visitor:
    return visitor(manager)


def test_first_page_leads_to_what_needs_doing(browser: Visitor):
    page = browser.page
    page.goto("/beheer/")
    expect(page.get_by_role("heading", level=1)).to_have_text("Wat er deze week te doen is")
    check(browser)
    page.get_by_role("link", name="Deelnemers").first.click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Deelnemers")


def test_plan_of_a_year_becomes_drafts_that_nobody_hears_of(browser: Visitor):
    page, sector = browser.page, Sector.objects.get(slug="overheden")
    page.goto("/beheer/events/event/jaarplan/")
    check(browser)
    page.locator("#id_number").fill("8")
    page.get_by_role("button", name="Stel dagen voor").click()
    expect(page.locator(".plan-days > li")).to_have_count(8)
    check(browser)
    before = Event.objects.count()
    page.get_by_role("button", name="Bewaar als concepten").click()
    expect(page.locator(".messagelist")).to_contain_text("8 concepten")
    made = Event.objects.filter(sectors=sector, status=Event.Status.DRAFT, start__year=timezone.localdate().year + 1)
    assert (Event.objects.count() - before, made.count()) == (8, 8)
    assert {timezone.localtime(event.start).strftime("%a %H.%M") for event in made} == {"Thu 13.30"}


def test_meeting_is_built_published_invited_for_and_held(browser: Visitor, mailboxes):
    page, sector = browser.page, Sector.objects.get(slug="overheden")
    # As the meeting in Tolbert: one part for everyone, then two sessions at the same time.
    event = Event.objects.create(
        title="Nog eens Tolbert",
        slug="nog-eens-tolbert",
        start=timezone.now() + timedelta(days=20),
        end=timezone.now() + timedelta(days=20, hours=3),
        place="Tolbert",
        capacity=10,
    )
    event.sectors.add(sector)
    hour = [(timezone.localtime(event.start) + timedelta(hours=n)).strftime("%H.%M") for n in range(4)]
    change = f"/beheer/events/event/{event.pk}/change/"
    page.goto(change)
    check(browser)
    for kind in ("blocks", "items"):
        assert page.locator(f"#{kind}-group").count() == 1
    page.locator("#blocks-group .add-row a").click()
    page.locator("[name=blocks-0-title]").fill("Ronde 1")
    page.locator("[name=blocks-0-start]").fill(hour[1])
    page.locator("[name=blocks-0-end]").fill(hour[2])
    lines = [("Stand van zaken", hour[0], hour[1]), ("Kindpakket", hour[1], hour[2]), ("Interreg", hour[1], hour[2])]
    for number, (title, start, end) in enumerate(lines):
        page.locator("#items-group .add-row a").click()
        page.locator(f"[name=items-{number}-title]").fill(title)
        page.locator(f"[name=items-{number}-start]").fill(start)
        page.locator(f"[name=items-{number}-end]").fill(end)
        page.locator(f"[name=items-{number}-speakers]").fill("Jan de Boer (wethouder, gemeente Westerkwartier)")
    for number in (1, 2):
        page.locator(f"[name=items-{number}-kind]").select_option("session")
    page.locator("#items-0 .field-people .select2-search__field").fill("lid d")
    page.get_by_role("option", name="Lid Demo").click()
    page.locator("[name=_continue]").click()
    expect(page.locator("body")).to_contain_text("Jan de Boer")
    welcome = event.items.get(title="Stand van zaken")
    assert [speaker.person and speaker.person.email for speaker in welcome.speakers.all()] == [
        None,
        "lid@noord.example",
    ]
    assert event.items.count() == 3
    check(browser)
    page.goto(f"/beheer/events/programmeitem/{welcome.pk}/change/")
    check(browser)
    page.goto(change)
    page.get_by_role("link", name="Publiceer").click()
    check(browser)
    page.locator("#content form [type=submit]").click()
    event.refresh_from_db()
    assert event.status == Event.Status.PUBLISHED

    member, colleague = (Person.objects.get(email=f"{name}@noord.example") for name in ("lid", "collega"))
    page.goto(f"/agenda/{event.slug}/uitnodigen/")
    page.get_by_role("checkbox", name="Overheden").check()
    page.get_by_role("button", name="Bekijk wie").click()
    page.locator("[name=send]").click()
    assert Invitation.objects.filter(event=event).exists()
    for person in (member, colleague):
        register(event=event, person=person, choose_later=True)

    page.goto(change)
    page.locator("[name=end_1]").fill((timezone.localtime(event.end) + timedelta(hours=1)).strftime("%H:%M"))
    page.locator("[name=start_1]").fill((timezone.localtime(event.start) + timedelta(hours=1)).strftime("%H:%M"))
    page.locator("[name=_save]").click()
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    page.locator("[name=answer][value=now]").click()
    published = event.sequence
    event.refresh_from_db()
    assert (event.sequence - published, event.change_notices.get().announce_at is None) == (1, False)

    # The day has come.
    now = timezone.now()
    Event.objects.filter(pk=event.pk).update(start=now, end=now + timedelta(hours=3))
    page.goto(f"/agenda/{event.slug}/aanwezig/")
    # The page marks at once and tells the server meanwhile.
    with page.expect_response(lambda response: response.request.method == "POST" and "/aanwezig/" in response.url):
        page.get_by_role("button", name=f"Is er {member.name}").click()
    expect(page.locator("body")).to_contain_text("1 van 2")
    assert Registration.objects.filter(event=event, attended_at__isnull=False).count() == 1

    page.goto(f"/agenda/{event.slug}/deelnemers/")
    with page.expect_download() as download:
        page.get_by_role("button", name="CSV").click()
    text = download.value.path().read_text(encoding="utf-8-sig")
    rows = list(csv.reader(io.StringIO(text), delimiter=";"))
    assert {row[0] for row in rows[1:]} == {member.name, colleague.name}
