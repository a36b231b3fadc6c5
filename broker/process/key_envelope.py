"""What can be said of a private key in PEM before it is opened: its form, and how long opening it would take."""

import base64
import binascii
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

PLAIN = ("PRIVATE KEY", "RSA PRIVATE KEY", "DSA PRIVATE KEY", "EC PRIVATE KEY")
ENCRYPTED = "ENCRYPTED PRIVATE KEY"
# Three times what a key of 4,096 bits needs.
MOST_BYTES = 8 * 1024
# OpenSSL makes 2,048 rounds, and who is careful makes 600,000; a million take about a second.
MOST_ROUNDS = 1_000_000
# The product of scrypt's three numbers: 128 MiB, or as long as a million rounds. OpenSSL's is 2 to the 17th.
MOST_SCRYPT_COST = 2**20
_DEEPEST = 8
_INTEGER, _OBJECT, _SEQUENCE = 0x02, 0x06, 0x30
_SCRYPT = bytes.fromhex("2b060104 01da4704 0b")
_BODY = re.compile(r"-----BEGIN [^-]*-----(?P<headers>(?:\s*[\w-]+:[^\n]*\n)*)(?P<body>[^-]*)-----END")


@dataclass(frozen=True, kw_only=True, slots=True)
class KeyEnvelope:
    """One PEM block, and whether a pass phrase opens it."""

    pem: bytes = field(repr=False)
    is_encrypted: bool


def read_key_envelope(label: str, block: str) -> KeyEnvelope:
    """The envelope of a PEM block with this label; raises `ValueError` for what should not be opened, saying why."""
    if label not in (*PLAIN, ENCRYPTED):
        raise ValueError(f"keys in the form {label} are not read, but those of {', '.join((*PLAIN, ENCRYPTED))}")
    found = _BODY.match(block)
    if found is None or not block.isascii():
        raise ValueError("it is no PEM")
    try:
        content = base64.b64decode("".join(found["body"].split()), validate=True)
    except binascii.Error:
        raise ValueError("it is no PEM") from None
    if len(content) > MOST_BYTES:
        raise ValueError(f"it is longer than {MOST_BYTES} bytes")
    if label == ENCRYPTED:
        _check_rounds(content)
    return KeyEnvelope(pem=block.encode(), is_encrypted=label == ENCRYPTED or "ENCRYPTED" in found["headers"])


def _check_rounds(content: bytes) -> None:
    """Refuse a pass phrase that was made to take minutes: whoever asks could choose how long the broker is busy."""
    outer = list(_elements(content))
    algorithm = next(_elements(outer[0][1]), None) if len(outer) == 1 and outer[0][0] == _SEQUENCE else None
    if algorithm is None:
        raise ValueError("it cannot be read")
    leaves = list(_leaves(algorithm, 0))
    numbers = [int.from_bytes(text, signed=True) for tag, text in leaves if tag == _INTEGER]
    if (_OBJECT, _SCRYPT) in leaves:
        cost = 1
        for number in numbers[:3]:
            cost *= number
        too_long = cost > MOST_SCRYPT_COST
    else:
        too_long = max(numbers, default=0) > MOST_ROUNDS
    if too_long or min(numbers, default=0) < 0:
        raise ValueError(f"its pass phrase takes too long to check; make it with {MOST_ROUNDS} rounds at most")


def _leaves(element: tuple[int, bytes], depth: int) -> Iterator[tuple[int, bytes]]:
    """What an element holds in its sequences, or it alone."""
    tag, content = element
    if tag != _SEQUENCE:
        yield element
        return
    if depth == _DEEPEST:
        raise ValueError("it cannot be read")
    for each in _elements(content):
        yield from _leaves(each, depth + 1)


def _elements(content: bytes) -> Iterator[tuple[int, bytes]]:
    """The elements of DER that lie side by side, each with its tag; raises `ValueError` where it is none."""
    place = 0
    while place < len(content):
        header = content[place : place + 2]
        if len(header) < len(b"tl"):
            raise ValueError("it cannot be read")
        tag, length = header
        place += len(header)
        if length & 0x80:
            size = length & 0x7F
            length = int.from_bytes(content[place : place + size])
            place += size
            if not size:
                raise ValueError("it cannot be read")
        if place + length > len(content):
            raise ValueError("it cannot be read")
        yield tag, content[place : place + length]
        place += length
