"""Times as rows and wire have them: UTC to the second."""

from datetime import UTC, datetime

_FORM = "%Y-%m-%dT%H:%M:%SZ"


def timestamp(seconds: float) -> str:
    """`YYYY-MM-DDTHH:MM:SSZ` of a time in seconds since 1970."""
    return datetime.fromtimestamp(int(seconds), tz=UTC).strftime(_FORM)


def seconds_of(text: str) -> int:
    """The seconds since 1970 that `timestamp` made this text of."""
    return int(datetime.strptime(text, _FORM).replace(tzinfo=UTC).timestamp())
