"""Which gears of a group carry the sparse cartridge as it grows, and which gear goes when it shrinks."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from broker.core.errors import BelowMinimum, SparseMinimumViolated
from broker.core.ids import GearId
from broker.core.limits import HA_MINIMUM, UNLIMITED
from broker.core.spread import Spread


class MultiplierRule(StrEnum):
    """How a multiplier M becomes a number of proxy gears among n gears."""

    EVERY_MTH = "every-mth"  # n div M: gears M, 2M, 3M …
    CEIL = "ceil"  # n / M rounded up: gears 1, M + 1, 2M + 1 …


@dataclass(frozen=True, kw_only=True, slots=True)
class ProxyLimits:
    """How many gears of a group carry the proxy.

    At least `minimum`; with a positive `multiplier` their share of the gears by `rule`, at most `maximum`
    (-1: no end). A multiplier of zero or less asks for no share, so that `minimum` is all.
    """

    minimum: int = 1
    maximum: int = UNLIMITED
    multiplier: int = 0
    rule: MultiplierRule = MultiplierRule.EVERY_MTH


def proxy_limits(*, ha: bool, multiplier: int, rule: MultiplierRule = MultiplierRule.EVERY_MTH) -> ProxyLimits:
    """What holds for an application: two proxies and its multiplier's share in HA, otherwise one."""
    if ha:
        return ProxyLimits(minimum=HA_MINIMUM, multiplier=multiplier, rule=rule)
    return ProxyLimits(minimum=1, maximum=1, multiplier=0, rule=rule)


def wanted_proxies(gears: int, limits: ProxyLimits) -> int:
    """How many of `gears` gears should carry the proxy; the minimum wins over the maximum."""
    return min(gears, max(limits.minimum, _share(gears, limits)))


def _share(gears: int, limits: ProxyLimits) -> int:
    if limits.multiplier <= 0:
        return 0
    rounded_up = limits.rule is MultiplierRule.CEIL
    share = -(-gears // limits.multiplier) if rounded_up else gears // limits.multiplier
    return share if limits.maximum == UNLIMITED else min(share, limits.maximum)


def next_gear_carries_proxy(ordinal: int, proxies: int, limits: ProxyLimits) -> bool:
    """Whether gear number `ordinal`, counted from 1, carries the proxy, beside `proxies` that do.

    A group that is behind, because its multiplier changed, catches up by one proxy with every new gear.
    """
    return proxies < wanted_proxies(ordinal, limits)


def grow(gears: int, proxies: int, count: int, limits: ProxyLimits) -> tuple[bool, ...]:
    """For each of `count` new gears in turn, whether it carries the proxy; as if added one by one."""
    carries: list[bool] = []
    for ordinal in range(gears + 1, gears + count + 1):
        carries.append(next_gear_carries_proxy(ordinal, proxies, limits))
        proxies += carries[-1]
    return tuple(carries)


def is_proxy_surplus(gears: int, proxies: int, limits: ProxyLimits) -> bool:
    """Whether the next gear to go should be a proxy gear: the rest would want fewer than there are."""
    return proxies > limits.minimum and proxies > wanted_proxies(gears - 1, limits)


@dataclass(frozen=True, kw_only=True, slots=True)
class VictimCandidate:
    """A gear of the group that shrinks; `ordinal` rises in order of creation and is unique in the group.

    One that `must_stay` goes as little as the head gear does.
    """

    gear_id: GearId
    ordinal: int
    is_head: bool
    carries_proxy: bool
    node_id: str
    zone: str | None = None
    must_stay: bool = False


def choose_victims(
    gears: Iterable[VictimCandidate],
    count: int,
    limits: ProxyLimits,
    *,
    minimum_gears: int = 1,
    minimum_zones: int = 1,
) -> tuple[GearId, ...]:
    """The `count` gears that go, in the order in which they go; the same for any order of `gears`.

    Each is a surplus proxy gear where the multiplier has one, else a gear without the proxy: of those the one
    whose going leaves the most even spread over zones, then over nodes, then the newest. The head gear never
    goes, nor a gear that is the last but `minimum_zones` zones stand on, unless no other can. Raises
    BelowMinimum when fewer than `minimum_gears` gears would stay, SparseMinimumViolated when no gear may go.
    About O(n log n + count * zones).
    """
    group = _Group(gears, limits, minimum_zones)
    if count > 0 and group.size - count < minimum_gears:
        raise BelowMinimum(minimum_gears)
    victims: list[GearId] = []
    for _ in range(count):
        victim = group.next_victim()
        if victim is None:
            raise SparseMinimumViolated(count)
        group.remove(victim)
        victims.append(victim.gear_id)
    return tuple(victims)


class _Group:
    """The group as it shrinks: two spreads, of all its gears and of its proxy gears."""

    def __init__(self, gears: Iterable[VictimCandidate], limits: ProxyLimits, minimum_zones: int) -> None:
        self._limits = limits
        self._minimum_zones = minimum_zones
        self._all: Spread[VictimCandidate] = Spread()
        self._proxies: Spread[VictimCandidate] = Spread()
        for gear in sorted(gears, key=lambda gear: gear.ordinal):
            may_go = not gear.is_head and not gear.must_stay
            self._all.add(gear.zone, gear.node_id, gear.ordinal, gear if may_go and not gear.carries_proxy else None)
            if gear.carries_proxy:
                self._proxies.add(gear.zone, gear.node_id, gear.ordinal, gear if may_go else None)

    @property
    def size(self) -> int:
        return self._all.size

    def next_victim(self) -> VictimCandidate | None:
        surplus = is_proxy_surplus(self._all.size, self._proxies.size, self._limits)
        pools = (self._proxies, self._all) if surplus else (self._all,)
        kept = self._zones_to_keep()
        for spared in (kept, frozenset[str]()) if kept else (kept,):
            for pool in pools:
                found = pool.fullest(spared)
                if found is not None:
                    return found
        return None

    def _zones_to_keep(self) -> frozenset[str]:
        zones = self._all.zones
        return self._all.zones_with_one if zones <= self._minimum_zones else frozenset()

    def remove(self, gear: VictimCandidate) -> None:
        self._all.remove(gear.zone, gear.node_id, taken=not gear.carries_proxy)
        if gear.carries_proxy:
            self._proxies.remove(gear.zone, gear.node_id, taken=True)
