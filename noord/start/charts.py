"""Small charts for the start page, as whole numbers that the template writes into an SVG."""

from dataclasses import dataclass, field
from datetime import date

WIDTH, HEIGHT = 320, 148
LEFT, RIGHT, TOP, FLOOR = 4, 316, 22, 112  # the part that is drawn in; words stand above and below
MOST_BARS = 12


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar; `part` is the height of what is filled when the whole is only an outline (None: all of it)."""

    x: int
    y: int
    width: int
    height: int
    middle: int
    value: int
    words: tuple[str, ...]
    part: int | None = None
    part_value: int | None = None

    @property
    def value_y(self) -> int:
        return self.y - 6

    @property
    def part_y(self) -> int:
        return FLOOR - (self.part or 0)

    @property
    def part_word_y(self) -> int:
        """Where the number of the part stands, inside it; 0 when it is too low for that."""
        return self.part_y + 15 if self.part and self.part >= 20 else 0


@dataclass(frozen=True, slots=True)
class Chart:
    """What is drawn, the sentence that says it, and the table with the same numbers."""

    slug: str
    title: str
    sentence: str
    columns: tuple[str, ...]
    rows: list[tuple]
    bars: list[Bar] = field(default_factory=list)
    line: str = ""
    area: str = ""
    end: tuple[int, int, int] | None = None  # x, y and value of the last point
    limit: tuple[int, int] | None = None  # y and value of the dashed line
    first_word: str = ""
    last_word: str = ""

    @property
    def has_parts(self) -> bool:
        return any(bar.part is not None for bar in self.bars)

    @property
    def end_y(self) -> int:
        return self.end[1] - 7

    @property
    def limit_y(self) -> int:
        return self.limit[0] - 5

    width, height, left, right, floor, words_y = WIDTH, HEIGHT, LEFT, RIGHT, FLOOR, FLOOR + 15


def bars_of(points: list[tuple[tuple[str, ...], int, int | None]]) -> list[Bar]:
    """Return a bar for each of the last points: its words, its value, and the part of the value that is filled."""
    points = points[-MOST_BARS:]
    highest = max((value for _words, value, _part in points), default=0) or 1
    slot = (RIGHT - LEFT) // max(len(points), 5)
    width = min(slot * 2 // 3, 34)
    found = []
    for number, (words, value, part) in enumerate(points):
        middle = LEFT + slot * number + slot // 2
        height = _height(value, highest)
        drawn = None if part is None else _height(part, highest)
        found.append(Bar(middle - width // 2, FLOOR - height, width, height, middle, value, words, drawn, part))
    return found


def _height(value: int, highest: int) -> int:
    return round((FLOOR - TOP) * value / highest)


def steps_of(days: list[tuple[date, int]], last: date, limit: int | None) -> dict:
    """Return the drawing of what grew day by day up to and including the last one; days are in order."""
    first = days[0][0]
    last = max(last, days[-1][0])
    span = max((last - first).days, 1)
    total = sum(number for _day, number in days)
    highest = max(total, limit or 0)
    x, y, reached = LEFT, FLOOR, 0
    line = f"M{x} {y}"
    for day, number in days:
        x = LEFT + round((RIGHT - LEFT - 30) * (day - first).days / span)
        reached += number
        y = FLOOR - _height(reached, highest)
        line += f"H{x}V{y}"
    x = RIGHT - 30
    line += f"H{x}"
    return {
        "line": line,
        "area": f"{line}V{FLOOR}H{LEFT}Z",
        "end": (x, y, total),
        "limit": None if limit is None else (FLOOR - _height(limit, highest), limit),
    }
