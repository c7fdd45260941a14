"""The programme on the page of a meeting, as HTML.

A congress has forty sessions: as a template with its lookups they cost more than all queries together, so the markup
stands here. Whatever a user wrote is escaped here too.
"""

from html import escape

from django.templatetags.static import static
from django.utils.safestring import SafeString

from events.programme import Line, Row

HOUR = '<div class="n-block"><p class="n-hour">%s <small>%s</small></p>'
MARK = ' <span class="n-tag %s"><svg class="n-i" aria-hidden="true"><use href="%s#%s"/></svg>%s</span>'


def programme_html(rows: list[Row]) -> SafeString:
    """Return the rows of load_programme() as the blocks of the style sheet."""
    sprite = escape(static("noord/sprite.svg"))
    parts = []
    for row in rows:
        parts.append(HOUR % (escape(row.time), escape(row.label)))
        if row.block:
            parts.append('<ul class="n-opts list-unstyled mb-0">')
            parts.extend(_session(line, sprite) for line in row.items)
            parts.append("</ul></div>\n")
        else:
            parts.append("<div>")
            parts.extend(_plenary(line, is_last=line is row.items[-1]) for line in row.items)
            parts.append("</div></div>\n")
    return SafeString("".join(parts))


def _session(line: Line, sprite: str) -> str:
    mark = MARK % (line.mark_css, sprite, line.mark_icon, escape(line.mark)) if line.mark else ""
    return "".join(
        (
            f'<li class="n-opt is-plain"><h3>{escape(line.title)}{mark}</h3>',
            _text(line),
            f'<p class="n-note mb-0">{escape(line.speakers)}</p>' if line.speakers else "",
            f'<p class="n-note mb-0">{escape(line.room)}</p>' if line.room else "",
            f'<p class="n-seat {line.css} mb-0">{escape(line.seats)}</p>' if line.seats else "",
            "</li>\n",
        )
    )


def _plenary(line: Line, *, is_last: bool) -> str:
    notes = [note for note in (line.speakers, line.room) if note]
    about = "".join(
        f'<p class="n-note{" mb-0" if is_last or note is not notes[-1] else ""}">{escape(note)}</p>' for note in notes
    )
    return f"<h3>{escape(line.title)}</h3>{_text(line)}{about}\n"


def _text(line: Line) -> str:
    """Return the text with its lines as they were typed: a presentation has several subjects."""
    return f'<p class="mb-1">{"<br>".join(escape(line.text).splitlines())}</p>' if line.text else ""
