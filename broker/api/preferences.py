"""What a client says about how it is answered: `Prefer` (RFC 7240) and `Idempotency-Key`."""

import re

from broker.api.refusals import Unreadable

PREFER = "Prefer"
RESPOND_ASYNC = "respond-async"
IDEMPOTENCY_KEY = "Idempotency-Key"
LONGEST_KEY = 255
_QUOTED = re.compile(r'"(?:[^"\\]|\\.)*"')
_ESCAPED = re.compile(r'\\(["\\])')
_PRINTABLE = re.compile(r"[\x20-\x7e]+")


def prefers_async(prefer: str) -> bool:
    """Whether the client would rather not wait for the change that it asks for."""
    wishes = _QUOTED.sub("", prefer).split(",")
    return any(wish.partition(";")[0].strip().lower() == RESPOND_ASYNC for wish in wishes)


def read_key(given: str | None) -> str | None:
    """The key, without the quotes that it may be in; None where there is none. Raises `Unreadable`."""
    if given is None:
        return None
    key = given.strip()
    if _QUOTED.fullmatch(key):
        key = _ESCAPED.sub(r"\1", key[1:-1])
    if len(key) > LONGEST_KEY or not _PRINTABLE.fullmatch(key):
        text = (
            f"An Idempotency-Key has 1 to {LONGEST_KEY} printable ASCII characters. Take a new UUID for each request."
        )
        raise Unreadable(text)
    return key
