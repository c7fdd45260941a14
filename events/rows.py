"""A meeting as one line of a list: date, words, tag.

Every list shows the same line, and the agenda shows fifty: as a template with its lookups they cost more
than all queries together, so the markup stands here, once. Whatever a user wrote is escaped here too.
"""

from datetime import datetime
from html import escape

from django.templatetags.static import static
from django.utils.safestring import SafeString
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from events.addresses import event_path
from events.models import Event
from events.status import tag_for
from noord import dates

# Three children, as the style sheet expects: the date, the words, the tag.
ROW = (
    '<li class="n-item"%s>%s<div><h3><a href="%s">%s</a></h3>'
    '<p><span class="text-nowrap">%s</span>, %s</p><p class="n-note">%s</p></div>'
    '<div><span class="n-tag %s"><svg class="n-i" aria-hidden="true"><use href="%s#%s"/></svg>%s</span></div></li>\n'
)


class RowPrinter:
    """Prints the rows of one list; what the rows share is looked up once."""

    def __init__(self, now: datetime) -> None:
        self.now = now
        self.language = get_language()
        self.sprite = escape(static("noord/sprite.svg"))
        self.no_place = escape(_("place follows"))

    def row(self, event: Event, note: str, anchor: str = "") -> str:
        """Return the row as HTML.

        The event needs with_seats(), and with_registration_of() when the reader is logged in. The note is
        plain text, or HTML when it is marked safe. The anchor becomes the id of the row.
        """
        mine = getattr(event, "my_registrations", None)
        tag = tag_for(event, mine[0] if mine else None, self.now)
        return ROW % (
            f' id="{anchor}"' if anchor else "",
            dates.date_block(event.start, self.language),
            event_path(event.slug),
            escape(event.title),
            dates.time_range(event.start, event.end, self.language),
            escape(event.place) or self.no_place,
            note if isinstance(note, SafeString) else escape(note),
            tag.css,
            self.sprite,
            tag.icon,
            escape(tag.label),
        )
