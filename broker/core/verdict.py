"""Whether an application is HA now, which rule fails if not, and which node or zone it would not survive."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from broker.core.limits import HA_MINIMUM


class VerdictState(StrEnum):
    """The three answers to "is it HA now?"."""

    HA = "ha"
    DEGRADED = "degraded"
    NOT_HA = "not_ha"


@dataclass(frozen=True, kw_only=True, slots=True)
class GearFacts:
    """What the verdict needs to know of a gear.

    `usable` says that it is started on a node that is heard of; `serves` that it carries the web framework.
    Rotation does not matter: a proxy gear that is out of rotation comes back in as soon as nothing else would
    serve.
    """

    node_id: str
    zone: str | None
    carries_proxy: bool
    usable: bool
    serves: bool = True


@dataclass(frozen=True, kw_only=True, slots=True)
class PlaceFacts:
    """The usable gears on one node: those that carry the proxy, and those that can serve requests."""

    node_id: str
    zone: str | None
    proxies: int
    serving: int


@dataclass(frozen=True, kw_only=True, slots=True)
class HaFacts:
    """An application in numbers, one row a node, however many gears it has.

    `asked` is the application's HA flag. `dns_registered` says that the HA name exists, or is a router's
    business. `wanted_proxies` is what the multiplier rule asks for; from `minimum_zones` 2 on, the loss of a
    zone must be survived too.
    """

    asked: bool
    dns_registered: bool
    places: tuple[PlaceFacts, ...]
    wanted_proxies: int = HA_MINIMUM
    minimum_zones: int = 1

    @classmethod
    def of_gears(
        cls,
        gears: Iterable[GearFacts],
        *,
        asked: bool,
        dns_registered: bool,
        wanted_proxies: int = HA_MINIMUM,
        minimum_zones: int = 1,
    ) -> "HaFacts":
        """The numbers of these gears."""
        proxies: Counter[tuple[str, str | None]] = Counter()
        serving: Counter[tuple[str, str | None]] = Counter()
        for gear in gears:
            proxies[gear.node_id, gear.zone] += gear.usable and gear.carries_proxy
            serving[gear.node_id, gear.zone] += gear.usable and gear.serves
        places = tuple(
            PlaceFacts(node_id=node_id, zone=zone, proxies=proxies[node_id, zone], serving=serving[node_id, zone])
            for node_id, zone in sorted(proxies, key=lambda place: (place[0], place[1] or ""))
        )
        return cls(
            asked=asked,
            dns_registered=dns_registered,
            places=places,
            wanted_proxies=wanted_proxies,
            minimum_zones=minimum_zones,
        )

    @property
    def proxies(self) -> int:
        """Proxy gears that can forward requests now."""
        return sum(place.proxies for place in self.places)

    @property
    def serving(self) -> int:
        """Gears that can serve requests now."""
        return sum(place.serving for place in self.places)


@dataclass(frozen=True, kw_only=True, slots=True)
class Verdict:
    """HA: asked for, and every rule holds. Degraded: asked for, requests are answered, but a rule fails.

    Not HA: not asked for, or no request is answered. `failed_rules` say why, for people. `answers` says that
    a request finds a proxy gear and a gear that serves; `fatal_nodes` and `fatal_zones` are those whose loss
    would end that.
    """

    state: VerdictState
    failed_rules: tuple[str, ...]
    answers: bool
    fatal_nodes: tuple[str, ...]
    fatal_zones: tuple[str, ...]

    @property
    def survives_any_node(self) -> bool:
        """Whether requests are answered now, and still would be after the loss of any one node."""
        return self.answers and not self.fatal_nodes

    @property
    def survives_any_zone(self) -> bool:
        """The same for the loss of any one zone; a gear whose zone is unknown is in none."""
        return self.answers and not self.fatal_zones


def verdict(facts: HaFacts) -> Verdict:
    """Whether the application is HA now; O(nodes), not O(gears)."""
    answers = facts.proxies > 0 and facts.serving > 0
    nodes = _fatal(facts, ((place.node_id, place) for place in facts.places))
    zones = _fatal(facts, ((place.zone, place) for place in facts.places if place.zone is not None))
    failed = tuple(_failures(facts, nodes, zones)) if facts.asked else ("HA is not enabled",)
    if not facts.asked or not answers:
        state = VerdictState.NOT_HA
    else:
        state = VerdictState.DEGRADED if failed else VerdictState.HA
    return Verdict(state=state, failed_rules=failed, answers=answers, fatal_nodes=nodes, fatal_zones=zones)


def _fatal(facts: HaFacts, places: Iterable[tuple[str, PlaceFacts]]) -> tuple[str, ...]:
    """The names whose loss leaves no proxy gear or nothing that serves, in order."""
    proxies: Counter[str] = Counter()
    serving: Counter[str] = Counter()
    for name, place in places:
        proxies[name] += place.proxies
        serving[name] += place.serving
    all_proxies, all_serving = facts.proxies, facts.serving
    return tuple(name for name in sorted(proxies) if proxies[name] == all_proxies or serving[name] == all_serving)


def _failures(facts: HaFacts, nodes: tuple[str, ...], zones: tuple[str, ...]) -> Iterator[str]:
    if facts.serving == 0:
        yield "no gear can serve requests"
    if facts.proxies < facts.wanted_proxies:
        yield f"{facts.proxies} of {facts.wanted_proxies} proxy gears can serve"
    if facts.proxies > 0 and facts.serving > 0:
        yield from (f"the loss of node {node} would not be survived" for node in nodes)
        if facts.minimum_zones > 1:
            yield from (f"the loss of zone {zone} would not be survived" for zone in zones)
    used = len({place.zone for place in facts.places if place.zone is not None and place.serving > 0})
    if facts.minimum_zones > 1 and used < facts.minimum_zones:
        yield f"gears can serve in {used} of at least {facts.minimum_zones} zones"
    if not facts.dns_registered:
        yield "the HA DNS name is not registered"
