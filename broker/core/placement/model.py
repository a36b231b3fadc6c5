"""The values of placement: what is asked, by which rules, and the answer with its reasons."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from broker.core.placement.reasons import (
    PREFERENCE_SENTENCES,
    REFUSAL_SENTENCES,
    Preference,
    Requirement,
    preferences_asked,
)

FULL_LOAD = 1_000_000
"""A full node's load: gears per capacity, in parts per million."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Node:
    """A node as placement sees it: `gears` of `capacity` are taken; region and zone may be unknown."""

    node_id: str
    profile: str
    capacity: int
    gears: int = 0
    region: str | None = None
    zone: str | None = None
    active: bool = True
    responsive: bool = True


@dataclass(frozen=True, kw_only=True, slots=True)
class Request:
    """One gear that wants a node.

    `region` is the wish of a new application; once the group, or its application, is somewhere, that region
    rules. `excluded` names nodes that are out of the question, such as the one a gear moves away from.
    """

    profile: str
    region: str | None = None
    carries_proxy: bool = False
    excluded: frozenset[str] = frozenset()


@dataclass(frozen=True, kw_only=True, slots=True)
class Rules:
    """What the platform's settings demand of every placement.

    Settings: `ZONES_REQUIRE_FOR_APP_CREATE`, `ZONES_MIN_PER_GEAR_GROUP`, `ALLOW_MULTIPLE_HAPROXY_ON_NODE`
    and `NODE_PROFILE_ENABLED`.
    """

    zones_required: bool = False
    minimum_zones: int = 1
    allow_multiple_proxies_on_node: bool = False
    profile_enabled: bool = True


@dataclass(frozen=True, kw_only=True, slots=True)
class Narrowing:
    """How many nodes a preference left over."""

    preference: Preference
    left: int


class Placement(NamedTuple):
    """The node chosen for one gear, and why: counts of nodes, never their names.

    `refused_counts` follows the order of `Requirement`; `left` that of `preferences_asked()`. A tuple, because one is
    made for every gear.
    """

    node_id: str
    region: str | None
    zone: str | None
    carries_proxy: bool
    policy: str
    refused_counts: tuple[int, ...]
    candidates: int
    left: tuple[int, ...]

    @property
    def refused(self) -> Mapping[Requirement, int]:
        """The number of nodes each requirement turned away; a requirement that turned none away is absent."""
        return refusals(self.refused_counts)

    @property
    def narrowed(self) -> tuple[Narrowing, ...]:
        """What each preference left over, in the order they were asked."""
        pairs = zip(preferences_asked(carries_proxy=self.carries_proxy), self.left, strict=True)
        return tuple(Narrowing(preference=preference, left=left) for preference, left in pairs)

    @property
    def decided_by(self) -> str:
        """What first left a single node: `only_candidate`, a preference, or else the policy."""
        if self.candidates == 1:
            return "only_candidate"
        decided = (step.preference.value for step in self.narrowed if step.left == 1)
        return next(decided, self.policy)

    @property
    def sentences(self) -> tuple[str, ...]:
        """The reasons in plain words: refusals, then narrowings that dropped a node, then the pick."""
        refused = [f"{_nodes(count)} refused: {REFUSAL_SENTENCES[rule]}" for rule, count in self.refused.items()]
        narrowed, before = [], self.candidates
        for step in self.narrowed:
            if step.left < before:
                narrowed.append(f"{step.left} of {before} kept: {PREFERENCE_SENTENCES[step.preference]}")
            before = step.left
        picked = f"{self.node_id} picked from {_nodes(before)} by the policy {self.policy}"
        return (*refused, *narrowed, picked)

    def as_record(self) -> dict[str, object]:
        """The placement as plain data, to be kept with the gear."""
        return {
            "node": self.node_id,
            "region": self.region,
            "zone": self.zone,
            "policy": self.policy,
            "decided_by": self.decided_by,
            "refused": {rule.value: count for rule, count in self.refused.items()},
            "candidates": self.candidates,
            "left": {step.preference.value: step.left for step in self.narrowed},
        }


class Outcome(StrEnum):
    """What became of a node in a placement."""

    CHOSEN = "chosen"
    REFUSED = "refused"
    OUTDONE = "outdone"
    NOT_DRAWN = "not_drawn"


@dataclass(frozen=True, kw_only=True, slots=True)
class Verdict:
    """What became of one node: `rule` is the requirement that refused it or the preference that outdid it."""

    node_id: str
    outcome: Outcome
    rule: Requirement | Preference | None
    sentence: str


def refusals(counts: tuple[int, ...]) -> dict[Requirement, int]:
    """Counts in the order of `Requirement` as a mapping without the zeros."""
    return {rule: count for rule, count in zip(Requirement, counts, strict=True) if count}


def load_of(gears: int, capacity: int) -> int:
    """Gears per capacity in whole parts per million, rounded down; a node without capacity is full."""
    return gears * FULL_LOAD // capacity if capacity > 0 else FULL_LOAD


def _nodes(count: int) -> str:
    return "1 node" if count == 1 else f"{count} nodes"
