"""What the log says: JSON, one object per line, in UTC, without secrets."""

import json
import logging
import re
from datetime import UTC, datetime

# These addresses are keys: whoever reads the log must not be able to open somebody's feed, answer an invitation for
# somebody or stop somebody's mail.
SECRET_IN_PATH = re.compile(r"(/agenda/persoonlijk/|/agenda/antwoord/|/ik-ben-er/|/mail/stop/)[^/?\s]+")


class HideSecrets(logging.Filter):
    """Take the keys in addresses out of what is logged."""

    def filter(self, record: logging.LogRecord) -> bool:
        message = record.getMessage()
        if SECRET_IN_PATH.search(message):
            record.msg, record.args = SECRET_IN_PATH.sub(r"\1...", message), ()
        return True


class JsonFormatter(logging.Formatter):
    """One JSON object per line; JSON's escapes keep a line break in the input from forging a line."""

    def format(self, record: logging.LogRecord) -> str:
        line = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
        }
        status = getattr(record, "status_code", None)
        if status is not None:
            line["status"] = status
        if record.exc_info:
            line["traceback"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False)
