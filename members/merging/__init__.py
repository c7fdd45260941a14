"""Two people, or two organisations, turn out to be one: merge() makes them so, undo() takes it back for 30 days.

Every row that points at the one that goes is moved to the one that stays, whatever its app. Where a row cannot just
move (both are registered for one meeting), an app says by @merges what happens; without that the row of the one that
stays wins. All of it is written down in Merge.record.
"""

from members.merging.moving import Merging, merges, references, returns
from members.merging.rules import forget, join_periods
from members.merging.verbs import FIELDS, MODELS, choices, forget_records, may_merge, merge, undo

__all__ = [
    "FIELDS",
    "MODELS",
    "Merging",
    "choices",
    "forget",
    "forget_records",
    "join_periods",
    "may_merge",
    "merge",
    "merges",
    "references",
    "returns",
    "undo",
]
