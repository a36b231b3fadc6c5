"""How the text of one setting becomes a value, and what is allowed when it cannot."""

import base64
import re
from collections.abc import Callable
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from urllib.parse import urlsplit

from broker.core.access import Lifetime

TRUE_WORDS = ("true", "t", "yes", "y", "1", "on")
FALSE_WORDS = ("false", "f", "no", "n", "0", "off")
DATABASE_SCHEMES = ("sqlite", "postgresql", "postgres", "postgresql+psycopg")
HOST_NAME = re.compile(r"(?!-)[a-z0-9-]{1,63}(?<!-)(\.(?!-)[a-z0-9-]{1,63}(?<!-))*")
KEY_ALGORITHMS = ("hmac-md5", "hmac-sha1", "hmac-sha256", "hmac-sha384", "hmac-sha512")
WORD = re.compile(r"[\w.-]+")
Network = IPv4Network | IPv6Network
UNITS = {"minutes": 60, "hours": 3600, "days": 86_400, "months": 30 * 86_400}
_TIME = r"(?P<{0}>[0-9]{{1,6}})\.(?P<{0}_unit>" + "|".join(UNITS) + ")"
SCOPE_TIMEOUT = re.compile(rf"(?P<scope>\*|[a-z_/:]+)={_TIME.format('usual')}[:|]{_TIME.format('longest')}")


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


def names(text: str) -> tuple[str, ...]:
    """A comma list of words that could be names of domains or applications, each once and in lower case; or nothing."""
    items = tuple(item.strip().lower() for item in text.split(",")) if text else ()
    if not all(item.isascii() and item.isalnum() for item in items) or len(set(items)) != len(items):
        raise UnreadableValue("a comma list of words of letters and digits, each once, or nothing")
    return items


def scope_timeouts(text: str) -> str:
    """What `read_scope_timeouts` can read, as it is."""
    read_scope_timeouts(text)
    return text


def read_scope_timeouts(text: str) -> dict[str, Lifetime]:
    """How long tokens are good by scope, `*` for the others, as `session=1.days:7.days,*=1.months:6.months`.

    A month has 30 days. The field's own `broker.conf` has a bar between the two, which is read too.
    """
    allowed = "a comma list of scope=usual:longest, one of them for *, with times such as 2.hours, 1.days or 6.months"
    found: dict[str, Lifetime] = {}
    for item in text.split(","):
        read = SCOPE_TIMEOUT.fullmatch(item.strip())
        if read is None or read["scope"] in found:
            raise UnreadableValue(allowed)
        usual, longest = (int(read[name]) * UNITS[read[f"{name}_unit"]] for name in ("usual", "longest"))
        if not 0 < usual <= longest:
            raise UnreadableValue(allowed)
        found[read["scope"]] = Lifetime(usual=usual, longest=longest)
    if "*" not in found:
        raise UnreadableValue(allowed)
    return found


def key_types(text: str) -> tuple[str, ...]:
    """A comma list of at least one type of SSH keys, each once."""
    items = tuple(item.strip() for item in text.split(","))
    if not all(re.fullmatch(r"[\w.@-]+", item) for item in items) or len(set(items)) != len(items):
        raise UnreadableValue("a comma list of types of SSH keys, each once")
    return items


def sizes_of_cartridges(text: str) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Cartridges with blanks between, each with the gear sizes it may be on as `php-5.4|small,medium`; or nothing."""
    allowed = "cartridges with blanks between, each with a bar and a comma list of its gear sizes, or nothing"
    found: dict[str, tuple[str, ...]] = {}
    for item in text.split():
        name, separator, sizes = item.partition("|")
        if not separator or not WORD.fullmatch(name) or name in found:
            raise UnreadableValue(allowed)
        try:
            found[name] = words(sizes)
        except UnreadableValue:
            raise UnreadableValue(allowed) from None
    return tuple(found.items())


def networks(text: str) -> tuple[Network, ...]:
    """A comma list of networks, each an address or a range in CIDR notation, or nothing."""
    try:
        return tuple(ip_network(item.strip()) for item in text.split(",") if item.strip())
    except ValueError:
        raise UnreadableValue("a comma list of networks such as 10.0.0.0/8, or nothing") from None


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


def directory_or_nothing(text: str) -> str:
    """The path of a directory, or an empty text."""
    if "\0" in text:
        raise UnreadableValue("the path of a directory, or nothing")
    return text


def file_or_nothing(text: str) -> str:
    """The path of a file, which need not exist yet, or an empty text."""
    if "\0" in text:
        raise UnreadableValue("the path of a file, or nothing")
    return text


def header_or_nothing(text: str) -> str:
    """The name of a header that a proxy sets for users, or an empty text."""
    if not re.fullmatch(r"(X-(?!Forwarded-(For|Host|Proto|Port|By)$)[a-z0-9-]{1,60})?", text, re.IGNORECASE | re.ASCII):
        raise UnreadableValue("the name of a header such as X-Remote-User, or nothing")
    return text


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
