"""Times as rows and wire have them: UTC to the second."""

from datetime import UTC, datetime


def timestamp(seconds: float) -> str:
    """`YYYY-MM-DDTHH:MM:SSZ` of a time in seconds since 1970."""
    return datetime.fromtimestamp(int(seconds), tz=UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
