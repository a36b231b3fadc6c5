"""Refuse: which classes of nodes may take a gear at all, and how many nodes each requirement turns away."""

from dataclasses import dataclass

from broker.core.placement.fleet import Fleet
from broker.core.placement.model import Rules
from broker.core.placement.node_class import NodeClass
from broker.core.placement.reasons import Requirement
from broker.core.placement.spread import Place

CLASS_REQUIREMENTS = (
    Requirement.OTHER_PROFILE,
    Requirement.OTHER_REGION,
    Requirement.INACTIVE,
    Requirement.UNRESPONSIVE,
    Requirement.NO_ZONE,
)
"""The requirements that all nodes of a class meet or miss together; the first of `Requirement`."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Survey:
    """The classes of nodes that meet what can be asked of a class, by zone, and what became of the others.

    `refused` follows `CLASS_REQUIREMENTS`. `zone_names` has, by region, every zone there is for the profile,
    whatever the state of its nodes.
    """

    zones: tuple[tuple[Place, tuple[NodeClass, ...]], ...]
    refused: tuple[int, ...]
    zone_names: dict[str | None, frozenset[str]]


def refusal_of_class(home: NodeClass, profile: str, region: str | None, rules: Rules) -> Requirement | None:
    """The first requirement that turns away every node of the class, or None."""
    if rules.profile_enabled and home.profile != profile:
        return Requirement.OTHER_PROFILE
    if region is not None and home.region != region:
        return Requirement.OTHER_REGION
    if not home.active:
        return Requirement.INACTIVE
    if not home.responsive:
        return Requirement.UNRESPONSIVE
    if rules.zones_required and home.zone is None:
        return Requirement.NO_ZONE
    return None


def survey(fleet: Fleet, profile: str, region: str | None, rules: Rules) -> Survey:
    """Sort the fleet's classes by what they meet; remembered by the fleet until its classes change."""
    question = (profile if rules.profile_enabled else None, region, rules.zones_required)
    known = fleet.memo.get(question)
    if not isinstance(known, Survey):
        known = fleet.memo[question] = _survey(fleet, profile, region, rules)
    return known


def _survey(fleet: Fleet, profile: str, region: str | None, rules: Rules) -> Survey:
    zones: dict[Place, list[NodeClass]] = {}
    refused = dict.fromkeys(CLASS_REQUIREMENTS, 0)
    names: dict[str | None, set[str]] = {}
    for home in fleet.classes():
        refusal = refusal_of_class(home, profile, region, rules)
        if refusal is None:
            zones.setdefault((home.region, home.zone), []).append(home)
        else:
            refused[refusal] += len(home)
        if home.zone is not None and not (rules.profile_enabled and home.profile != profile):
            names.setdefault(home.region, set()).add(home.zone)
    return Survey(
        zones=tuple((place, tuple(classes)) for place, classes in zones.items()),
        refused=tuple(refused.values()),
        zone_names={region: frozenset(zones) for region, zones in names.items()},
    )
