"""How the text of one setting becomes a value, and what is allowed when it cannot."""

import base64
import re
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

TRUE_WORDS = ("true", "t", "yes", "y", "1", "on")
FALSE_WORDS = ("false", "f", "no", "n", "0", "off")
DATABASE_SCHEMES = ("sqlite", "postgresql", "postgres", "postgresql+psycopg")
HOST_NAME = re.compile(r"(?!-)[a-z0-9-]{1,63}(?<!-)(\.(?!-)[a-z0-9-]{1,63}(?<!-))*")
KEY_ALGORITHMS = ("hmac-md5", "hmac-sha1", "hmac-sha256", "hmac-sha384", "hmac-sha512")
WORD = re.compile(r"[\w.-]+")


class UnreadableValue(ValueError):
    """A text that is no value of its setting; the exception's own text says what would be allowed."""


def boolean(text: str) -> bool:
    """A word for true or for false, in any case; a word that is neither is refused, never taken for false."""
    word = text.lower()
    if word in TRUE_WORDS:
        return True
    if word in FALSE_WORDS:
        return False
    raise UnreadableValue(f"true ({', '.join(TRUE_WORDS)}) or false ({', '.join(FALSE_WORDS)})")


def integer(minimum: int, maximum: int | None = None) -> Callable[[str], int]:
    """A reader of whole numbers between the two, both included."""
    allowed = f"a whole number from {minimum}" + (" up" if maximum is None else f" to {maximum}")

    def read(text: str) -> int:
        if not re.fullmatch(r"-?[0-9]{1,18}", text):
            raise UnreadableValue(allowed)
        number = int(text)
        if number < minimum or (maximum is not None and number > maximum):
            raise UnreadableValue(allowed)
        return number

    return read


def seconds(*, zero: bool) -> Callable[[str], float]:
    """A reader of durations as decimal numbers; `zero` says whether none at all is a duration."""

    def read(text: str) -> float:
        if not re.fullmatch(r"[0-9]{1,9}(\.[0-9]{1,9})?", text) or (float(text) == 0 and not zero):
            raise UnreadableValue(f"seconds as a decimal number, {'0 or more' if zero else 'more than 0'}")
        return float(text)

    return read


def choice(*choices: str) -> Callable[[str], str]:
    """A reader of exactly one of these words."""

    def read(text: str) -> str:
        if text not in choices:
            raise UnreadableValue(f"one of {', '.join(choices)}")
        return text

    return read


def choices(*possible: str) -> Callable[[str], tuple[str, ...]]:
    """A reader of a comma list of some of these words."""

    def read(text: str) -> tuple[str, ...]:
        chosen = words(text)
        if not set(chosen) <= set(possible):
            raise UnreadableValue(f"a comma list of some of {', '.join(possible)}")
        return chosen

    return read


def words(text: str) -> tuple[str, ...]:
    """A comma list of at least one word, each once."""
    items = tuple(item.strip() for item in text.split(","))
    if not all(WORD.fullmatch(item) for item in items) or len(set(items)) != len(items):
        raise UnreadableValue("a comma list of words, each once")
    return items


def matching(pattern: str, allowed: str) -> Callable[[str], str]:
    """A reader of texts of this form; `allowed` describes the form to a person."""

    def read(text: str) -> str:
        if not re.fullmatch(pattern, text):
            raise UnreadableValue(allowed)
        return text

    return read


def host_name(text: str) -> str:
    """A DNS name, in lower case."""
    if not HOST_NAME.fullmatch(text.lower()):
        raise UnreadableValue("a DNS name such as apps.example.com")
    return text.lower()


def host_name_or_nothing(text: str) -> str:
    """The same, or an empty text."""
    if not text:
        return text
    try:
        return host_name(text)
    except UnreadableValue as allowed:
        raise UnreadableValue(f"{allowed}, or nothing") from None


def base64_or_nothing(text: str) -> str:
    """Bytes in Base64, as `tsig-keygen` prints a key, or an empty text."""
    try:
        base64.b64decode(text, validate=True)
    except ValueError:
        raise UnreadableValue("the key in Base64 as tsig-keygen prints it, or nothing") from None
    return text


def key_algorithm(text: str) -> str:
    """How messages are signed, in any case."""
    return choice(*KEY_ALGORITHMS)(text.lower())


def directory(text: str) -> Path:
    """The path of a directory, which need not exist yet."""
    if not text:
        raise UnreadableValue("the path of a directory")
    return Path(text)


def database_url(text: str) -> str:
    """A URL of SQLite or PostgreSQL, with the driver spelled out."""
    scheme, separator, rest = text.partition("://")
    if not separator or scheme not in DATABASE_SCHEMES:
        raise UnreadableValue("sqlite:///file or postgresql://user:password@host/database")
    if scheme != "sqlite":
        _check_server(text)
    return f"{'sqlite' if scheme == 'sqlite' else 'postgresql+psycopg'}://{rest}"


def bus_url(text: str) -> str:
    """The URL of a bus; `embedded://` needs no server."""
    if not re.fullmatch(r"[a-z][a-z0-9+.-]*://\S*", text):
        raise UnreadableValue("embedded:// or a URL such as amqp://user:password@host:5672//")
    _check_server(text)
    return text


def _check_server(url: str) -> None:
    """Refuse what ends elsewhere than its writer thinks: a password with a slash in it would be taken for a port."""
    parts = urlsplit(url)
    try:
        misread = "@" in parts.path + parts.query + parts.fragment or parts.port == 0
    except ValueError:
        misread = True
    if misread:
        text = "a URL whose port is a number, with / ? # and @ in a password written as %2F %3F %23 and %40"
        raise UnreadableValue(text)
