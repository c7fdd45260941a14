"""What the tests of these pages share: a meeting, what is said, and the words that somebody reads."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from html import unescape

from django.db import connection
from django.test import Client

from events.models import Event, TopicInput
from tests.factories import amsterdam, make_event

MEETING = amsterdam(2021, 10, 14, 13, 30)  # of the design: topics are known on 14 September
PROPOSING, CHOOSING = amsterdam(2021, 9, 7, 12), amsterdam(2021, 9, 15, 12)
NEW = "/onderwerpen/nieuw/?bijeenkomst=oktober"


def make_meeting(*sectors, groups=(), **fields) -> Event:
    return make_event(
        sectors=sectors,
        groups=groups,
        **{"start": MEETING, "kind": Event.Kind.SECTOR, "slug": "oktober", "title": "Sectoroverleg Overheden"}
        | fields,
    )


def say(proposal, by, text="Kijk ook naar kleine gemeenten.", **fields) -> TopicInput:
    return TopicInput.objects.create(proposal=proposal, by=by, text=text, **fields)


def login(person) -> Client:
    client = Client()
    client.force_login(person, backend="allauth.account.auth_backends.AuthenticationBackend")
    return client


def words(response) -> str:
    """Return the words of the page, with one space between them."""
    main = response.content.decode().partition('<main id="inhoud" tabindex="-1">')[2].partition("</main>")[0]
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", main)).replace("\xa0", " ").split())


def page(person, path: str) -> str:
    response = login(person).get(path)
    assert response.status_code == 200, path
    return words(response)


@contextmanager
def meanwhile(change: Callable[[], object]) -> Iterator[None]:
    """Let somebody else make a change after a page has read its rows, and before its verb locks them."""
    left = [change]

    def interrupt(execute, sql, parameters, many, context):
        if left and sql.startswith("SAVEPOINT"):
            left.pop()()
        return execute(sql, parameters, many, context)

    with connection.execute_wrapper(interrupt):
        yield
    assert not left
