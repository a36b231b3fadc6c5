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


class Rule(StrEnum):
    """The rules that an application has to keep to be HA, by names that stay the same."""

    ASKED_FOR = "asked_for"
    SOMETHING_SERVES = "something_serves"
    ENOUGH_PROXIES = "enough_proxies"
    ANY_NODE_MAY_BE_LOST = "any_node_may_be_lost"
    ANY_ZONE_MAY_BE_LOST = "any_zone_may_be_lost"
    ENOUGH_ZONES = "enough_zones"
    NAME_IS_REGISTERED = "name_is_registered"


@dataclass(frozen=True, kw_only=True, slots=True)
class Failure:
    """A rule that fails: what is wrong, and what would help, both for people."""

    rule: Rule
    text: str
    advice: str


@dataclass(frozen=True, kw_only=True, slots=True)
class GearFacts:
    """What the verdict needs to know of a gear.

    `usable` says that it is started on a node that is heard of; `serves` that it carries the web framework, and has
    not been taken out of rotation by hand. The gear ratio does not matter: a proxy gear that it has taken out of
    rotation comes back in as soon as nothing else would serve.
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
    zone must be survived too. `running` is whether its owner wants it to, and `held_out` how many gears could serve
    and were taken out of rotation by hand: both only say what would help.
    """

    asked: bool
    dns_registered: bool
    places: tuple[PlaceFacts, ...]
    wanted_proxies: int = HA_MINIMUM
    minimum_zones: int = 1
    running: bool = True
    held_out: int = 0

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

    Not HA: not asked for, or no request is answered. `failures` say why. `answers` says that a request finds a
    proxy gear and a gear that serves; `fatal_nodes` and `fatal_zones` are those whose loss would end that. `proxies`
    and `serving` are the gears that can forward and serve requests now.
    """

    state: VerdictState
    failures: tuple[Failure, ...]
    answers: bool
    fatal_nodes: tuple[str, ...]
    fatal_zones: tuple[str, ...]
    proxies: int
    wanted_proxies: int
    serving: int

    @property
    def failed_rules(self) -> tuple[str, ...]:
        """What is wrong, for people."""
        return tuple(failure.text for failure in self.failures)

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
    failed = tuple(_failures(facts, nodes, zones)) if facts.asked else (_NOT_ASKED,)
    if not facts.asked or not answers:
        state = VerdictState.NOT_HA
    else:
        state = VerdictState.DEGRADED if failed else VerdictState.HA
    return Verdict(
        state=state,
        failures=failed,
        answers=answers,
        fatal_nodes=nodes,
        fatal_zones=zones,
        proxies=facts.proxies,
        wanted_proxies=facts.wanted_proxies,
        serving=facts.serving,
    )


def _fatal(facts: HaFacts, places: Iterable[tuple[str, PlaceFacts]]) -> tuple[str, ...]:
    """The names whose loss leaves no proxy gear or nothing that serves, in order."""
    proxies: Counter[str] = Counter()
    serving: Counter[str] = Counter()
    for name, place in places:
        proxies[name] += place.proxies
        serving[name] += place.serving
    all_proxies, all_serving = facts.proxies, facts.serving
    return tuple(name for name in sorted(proxies) if proxies[name] == all_proxies or serving[name] == all_serving)


_NOT_ASKED = Failure(rule=Rule.ASKED_FOR, text="HA is not enabled", advice="Enable HA with the event 'enable-ha'.")
_START = "Start the application."
_AWAY = "Scale up, or wait until the nodes that are not heard of come back."


def _failures(facts: HaFacts, nodes: tuple[str, ...], zones: tuple[str, ...]) -> Iterator[Failure]:
    if facts.serving == 0:
        yield _failure(Rule.SOMETHING_SERVES, "no gear can serve requests", _to_serve(facts))
    if facts.proxies < facts.wanted_proxies:
        text = f"{facts.proxies} of {facts.wanted_proxies} proxy gears can serve"
        yield _failure(Rule.ENOUGH_PROXIES, text, _AWAY if facts.running else _START)
    if facts.proxies > 0 and facts.serving > 0:
        yield from _unsurvived(facts, nodes, zones)
    used = len({place.zone for place in facts.places if place.zone is not None and place.serving > 0})
    if facts.minimum_zones > 1 and used < facts.minimum_zones:
        text = f"gears can serve in {used} of at least {facts.minimum_zones} zones"
        yield _failure(Rule.ENOUGH_ZONES, text, _in_another("zone") if facts.running else _START)
    if not facts.dns_registered:
        yield _failure(Rule.NAME_IS_REGISTERED, "the HA DNS name is not registered", "Disable HA and enable it again.")


def _unsurvived(facts: HaFacts, nodes: tuple[str, ...], zones: tuple[str, ...]) -> Iterator[Failure]:
    lost = [(Rule.ANY_NODE_MAY_BE_LOST, "node", name) for name in nodes]
    if facts.minimum_zones > 1:
        lost += [(Rule.ANY_ZONE_MAY_BE_LOST, "zone", name) for name in zones]
    for rule, what, name in lost:
        yield _failure(rule, f"the loss of {what} {name} would not be survived", _apart(facts, what))


def _apart(facts: HaFacts, what: str) -> str:
    return f"Rotate a gear in, or: {_in_another(what)}" if facts.held_out else _in_another(what)


def _in_another(what: str) -> str:
    """More gears are what helps, for they go where there are fewest; where they can go is the operator's to change."""
    missing = "a node in another zone" if what == "zone" else "another node"
    return f"Scale up; where that does not help, {missing} is needed."


def _to_serve(facts: HaFacts) -> str:
    if not facts.running:
        return _START
    return "Rotate a gear in." if facts.held_out else _AWAY


def _failure(rule: Rule, text: str, advice: str) -> Failure:
    return Failure(rule=rule, text=text, advice=advice)
