"""School holidays for the demo, so that the plan of a year has something to plan around.

They are examples and say so: the ministry sets the real days of region Noord, and an administrator fills them in.
"""

from datetime import date, timedelta

from django.utils import timezone

from events.models import SchoolHoliday

# Name, the day around which it begins, and how many weeks it lasts.
EXAMPLES = [
    ("Voorjaarsvakantie (voorbeeld)", (2, 20), 1),
    ("Meivakantie (voorbeeld)", (4, 25), 1),
    ("Zomervakantie (voorbeeld)", (7, 10), 6),
    ("Herfstvakantie (voorbeeld)", (10, 15), 1),
    ("Kerstvakantie (voorbeeld)", (12, 20), 2),
]
SATURDAY = 5


def load() -> None:
    """Load examples for this year and the next two, unless there are school holidays already."""
    if SchoolHoliday.objects.exists():
        return
    this_year = timezone.localdate().year
    for year in range(this_year, this_year + 3):
        for name, (month, day), weeks in EXAMPLES:
            start = date(year, month, day)
            start += timedelta(days=(SATURDAY - start.weekday()) % 7)
            SchoolHoliday.objects.create(name=name, start=start, end=start + timedelta(weeks=weeks, days=1))
