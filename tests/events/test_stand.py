"""One sentence per meeting, with its colour: every turn of the way to a topic."""

from datetime import timedelta

import pytest

from events.models import Event
from events.stand import Light, stand_of
from tests.factories import amsterdam, make_event, make_group, make_sector, make_topic

pytestmark = pytest.mark.django_db

MEETING = amsterdam(2027, 1, 7, 13, 30)
DAY = "donderdag 7\xa0januari 2027"


def stand(now, *, proposed=0, planned=0, **fields):
    sector = make_sector()
    event = make_event(**{"sectors": [sector], "kind": Event.Kind.SECTOR, "start": MEETING} | fields)
    for _number in range(proposed):
        make_topic(sector, event=event)
    for _number in range(planned):
        make_topic(sector, event=event, status="planned")
    found = stand_of(Event.objects.with_topics().get(pk=event.pk), now)
    return found and (found.light, found.sentence)


@pytest.mark.parametrize(
    ("now", "proposed", "planned", "light", "sentence"),
    [
        (
            *(amsterdam(2026, 11, 22), 0, 0, Light.GREEN),
            "Er is nog geen onderwerp voorgesteld. Voorstellen kan tot en met maandag 7\xa0december 2026.",
        ),
        (
            *(amsterdam(2026, 11, 23), 0, 0, Light.AMBER),
            "Er is nog geen onderwerp voorgesteld. Voorstellen kan tot en met maandag 7\xa0december 2026.",
        ),
        (
            *(amsterdam(2026, 12, 6, 23, 59), 2, 0, Light.GREEN),
            "Er zijn 2 onderwerpen voorgesteld. Voorstellen kan tot en met maandag 7\xa0december 2026.",
        ),
        (amsterdam(2026, 12, 7), 0, 0, Light.RED, f"Er is nog geen onderwerp voor {DAY}. Stel er zelf een voor."),
        (amsterdam(2026, 12, 7), 1, 0, Light.AMBER, f"Kies een onderwerp voor {DAY}."),
        (amsterdam(2026, 12, 14), 1, 0, Light.RED, f"Kies een onderwerp voor {DAY}."),
        (
            *(amsterdam(2026, 12, 8), 3, 1, Light.GREEN),
            "Het onderwerp is gekozen. Geef je input tot en met woensdag 6\xa0januari 2027.",
        ),
        (amsterdam(2026, 12, 31), 0, 2, Light.GREEN, "De agenda ligt vast."),
        (
            *(MEETING + timedelta(hours=3), 0, 1, Light.AMBER),
            "Zet het verslag op de pagina van de bijeenkomst.",
        ),
    ],
)
def test_stand_says_what_is_next(now, proposed, planned, light, sentence):
    assert stand(now, proposed=proposed, planned=planned) == (light, sentence)


def test_stand_is_green_when_the_report_is_there():
    assert stand(MEETING + timedelta(hours=3), report="Het was goed.") == (Light.GREEN, "Het verslag staat klaar.")


def test_stand_is_for_meetings_with_topics_only():
    now = amsterdam(2026, 11, 22)
    found = [
        stand(now, kind=Event.Kind.CONGRESS),
        stand(now, status="cancelled"),
        stand(now, sectors=[], groups=[]),
        stand(now, sectors=[], groups=[make_group()], kind=Event.Kind.MEETING),
    ]
    assert [one is not None for one in found] == [False, False, False, True]


def test_stand_follows_a_deadline_that_the_manager_moved():
    assert stand(amsterdam(2026, 12, 20), proposed=1, prepare_days=14) == (
        Light.GREEN,
        "Er is 1 onderwerp voorgesteld. Voorstellen kan tot en met donderdag 24\xa0december 2026.",
    )


def test_light_has_a_word_besides_its_colour():
    assert [str(light.label) for light in Light] == ["Op schema", "Actie nodig", "Te laat"]
