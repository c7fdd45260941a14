"""How the answers of two people or organisations become those of one."""

from django.db.models import Field

from consultations.models import Participation
from members.merging import Merging, merges


@merges("consultations.Participation")
def _participations(merging: Merging, rows: list[Participation], field: Field) -> None:
    """Of two rows for one set of questions the one with an answer stays, the other's answer goes with its row.

    An anonymous answer belongs to no row: it stays, whoever gave it.
    """
    if field.name == "answered_by":
        merging.move_all(Participation, field, [row.pk for row in rows])
        return
    for row in rows:
        own = Participation.objects.filter(consultation=row.consultation_id, **{field.name: merging.keep}).first()
        if own is None:
            merging.move(row, field)
        elif row.has_answered and not own.has_answered:
            merging.remove(own)
            merging.move(row, field)
        else:
            merging.remove(row)
