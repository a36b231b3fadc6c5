"""Why this node and not that one: every node of the fleet by name, for whoever asks."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from broker.core.errors import NoNodeAvailable
from broker.core.placement.batch import Batch
from broker.core.placement.draw import Draw
from broker.core.placement.fleet import Fleet
from broker.core.placement.model import Node, Outcome, Placement, Request, Rules, Verdict
from broker.core.placement.policies import Pick, named
from broker.core.placement.reasons import (
    PREFERENCE_SENTENCES,
    REFUSAL_SENTENCES,
    Preference,
    Requirement,
    preferences_asked,
)
from broker.core.placement.spread import GroupSpread


@dataclass(frozen=True, kw_only=True, slots=True)
class Explanation:
    """What would become of a gear, and of every node; `refusal` is set where no node was left."""

    placement: Placement | None
    refusal: NoNodeAvailable | None
    verdicts: Mapping[str, Verdict]


def explain(
    fleet: Fleet,
    spread: GroupSpread,
    request: Request,
    *,
    rules: Rules,
    draw: Draw,
    policy: str | Pick = "least_loaded",
) -> Explanation:
    """Say where one gear would go now and give each node its verdict; nothing is reserved.

    This passes over the whole fleet, and asks the rules node by node; `place()` does neither.
    """
    placement, refusal = _attempt(Batch(fleet, spread, request, rules=rules, draw=draw, policy=named(policy)), request)
    nodes = sorted(fleet, key=lambda node: node.node_id)
    refused = refusals_by_node(nodes, spread, request, rules)
    left = [node for node in nodes if node.node_id not in refused]
    outdone = _outdone_by_node(left, spread, request)
    chosen = placement.node_id if placement else None
    verdicts = {
        node.node_id: _verdict(node.node_id, chosen, refused.get(node.node_id), outdone.get(node.node_id))
        for node in nodes
    }
    return Explanation(placement=placement, refusal=refusal, verdicts=verdicts)


def refusals_by_node(
    nodes: Iterable[Node], spread: GroupSpread, request: Request, rules: Rules
) -> dict[str, Requirement]:
    """The first requirement that each refused node misses; nodes that meet all are absent."""
    region = spread.region or request.region
    nodes = list(nodes)
    refused = {}
    for node in nodes:
        requirement = _missed(node, region, spread, request, rules)
        if requirement:
            refused[node.node_id] = requirement
    if rules.minimum_zones > 1:
        left = [node for node in nodes if node.node_id not in refused]
        enough = _regions_with_enough_zones(nodes, left, spread, request, rules)
        refused |= {node.node_id: Requirement.TOO_FEW_ZONES for node in left if node.region not in enough}
    return refused


def _attempt(batch: Batch, request: Request) -> tuple[Placement | None, NoNodeAvailable | None]:
    try:
        return batch.choose(request), None
    except NoNodeAvailable as refusal:
        return None, refusal


def _missed(node: Node, region: str | None, spread: GroupSpread, request: Request, rules: Rules) -> Requirement | None:
    proxies_must_part = request.carries_proxy and not rules.allow_multiple_proxies_on_node
    misses = (
        (Requirement.OTHER_PROFILE, rules.profile_enabled and node.profile != request.profile),
        (Requirement.OTHER_REGION, region is not None and node.region != region),
        (Requirement.INACTIVE, not node.active),
        (Requirement.UNRESPONSIVE, not node.responsive),
        (Requirement.NO_ZONE, rules.zones_required and node.zone is None),
        (Requirement.FULL, node.gears >= node.capacity),
        (Requirement.EXCLUDED, node.node_id in request.excluded),
        (Requirement.PROXY_ON_NODE, proxies_must_part and node.node_id in spread.proxies),
    )
    return next((requirement for requirement, is_missed in misses if is_missed), None)


def _regions_with_enough_zones(
    nodes: Iterable[Node], left: Iterable[Node], spread: GroupSpread, request: Request, rules: Rules
) -> set[str | None]:
    known = [node for node in nodes if not rules.profile_enabled or node.profile == request.profile]
    existing = {(node.region, node.zone) for node in known if node.zone is not None}
    reachable = {(node.region, node.zone) for node in left if node.zone is not None} | set(spread.zones_used())
    return {
        region
        for region in {node.region for node in left}
        if sum(place[0] == region for place in reachable)
        >= min(rules.minimum_zones, sum(place[0] == region for place in existing))
    }


def _outdone_by_node(candidates: list[Node], spread: GroupSpread, request: Request) -> dict[str, Preference]:
    badness: dict[Preference, Callable[[Node], int]] = {
        Preference.ZONE_KNOWN: lambda node: node.zone is None,
        Preference.ZONE_FEWEST_PROXIES: lambda node: spread.zone_proxies.get((node.region, node.zone), 0),
        Preference.ZONE_FEWEST_GEARS: lambda node: spread.zone_gears.get((node.region, node.zone), 0),
        Preference.NODE_FEWEST_PROXIES: lambda node: spread.proxies.get(node.node_id, 0),
        Preference.NODE_FEWEST_GEARS: lambda node: spread.gears.get(node.node_id, 0),
    }
    outdone: dict[str, Preference] = {}
    for preference in preferences_asked(carries_proxy=request.carries_proxy):
        least = min(map(badness[preference], candidates), default=0)
        outdone |= {node.node_id: preference for node in candidates if badness[preference](node) > least}
        candidates = [node for node in candidates if badness[preference](node) == least]
    return outdone


def _verdict(node_id: str, chosen: str | None, refused: Requirement | None, outdone: Preference | None) -> Verdict:
    if refused:
        return Verdict(node_id=node_id, outcome=Outcome.REFUSED, rule=refused, sentence=REFUSAL_SENTENCES[refused])
    if outdone:
        sentence = f"outdone by {PREFERENCE_SENTENCES[outdone]}"
        return Verdict(node_id=node_id, outcome=Outcome.OUTDONE, rule=outdone, sentence=sentence)
    if node_id == chosen:
        return Verdict(node_id=node_id, outcome=Outcome.CHOSEN, rule=None, sentence="chosen")
    sentence = f"as good for the gear group as {chosen}, which the policy picked"
    return Verdict(node_id=node_id, outcome=Outcome.NOT_DRAWN, rule=None, sentence=sentence)
