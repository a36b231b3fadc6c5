"""Whether a gear receives traffic: by hand, or by the ratio at which proxy gears stop serving requests themselves."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from broker.core.ids import GearId
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

# How long a gear that is rotated out by hand is given for the requests it has, unless its owner says otherwise.
DRAIN_SECONDS: Final = 120
MOST_DRAIN_SECONDS: Final = 3600


def as_routed(rotation: Rotation) -> Rotation:
    """The rotation a router is told: a draining gear gets no new requests, so it is out."""
    return Rotation.IN if rotation is Rotation.IN else Rotation.OUT


def rotation_of(*, held_out: bool, carries_proxy: bool, proxies_out: bool) -> Rotation:
    """The rotation of a gear: out where it was taken out by hand, else what the gear ratio says for proxy gears."""
    return Rotation.OUT if held_out or (carries_proxy and proxies_out) else Rotation.IN


def shown_rotation(rotation: Rotation, *, held_out: bool, drained: bool) -> Rotation:
    """The rotation an owner is shown: what was taken out by hand drains until its time for that has passed."""
    return Rotation.DRAINING if held_out and not drained else rotation


@dataclass(frozen=True, kw_only=True, slots=True)
class RotationFacts:
    """A gear with the web framework; `can_serve` is that it is started, on a node that is heard of.

    Of an application that its owner has stopped, `can_serve` is what will be so once it is started.
    """

    gear_id: GearId
    ordinal: int
    is_head: bool
    held_out: bool
    can_serve: bool

    @property
    def serves(self) -> bool:
        """Whether requests find it; the gear ratio lets proxy gears serve wherever nothing else would."""
        return self.can_serve and not self.held_out


def others_serve(gears: Iterable[RotationFacts], gear_id: GearId) -> bool:
    """Whether requests are served without this gear; only then may it be taken out of rotation by hand."""
    return any(gear.serves for gear in gears if gear.gear_id != gear_id)


def may_leave(gears: Iterable[RotationFacts], gear_id: GearId) -> bool:
    """Whether this gear may go for good: it serves nothing, or requests are served without it."""
    known = tuple(gears)
    return others_serve(known, gear_id) or not any(gear.serves for gear in known if gear.gear_id == gear_id)


def kept_for_traffic(gears: Iterable[RotationFacts]) -> GearId | None:
    """The gear that stays when a group shrinks, so that not only gears are left that were taken out by hand.

    That is the oldest that serves, unless the head gear does, which stays anyway. None where nothing is taken out by
    hand: any gear that stays serves then, or none could.
    """
    known = sorted(gears, key=lambda gear: gear.ordinal)
    if not any(gear.held_out for gear in known) or any(gear.is_head and gear.serves for gear in known):
        return None
    return next((gear.gear_id for gear in known if gear.serves), None)


def gear_ratio(web_gears: int, proxy_gears: int) -> int:
    """Web gears for each proxy gear, rounded, halves up (5 to 2 is 3); 0 without a proxy gear."""
    return (2 * web_gears + proxy_gears) // (2 * proxy_gears) if proxy_gears > 0 else 0


def rotates_out(web_gears: int, proxy_gears: int, limit: int, others_serving: int | None = None) -> bool:
    """Whether every proxy gear stops serving requests itself: the ratio has reached `limit`.

    `web_gears` counts the proxy gears too. A negative limit means never. `others_serving` is how many gears
    without the proxy can serve now, all of them unless told; when there is none the proxy gears stay in,
    whatever the limit. The ratio counts gears that were taken out by hand, which still run; `others_serving` does not.
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
