"""Whether a gear receives traffic, and the ratio at which proxy gears stop serving requests themselves."""

from enum import StrEnum
from typing import Final

from broker.core.transitions import TransitionTable


class Rotation(StrEnum):
    """Whether proxies send requests to a gear."""

    IN = "in"
    DRAINING = "draining"
    OUT = "out"


class RotationInput(StrEnum):
    """What changes a gear's rotation."""

    ROTATE_IN = "rotate_in"
    DRAIN = "drain"
    ROTATE_OUT = "rotate_out"


_R = Rotation
_I = RotationInput

# The documented rule, as for a gear's life: judging an application stores in or out for many gears in one statement.
ROTATION: Final = TransitionTable[Rotation, RotationInput](
    initial=_R.OUT,  # a gear is added to traffic once it can serve, never before
    moves={
        (_R.OUT, _I.ROTATE_IN): _R.IN,
        (_R.OUT, _I.ROTATE_OUT): _R.OUT,
        (_R.IN, _I.ROTATE_IN): _R.IN,
        (_R.IN, _I.DRAIN): _R.DRAINING,
        (_R.IN, _I.ROTATE_OUT): _R.OUT,
        (_R.DRAINING, _I.ROTATE_IN): _R.IN,
        (_R.DRAINING, _I.DRAIN): _R.DRAINING,
        (_R.DRAINING, _I.ROTATE_OUT): _R.OUT,
    },
)

RATIO_VARIABLE: Final = "OPENSHIFT_HAPROXY_GEAR_RATIO"


def as_routed(rotation: Rotation) -> Rotation:
    """The rotation a router is told: a draining gear gets no new requests, so it is out."""
    return Rotation.IN if rotation is Rotation.IN else Rotation.OUT


def gear_ratio(web_gears: int, proxy_gears: int) -> int:
    """Web gears for each proxy gear, rounded, halves up (5 to 2 is 3); 0 without a proxy gear."""
    return (2 * web_gears + proxy_gears) // (2 * proxy_gears) if proxy_gears > 0 else 0


def rotates_out(web_gears: int, proxy_gears: int, limit: int, others_serving: int | None = None) -> bool:
    """Whether every proxy gear stops serving requests itself: the ratio has reached `limit`.

    `web_gears` counts the proxy gears too. A negative limit means never. `others_serving` is how many gears
    without the proxy can serve now, all of them unless told; when there is none the proxy gears stay in,
    whatever the limit.
    """
    plain = web_gears - proxy_gears if others_serving is None else others_serving
    if limit < 0 or proxy_gears <= 0 or plain <= 0:
        return False
    return gear_ratio(web_gears, proxy_gears) >= limit


def ratio_limit(node_wide: int, own: str | None) -> int:
    """The limit that holds for an application: its own environment variable, else the node-wide value.

    An own value that is no integer is ignored, as if it were not set.
    """
    text = (own or "").strip()
    digits = text[1:] if text[:1] in {"+", "-"} else text
    if not (digits.isascii() and digits.isdigit()):
        return node_wide
    # The value is only compared, and int() refuses texts of thousands of digits.
    return int(text[:19])
