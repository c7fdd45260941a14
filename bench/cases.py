"""What is measured, and what is to be reached."""

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

MEETING, CONGRESS = "/agenda/vervolgafspraak/", "/agenda/groot-congres/"
TOPICS = "/agenda/overheden-en-veiligheid/onderwerpen/"
YEAR = f"/sectoren/overheden/jaar/{datetime.now(ZoneInfo('Europe/Amsterdam')).year}/"
REGISTER = f"{MEETING}aanmelden/"
PERSON = 1  # who is logged in: persoon-1
HOME_BYTES = 60_000
SLOWER = 1.3
REGISTRATION_P95 = 0.2
ADMIN_LIST, ADMIN_TIMES = 0.5, 5  # seconds for a list or a relation in the administration, and how often it is asked
DUPLICATES = 60  # seconds for the nightly search; nobody waits for it
CLIENTS, CLIENTS_REGISTERING = 4, 20


@dataclass(frozen=True, slots=True)
class Bare:
    name: str
    path: str
    requests: int
    queries: int


@dataclass(frozen=True, slots=True)
class Case:
    """A page with the bare view beside it; ratio is of requests per second, queries the most that may be.

    What must answer within so many milliseconds is asked by one client at a time: waiting for others is not its own.
    """

    name: str
    path: str
    beside: str
    ratio: float | None = None
    queries: int | None = None
    logged_in: bool = False
    unchanged: bool = False
    requests: int = 200
    milliseconds: float | None = None

    @property
    def clients(self) -> int:
        return CLIENTS if self.milliseconds is None else 1


ONE, FORTY, BARE_REGISTRATION = "one query", "40 rows", "bare registration"
BARE = {
    ONE: Bare(ONE, "/one-query/", 400, 1),
    FORTY: Bare(FORTY, "/forty-rows/", 200, 1),
    BARE_REGISTRATION: Bare(BARE_REGISTRATION, "/register/", 0, 5),
}
LIST = Case("list of 50", "/agenda/", FORTY, ratio=0.5, queries=4)
PAGES = [
    Case("meeting", MEETING, ONE, ratio=0.3, queries=5),
    Case("meeting, logged in", MEETING, ONE, queries=8, logged_in=True),
    Case("meeting, 304", MEETING, ONE, unchanged=True),
    Case("programme, 40 sessions", CONGRESS, FORTY, ratio=0.5, queries=6),
    Case("programme, 304", CONGRESS, FORTY, unchanged=True),
    LIST,
    Case("list of 50, 304", "/agenda/", FORTY, unchanged=True),
    Case("meeting.ics", "/agenda/vervolgafspraak.ics", ONE, ratio=0.5),
    Case("meeting.ics, 304", "/agenda/vervolgafspraak.ics", ONE, unchanged=True),
    Case("home", "/", ONE),
]
OTHERS = [
    Case("earlier meetings", "/agenda/?voorbij=1", FORTY, requests=100),
    Case("list, logged in", "/agenda/", FORTY, logged_in=True, requests=100),
    Case("my registrations", "/mijn/", ONE, logged_in=True, requests=100),
    Case("members", "/leden/", FORTY, requests=100),
    Case("sector", "/sectoren/overheden/", ONE, requests=100),
    Case("sector, logged in", "/sectoren/overheden/", ONE, logged_in=True, requests=100),
    Case("topics of a meeting", TOPICS, ONE, queries=11, logged_in=True, requests=100),
    Case("one topic", "/onderwerpen/1/", ONE, queries=11, logged_in=True, requests=100),
    Case("wish list", "/sectoren/overheden/onderwerpen/", ONE, queries=11, logged_in=True, requests=100),
    Case("my topics", "/onderwerpen/", ONE, queries=11, logged_in=True, requests=100),
    Case("year of a sector", YEAR, ONE, queries=11, logged_in=True, requests=100),
    Case("focal point", "/speerpunten/6/", ONE, queries=11, logged_in=True, requests=100),
    Case("results", "/resultaten/", ONE, queries=11, requests=100),
    Case("knowledge group", "/kennisgroepen/ict-noord/", ONE, requests=100),
]
REGISTRATION = Case("registration", REGISTER, BARE_REGISTRATION, ratio=0.4, queries=15, logged_in=True)
FEED = Case("personal feed of 200", "", ONE, requests=60, milliseconds=30)
FEED_UNCHANGED = Case("personal feed, 304", "", ONE, unchanged=True, requests=60, milliseconds=5)
ALL_MEETINGS = Case("agenda.ics", "/agenda.ics", ONE, requests=60)
