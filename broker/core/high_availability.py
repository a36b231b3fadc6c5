"""Whether an application may be made HA, and which gears then come to carry the proxy."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from heapq import heapify, heappop, heappush
from typing import Final

from broker.core.errors import HighAvailabilityRefused
from broker.core.ids import GearId
from broker.core.limits import HA_MINIMUM
from broker.core.sparse import ProxyLimits, wanted_proxies

_FEATURE_OFF: Final = "This feature ('High Availability') is currently disabled."


@dataclass(frozen=True, kw_only=True, slots=True)
class MakeHaFacts:
    """What decides whether an application may be made HA; `max_gears` is that of the proxy's gear group."""

    allowed_on_platform: bool
    allowed_to_owner: bool
    owner_login: str
    scalable: bool
    ha: bool
    has_web_proxy: bool
    max_gears: int


def check_make_ha(facts: MakeHaFacts) -> None:
    """HighAvailabilityRefused with the first reason against it, in the order of the REST contract."""
    reasons = (
        (
            not facts.allowed_on_platform,
            f"{_FEATURE_OFF} Enable it in OpenShift's config options.",
        ),
        (
            not facts.allowed_to_owner,
            f"'High Availability' is not an allowed feature for the account ('{facts.owner_login}')",
        ),
        (not facts.scalable, "Only scalable applications can be made 'HA'"),
        (facts.ha, "Application is already HA"),
        (
            not facts.has_web_proxy,
            "Cannot make the application HA because there is no web cartridge.",
        ),
        (
            facts.max_gears == 1,
            "Cannot make the application HA because the web cartridge's max gear limit is '1'",
        ),
    )
    _refuse_first(reasons)


@dataclass(frozen=True, kw_only=True, slots=True)
class DisableHaFacts:
    """What decides whether HA may be ended; neither the platform's nor the owner's permission does."""

    ha: bool
    scalable: bool
    has_web_proxy: bool


def check_disable_ha(facts: DisableHaFacts) -> None:
    """HighAvailabilityRefused with the first reason against it, in the order of the REST contract."""
    reasons = (
        (not facts.ha, "HA is not active for this application."),
        (not facts.scalable, "HA operations are allowed only on scalable applications"),
        (not facts.has_web_proxy, "Cannot disable HA because there is no web cartridge."),
    )
    _refuse_first(reasons)


def _refuse_first(reasons: Iterable[tuple[bool, str]]) -> None:
    for holds, text in reasons:
        if holds:
            raise HighAvailabilityRefused(text)


@dataclass(frozen=True, kw_only=True, slots=True)
class PromotionCandidate:
    """A gear of the web group; `usable` says that the proxy could be put on it, or serve on it, now."""

    gear_id: GearId
    ordinal: int
    node_id: str
    zone: str | None
    carries_proxy: bool
    usable: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class EnablePlan:
    """The gears that are given the proxy, in this order, and how many proxy gears must be added."""

    promote: tuple[GearId, ...]
    add_proxy_gears: int


def plan_enable(
    gears: Iterable[PromotionCandidate], limits: ProxyLimits, *, allow_multiple_on_node: bool = False
) -> EnablePlan:
    """How the group comes to the proxy gears that HA asks for, at least two that count.

    A proxy gear counts when it is usable, and once for each node unless `allow_multiple_on_node`. Gears that
    exist are promoted first: in the zone with the fewest proxy gears, on the node with the fewest, the
    oldest. A gear is added only for the two that HA cannot do without; a larger share is caught up as the
    group grows. The same for any order.
    """
    known = sorted(gears, key=lambda gear: gear.ordinal)
    pool = _Promotions(known, allow_multiple_on_node=allow_multiple_on_node)
    least = max(HA_MINIMUM, limits.minimum)
    wanted = max(least, wanted_proxies(len(known), limits))
    promoted: list[GearId] = []
    while pool.proxies < wanted:
        gear = pool.promote_next()
        if gear is None:
            break
        promoted.append(gear.gear_id)
    return EnablePlan(promote=tuple(promoted), add_proxy_gears=max(0, least - pool.proxies))


def next_promotion(gears: Iterable[PromotionCandidate], *, allow_multiple_on_node: bool = False) -> GearId | None:
    """The gear that is given the proxy next, as when HA is enabled; None where none qualifies."""
    known = sorted(gears, key=lambda gear: gear.ordinal)
    found = _Promotions(known, allow_multiple_on_node=allow_multiple_on_node).promote_next()
    return None if found is None else found.gear_id


class _Promotions:
    """The gears that may be given the proxy, by zone, with the best of each zone at hand."""

    def __init__(self, gears: list[PromotionCandidate], *, allow_multiple_on_node: bool) -> None:
        self._many_on_node = allow_multiple_on_node
        usable = [gear for gear in gears if gear.usable]
        carriers = [gear for gear in usable if gear.carries_proxy]
        self._on_node = Counter(gear.node_id for gear in gears if gear.carries_proxy)
        self._in_zone = Counter(gear.zone for gear in carriers)
        self.proxies = len(carriers) if allow_multiple_on_node else len({gear.node_id for gear in carriers})
        self._queues: dict[str | None, list[tuple[int, int, PromotionCandidate]]] = {}
        for gear in usable:
            if not gear.carries_proxy and self._may_carry(gear):
                entry = (self._on_node[gear.node_id], gear.ordinal, gear)
                self._queues.setdefault(gear.zone, []).append(entry)
        for queue in self._queues.values():
            heapify(queue)

    def _may_carry(self, gear: PromotionCandidate) -> bool:
        return self._many_on_node or self._on_node[gear.node_id] == 0

    def promote_next(self) -> PromotionCandidate | None:
        """Takes the gear that spreads the proxies best; None when no gear qualifies."""
        tops = {zone: top for zone in self._queues if (top := self._top(zone)) is not None}
        if not tops:
            return None
        zone = min(tops, key=lambda zone: (self._in_zone[zone], tops[zone][:2]))
        gear = heappop(self._queues[zone])[2]
        self._on_node[gear.node_id] += 1
        self._in_zone[zone] += 1
        self.proxies += 1
        return gear

    def _top(self, zone: str | None) -> tuple[int, int, PromotionCandidate] | None:
        queue = self._queues[zone]
        while queue:
            on_node, ordinal, gear = queue[0]
            if not self._may_carry(gear):
                heappop(queue)
            elif on_node != self._on_node[gear.node_id]:
                # Its node has been given a proxy since: it stands further back now.
                heappop(queue)
                heappush(queue, (self._on_node[gear.node_id], ordinal, gear))
            else:
                return queue[0]
        return None
