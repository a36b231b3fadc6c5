"""Conditional requests (RFC 9110): the `ETag` of what is shown, and the conditions of who reads or changes it.

Who has it says so by `If-None-Match` and is not sent it again; who changes it says by `If-Match` what they have seen.
A tag has two parts. The revision is that of what is stored, and is compared where it is changed, with its row held;
the rest makes the tag another one for every other way to show the same.
"""

import hashlib
import re
from typing import Final

from broker.api.refusals import Unreadable

ETAG: Final = "ETag"
IF_MATCH: Final = "If-Match"
IF_NONE_MATCH: Final = "If-None-Match"
SHOWN_LENGTH = 12
_EACH_TAG = re.compile(r'"[\x21\x23-\x7e]*"')
_TAG = re.compile(r'\s*(W/)?"([\x21\x23-\x7e]*)"\s*')


def tag_of(revision: str, body: bytes) -> str:
    """The tag of an answer with this body."""
    return f'"{revision}-{hashlib.sha256(body).hexdigest()[:SHOWN_LENGTH]}"'


def read_if_match(given: str | None) -> tuple[str, ...] | None:
    """The revisions of which one must be what is changed; None where it may be any. Raises `Unreadable`.

    A weak tag never matches, and `*` matches whatever is there.
    """
    if given is None or given.strip() == "*":
        return None
    found = [_TAG.fullmatch(part) for part in given.split(",")]
    tags = [tag for tag in found if tag is not None]
    if len(tags) != len(found):
        raise Unreadable(
            'If-Match has entity tags in quotes, as ETag gave them, such as "0123456789abcdef-0123456789ab".'
        )
    return tuple(tag[2].partition("-")[0] for tag in tags if not tag[1])


def is_had(tag: str, given: str | None) -> bool:
    """Whether who sent this `If-None-Match` has what has the tag: it is one of theirs, weak or not, or they said `*`.

    What is no tag is none of them: then the whole is sent, which is never wrong.
    """
    return given is not None and (given.strip() == "*" or tag in _EACH_TAG.findall(given))
