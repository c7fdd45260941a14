"""Days that follow from the day of a meeting."""

from calendar import monthrange
from datetime import date


def one_month_earlier(day: date) -> date:
    """Return the same day one calendar month before; 31 March gives 28 or 29 February.

    Raises ValueError before February of the year 1.
    """
    year, month = (day.year, day.month - 1) if day.month > 1 else (day.year - 1, 12)
    if year < 1:
        raise ValueError("There is no month before January of the year 1.")
    return date(year, month, min(day.day, monthrange(year, month)[1]))
