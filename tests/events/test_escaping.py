"""Whatever somebody types shows as text, everywhere it is shown."""

import pytest
from django.test import Client

from events.operations import registrations as operations
from tests.factories import (
    make_block,
    make_event,
    make_group,
    make_member,
    make_organisation,
    make_programme_manager,
    make_sector,
    make_session,
)

pytestmark = pytest.mark.django_db
EVIL = """<script>alert(1)</script><img src=x onerror="x">'{{ 7*7 }}{% now "Y" %}"""


def test_nothing_that_was_typed_becomes_markup():
    sector, group = (
        make_sector(name=f"S {EVIL}", slug="s", summary=EVIL, text=EVIL),
        make_group(name=f"G {EVIL}", slug="g"),
    )
    host = make_organisation(name=f"O {EVIL}", note=EVIL)
    fields = dict.fromkeys(("summary", "text", "report", "place", "venue", "address"), EVIL)
    event = make_event(
        title=EVIL, slug="x", sectors=[sector], groups=[group], host=host, notice=EVIL, tags=EVIL, **fields
    )
    plenary = event.items.create(title=EVIL, text=EVIL, start=event.start)
    session = make_session(make_block(event, title=EVIL), title=EVIL, text=EVIL, room=EVIL)
    for item in (plenary, session):
        item.speakers.create(name=EVIL, role=EVIL, organisation=EVIL)
    manager = make_programme_manager(sector, name=EVIL)
    person = make_member(name=EVIL, organisation=host)
    operations.register(event=event, person=person, dietary_wish=EVIL, name_visible=True)
    pages = [
        "/", "/agenda/", "/agenda/x/", "/agenda/x/aanmelden/", "/agenda/x/mijn-aanmelding/", "/agenda/x/afmelden/",
        "/agenda/x/collega/", "/agenda/x/deelnemers/", "/agenda/x/uitnodigen/", "/agenda/x/uitnodigingen/", "/mijn/",
        "/mijn/gegevens/", "/sectoren/", "/sectoren/s/", "/kennisgroepen/", "/kennisgroepen/g/", "/leden/",
    ]  # fmt: skip
    for reader in (None, person, manager):
        client = Client()
        if reader:
            client.force_login(reader, backend="allauth.account.auth_backends.AuthenticationBackend")
        for page in pages:
            content = client.get(page).content.decode()
            assert "<script>alert" not in content, page
            assert "<img src=x" not in content, page
            assert "49{" not in content, page
