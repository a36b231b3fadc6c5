"""Narrow: among zones with candidates, keep those that spread the gear group best, and never none."""

from collections.abc import Callable, Sequence

from broker.core.placement.levels import FRESH, Level, Order
from broker.core.placement.zone import CANDIDATES, Zone

ZonePreference = Callable[[Sequence[Zone]], Sequence[Zone]]


def zone_known(zones: Sequence[Zone]) -> Sequence[Zone]:
    """Nodes whose zone is known, if there are any: a gear elsewhere may share a zone unseen."""
    return [zone for zone in zones if zone.is_known] or zones


def fewest_proxies(zones: Sequence[Zone]) -> Sequence[Zone]:
    """The zones with the fewest proxy gears of the group."""
    least = min([zone.group_proxies for zone in zones])
    return [zone for zone in zones if zone.group_proxies == least]


def fewest_gears(zones: Sequence[Zone]) -> Sequence[Zone]:
    """The zones with the fewest gears of the group."""
    least = min([zone.group_gears for zone in zones])
    return [zone for zone in zones if zone.group_gears == least]


FOR_GEARS: tuple[ZonePreference, ...] = (zone_known, fewest_gears)
FOR_PROXIES: tuple[ZonePreference, ...] = (zone_known, fewest_proxies, fewest_gears)


def narrow(zones: Sequence[Zone], candidates: int, order: Order) -> tuple[Sequence[Zone], Level, tuple[int, ...]]:
    """Ask every preference in order: the zones kept, the level of their nodes, and the nodes left each time.

    The zones have so many candidates, at least one each. The counts follow `preferences_asked()`.
    """
    left = []
    for preference in FOR_GEARS if order is Order.GEAR else FOR_PROXIES:
        if len(zones) > 1:
            kept = preference(zones)
            if len(kept) < len(zones):
                zones, candidates = kept, sum(map(CANDIDATES[order], kept))
        left.append(candidates)
    zones, level, as_few_proxies, count = narrow_nodes(zones, order)
    return zones, level, (*left, count) if order is Order.GEAR else (*left, as_few_proxies, count)


def narrow_nodes(zones: Sequence[Zone], order: Order) -> tuple[Sequence[Zone], Level, int, int]:
    """The zones with nodes of the best level, that level; nodes with as few proxies, and of the level."""
    fresh = sum([zone.fresh for zone in zones])
    if fresh:
        unproxied = 0 if order is Order.GEAR else sum([zone.unproxied for zone in zones])
        return [zone for zone in zones if zone.fresh], FRESH, unproxied, fresh
    if len(zones) == 1:
        return zones, *zones[0].best(order)
    best = [zone.best(order) for zone in zones]
    level = min(best)[0]
    as_few_proxies = sum([proxies for each, proxies, _ in best if each[0] == level[0]])
    count = sum([count for each, _, count in best if each == level])
    return (
        [zone for zone, each in zip(zones, best, strict=True) if each[0] == level],
        level,
        as_few_proxies,
        count,
    )
