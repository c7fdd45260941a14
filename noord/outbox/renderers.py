"""Which function writes which kind of mail; the apps register theirs in their mail.py."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from noord.outbox.message import Message

Writer = Callable[..., Message | None]


@dataclass(frozen=True, slots=True)
class Renderer:
    write: Writer
    is_secret: bool
    expires_after: timedelta | None


_renderers: dict[str, Renderer] = {}


def renders(
    kind: str, *, is_secret: bool = False, expires_after: timedelta | None = None
) -> Callable[[Writer], Writer]:
    """Register the function that writes mails of this kind from a row's params, at the moment of sending.

    It returns None when the mail is no longer needed. What is_secret leaves nothing of its text in the
    database once it is sent or given up; what has waited for longer than expires_after is dropped.
    """

    def register(write: Writer) -> Writer:
        if kind in _renderers:
            raise ValueError(f"Two functions write {kind}.")
        _renderers[kind] = Renderer(write, is_secret, expires_after)
        return write

    return register


def renderer_of(kind: str) -> Renderer | None:
    """Return what writes this kind of mail, or None when this version of the code does not know it."""
    return _renderers.get(kind)


def secret_kinds() -> list[str]:
    """Return the kinds whose params are wiped when they are done with."""
    return [kind for kind, renderer in _renderers.items() if renderer.is_secret]
