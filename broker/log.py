"""The log: one event with its keys a line on stderr, as text or as JSON, with secrets taken out."""

import json
import logging
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, TextIO

from broker.core.errors import ConfigurationError
from broker.core.redaction import HIDDEN, redacted

LEVELS = ("debug", "info", "warning", "error")
FORMATS = ("text", "json")
# What logging itself puts into a record; everything else was given as `extra` and is a key of the event.
OWN_ATTRIBUTES = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}
SECRET_KEYS = ("password", "secret", "token", "authorization", "private_key", "cookie")


def set_up_logging(*, level: str = "info", form: str = "text", stream: TextIO | None = None) -> logging.Handler:
    """Send every log record of this process to `stream` (stderr), and nowhere else; returns the handler.

    A second call replaces the first. Raises `ConfigurationError` for a level or form that is not known.
    """
    if level not in LEVELS:
        raise ConfigurationError(f"The log level cannot be {level!r}; allowed is one of {', '.join(LEVELS)}.")
    if form not in FORMATS:
        raise ConfigurationError(f"The log format cannot be {form!r}; allowed is one of {', '.join(FORMATS)}.")
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(JsonLines() if form == "json" else TextLines())
    root = logging.getLogger()
    for previous in root.handlers[:]:
        root.removeHandler(previous)
    root.addHandler(handler)
    root.setLevel(level.upper())
    # Which migration runs is news to nobody but who runs it, and is told there.
    logging.getLogger("alembic").setLevel(max(root.level, logging.WARNING))
    return handler


class TextLines(logging.Formatter):
    """`2026-01-01T00:00:00.000Z info    broker.usecases: gear created gear_id=…`, and any traceback."""

    def format(self, record: logging.LogRecord) -> str:
        """One line, however many the values have; only a traceback takes more."""
        keys = "".join(f" {name}={_word(value)}" for name, value in _keys(record))
        event = _one_line(redacted(record.getMessage()))
        line = f"{_time(record)} {record.levelname.lower():<7} {record.name}: {event}{keys}"
        traceback = _traceback(self, record)
        return f"{line}\n{traceback}" if traceback else line


class JsonLines(logging.Formatter):
    """One JSON object a line: `time`, `level`, `logger`, `event`, its own keys, and `traceback` if any."""

    def format(self, record: logging.LogRecord) -> str:
        """One line always; a key of the event never replaces one of the first four."""
        event = dict(_keys(record)) | {
            "time": _time(record),
            "level": record.levelname.lower(),
            "logger": record.name,
            "event": redacted(record.getMessage()),
        }
        traceback = _traceback(self, record)
        if traceback:
            event["traceback"] = traceback
        return json.dumps(event, default=str, ensure_ascii=False)


def _keys(record: logging.LogRecord) -> Iterator[tuple[str, Any]]:
    for name, value in vars(record).items():
        if name not in OWN_ATTRIBUTES:
            yield name, _safe(name, value)


def _safe(name: str, value: Any) -> Any:
    if any(word in name.lower() for word in SECRET_KEYS) and value is not None:
        return HIDDEN
    if isinstance(value, dict):
        return {str(key): _safe(str(key), item) for key, item in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [_safe(name, item) for item in value]
    if value is None or isinstance(value, (bool, int, float)):
        return value
    return redacted(str(value))


def _time(record: logging.LogRecord) -> str:
    moment = datetime.fromtimestamp(record.created, UTC)
    return moment.isoformat(timespec="milliseconds").removesuffix("+00:00") + "Z"


def _traceback(formatter: logging.Formatter, record: logging.LogRecord) -> str:
    if record.exc_info and record.exc_info[0] is not None:
        return redacted(formatter.formatException(record.exc_info))
    return ""


def _one_line(text: str) -> str:
    return text.replace("\r", "\\r").replace("\n", "\\n")


def _word(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value, default=str, ensure_ascii=False)
    plain = text and not any(char.isspace() or char in '"=' for char in text)
    return text if plain else json.dumps(text, ensure_ascii=False)
