"""From a row to what it says, as it is true when the mail leaves."""

import logging
import time
from collections.abc import Iterator

from noord.outbox.message import Message
from noord.outbox.models import Mail
from noord.outbox.recording import DATABASE_GONE
from noord.outbox.renderers import Renderer

logger = logging.getLogger(__name__)

# What was written ahead may be this old when it leaves: a change in between is told by the next mail.
FRESH = 1.0  # seconds


class Composer:
    """Writes the mails of a batch; those of a kind with a batch renderer together, never long before they leave."""

    def __init__(self, batch: list[Mail]) -> None:
        self.batch = batch
        self.drafts: dict[int, Message | None] = {}
        self.written_at = 0.0
        self.one_by_one: set[str] = set()

    def write(self, mail: Mail, renderer: Renderer) -> Message | None:
        """Return what this mail says, or None when it is no longer needed. Raises what its writer does."""
        if renderer.write_many is None or mail.kind in self.one_by_one:
            return renderer.write(**mail.params)
        if mail.pk not in self.drafts or time.monotonic() - self.written_at > FRESH:
            try:
                self._write_ahead(mail, renderer)
            except DATABASE_GONE:
                raise
            except Exception as error:
                # One of them cannot be written: which one shows when each is written alone.
                logger.warning("Mails of kind %s are written one by one: %s", mail.kind, type(error).__name__)
                self.one_by_one.add(mail.kind)
                return renderer.write(**mail.params)
        return self.drafts.pop(mail.pk)

    def _write_ahead(self, mail: Mail, renderer: Renderer) -> None:
        together = [later for later in self._from(mail) if later.kind == mail.kind]
        self.written_at = time.monotonic()
        messages = renderer.write_many([later.params for later in together])
        if len(messages) != len(together):
            raise ValueError("A batch renderer must return one message for each mail.")
        self.drafts = dict(zip([later.pk for later in together], messages, strict=True))

    def _from(self, mail: Mail) -> Iterator[Mail]:
        place = next(place for place, other in enumerate(self.batch) if other.pk == mail.pk)
        yield from self.batch[place:]
