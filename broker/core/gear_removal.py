"""What it takes to delete one gear that its owner names: it just goes, or another takes its place before it does."""

from collections.abc import Iterable
from dataclasses import dataclass

from broker.core.errors import BelowMinimum, Invalid, NotFound
from broker.core.high_availability import PromotionCandidate, next_promotion
from broker.core.ids import GearId
from broker.core.sparse import ProxyLimits, wanted_proxies

REFUSED = 126


class GearNotFound(NotFound):
    """The application does not have this gear."""

    code = "gear_not_found"
    exit_code = 101

    def __init__(self, gear_id: str) -> None:
        super().__init__(f"Gear '{gear_id}' not found.")


class GearRefused(Invalid):
    """The gear cannot do what is asked of it, as things are."""

    code = "gear_refused"
    exit_code = REFUSED


@dataclass(frozen=True, kw_only=True, slots=True)
class RemovalFacts:
    """The gear that is to go, and the group it is in.

    `gears` are all of the group, it among them; `usable` ones could be given the proxy. `is_web` says that the group
    carries the web framework, so that another gear can do what this one does. `is_lost` is that its node is not heard
    of.
    """

    gear_id: GearId
    is_head: bool
    is_lost: bool
    is_web: bool
    gears: tuple[PromotionCandidate, ...]
    limits: ProxyLimits
    minimum_gears: int
    minimum_zones: int
    allow_multiple_on_node: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Removal:
    """What comes before the gear goes: one is promoted, or one is built, or neither."""

    promote: GearId | None = None
    builds: bool = False
    carries_proxy: bool = False


def plan_removal(facts: RemovalFacts) -> Removal:
    """How this gear goes, so that the group keeps its minimum of gears and zones, and the proxies it wants.

    A proxy gear that is needed passes the proxy on to another gear, and where none qualifies, or the group is at its
    minimum, to a new one. A lost gear of a group at its minimum is replaced too. Raises `GearRefused` for the head
    gear and where too few zones would be left, `BelowMinimum` where too few gears would.
    """
    if facts.is_head:
        raise GearRefused(f"Gear '{facts.gear_id}' is the head gear of its application, and cannot be deleted.")
    rest = [gear for gear in facts.gears if gear.gear_id != facts.gear_id]
    (going,) = (gear for gear in facts.gears if gear.gear_id == facts.gear_id)
    proxies = sum(gear.carries_proxy for gear in rest)
    left = max(len(rest), facts.minimum_gears)
    owes_proxy = going.carries_proxy and proxies < wanted_proxies(left, facts.limits)
    fits = len(rest) >= facts.minimum_gears
    is_spread = keeps_zones((gear.zone for gear in facts.gears), (gear.zone for gear in rest), facts.minimum_zones)
    if fits and is_spread and not owes_proxy:
        return Removal()
    if fits and is_spread:
        promoted = next_promotion(rest, allow_multiple_on_node=facts.allow_multiple_on_node)
        return Removal(builds=True, carries_proxy=True) if promoted is None else Removal(promote=promoted)
    if facts.is_web and (owes_proxy or facts.is_lost):
        needs_proxy = going.carries_proxy and proxies < wanted_proxies(len(facts.gears), facts.limits)
        return Removal(builds=True, carries_proxy=needs_proxy)
    if not fits:
        raise BelowMinimum(facts.minimum_gears)
    raise too_few_zones(facts.gear_id, facts.minimum_zones)


def keeps_zones(before: Iterable[str | None], after: Iterable[str | None], minimum: int) -> bool:
    """Whether gears in the zones `after` are in as many as there must be, or in as many as they were.

    A minimum of one asks for nothing: a gear in a zone that is not known is as good as any.
    """
    were, are = (len({zone for zone in zones if zone is not None}) for zones in (before, after))
    return minimum <= 1 or are >= min(minimum, were)


def too_few_zones(gear_id: GearId, minimum: int) -> GearRefused:
    """The refusal of a gear whose going would leave too few zones."""
    text = f"Gear '{gear_id}' cannot be deleted: its application must have gears in at least {minimum} zones."
    return GearRefused(text)
