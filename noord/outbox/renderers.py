"""Which function writes which kind of mail; the apps register theirs in their mail.py."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from noord.outbox.message import Message

Writer = Callable[..., Message | None]
BatchWriter = Callable[[list[dict[str, Any]]], list[Message | None]]


@dataclass(frozen=True, slots=True)
class Renderer:
    """`write_many` is there when one call for many mails costs less than many calls."""

    write: Writer
    is_secret: bool
    expires_after: timedelta | None
    write_many: BatchWriter | None = None


_renderers: dict[str, Renderer] = {}


def renders(
    kind: str, *, is_secret: bool = False, expires_after: timedelta | None = None
) -> Callable[[Writer], Writer]:
    """Register the function that writes mails of this kind from a row's params, at the moment of sending.

    It returns None when the mail is no longer needed. What is_secret leaves nothing of its text in the
    database once it is sent or given up; what has waited for longer than expires_after is dropped.
    """

    def register(write: Writer) -> Writer:
        _register(kind, Renderer(write, is_secret, expires_after))
        return write

    return register


def renders_batch(kind: str, *, expires_after: timedelta | None = None) -> Callable[[BatchWriter], BatchWriter]:
    """Register a function that writes up to 50 mails of this kind at once: a handful of queries instead of 5 each.

    It gets the params of each and returns as many messages, in the same order, None for what is no longer needed.
    When it raises, it is called again for each mail alone, so that one that cannot be written stops no other.
    """

    def register(write_many: BatchWriter) -> BatchWriter:
        def write(**params: Any) -> Message | None:
            return write_many([params])[0]

        _register(kind, Renderer(write, False, expires_after, write_many))
        return write_many

    return register


def _register(kind: str, renderer: Renderer) -> None:
    if kind in _renderers:
        raise ValueError(f"Two functions write {kind}.")
    _renderers[kind] = renderer


def renderer_of(kind: str) -> Renderer | None:
    """Return what writes this kind of mail, or None when this version of the code does not know it."""
    return _renderers.get(kind)


def secret_kinds() -> list[str]:
    """Return the kinds whose params are wiped when they are done with."""
    return [kind for kind, renderer in _renderers.items() if renderer.is_secret]


def expiring_kinds() -> dict[str, timedelta]:
    """Return how long mails may wait, of the kinds that are of no use later."""
    return {kind: renderer.expires_after for kind, renderer in _renderers.items() if renderer.expires_after}
