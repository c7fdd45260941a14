"""The fixtures of the inbox's tests: an app that notes answers instead of registering anybody, and an IMAP server."""

from collections.abc import Callable, Iterator
from urllib.parse import quote

import pytest
from django.utils import translation

from noord.inbox import replies
from noord.inbox.replies import Outcome, Reply, handles_replies
from tests.noord.inbox_dovecot import PASSWORD, USER, Dovecot, running_dovecot


class Noting:
    """Keeps what it gets in `replies`; set `act` to do something else with it."""

    def __init__(self) -> None:
        self.replies: list[Reply] = []
        self.act: Callable[[Reply], Outcome] = lambda reply: Outcome(is_done=True, reason="Genoteerd.")

    def __call__(self, reply: Reply) -> Outcome:
        self.replies.append(reply)
        return self.act(reply)


@pytest.fixture
def no_handler() -> Iterator[None]:
    """A portal in which no app handles answers."""
    registered = replies._handlers.copy()
    replies._handlers.clear()
    yield
    replies._handlers[:] = registered


@pytest.fixture
def noting(no_handler: None) -> Noting:
    """A portal in which this test handles answers."""
    return handles_replies(Noting())


@pytest.fixture
def english() -> Iterator[None]:
    """Reasons in English, as they stand in the code."""
    with translation.override("en"):
        yield


@pytest.fixture(scope="session")
def dovecot() -> Iterator[Dovecot]:
    """The session's IMAP server; tests take imap_server, which is empty. For tests marked dovecot."""
    with running_dovecot() as server:
        yield server


@pytest.fixture
def imap_server(dovecot: Dovecot, settings, monkeypatch: pytest.MonkeyPatch) -> Dovecot:
    """An empty mailbox, which the portal is told to read."""
    dovecot.empty()
    monkeypatch.setenv("SSL_CERT_FILE", str(dovecot.certificate))
    settings.IMAP_URL = f"imaps://{quote(USER, safe='')}:{quote(PASSWORD, safe='')}@127.0.0.1:{dovecot.port}/INBOX"
    return dovecot
