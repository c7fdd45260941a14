import json
import logging
import sys

import pytest

from noord.logs import HideSecrets, JsonFormatter


def line(message: str, *args: object, **fields: object) -> str:
    """Return what the log says about this event."""
    record = logging.LogRecord("noord", logging.WARNING, "file.py", 1, message, args, fields.get("exc_info"))
    record.created = 1772366400.5
    assert HideSecrets().filter(record)
    return JsonFormatter().format(record)


def test_a_line_break_in_the_input_makes_no_second_line():
    text = line("Not Found: %s", '/x\r\n{"level": "CRITICAL"}')

    assert len(text.splitlines()) == 1
    assert json.loads(text) == {
        "time": "2026-03-01T12:00:00.500+00:00",
        "level": "WARNING",
        "logger": "noord",
        "message": 'Not Found: /x\r\n{"level": "CRITICAL"}',
    }


@pytest.mark.parametrize(
    ("path", "logged"),
    [
        ("/agenda/persoonlijk/geheim.ics", "/agenda/persoonlijk/..."),
        ("/agenda/antwoord/7.8.geheim-geheim_/", "/agenda/antwoord/.../"),
        ("/mail/stop/reminders-1.geheim/?x=1", "/mail/stop/.../?x=1"),
        ("/agenda/openbaar/", "/agenda/openbaar/"),
    ],
)
def test_a_key_in_an_address_is_not_in_the_log(path, logged):
    assert json.loads(line("Not Found: %s", path))["message"] == f"Not Found: {logged}"


def test_an_exception_comes_with_its_traceback():
    try:
        raise ValueError("wrong")
    except ValueError:
        text = line("Failed", exc_info=sys.exc_info())

    assert json.loads(text)["traceback"].endswith("ValueError: wrong")
