"""Choosing the node of a gear: refuse those that cannot, narrow to those that should, pick, say why."""

from broker.core.placement.draw import Draw
from broker.core.placement.engine import place, release
from broker.core.placement.explain import Explanation, explain
from broker.core.placement.fleet import Fleet
from broker.core.placement.model import Narrowing, Node, Outcome, Placement, Request, Rules, Verdict
from broker.core.placement.policies import POLICIES, Candidate, Candidates, Pick
from broker.core.placement.reasons import Preference, Requirement
from broker.core.placement.spread import GroupSpread

__all__ = [
    "POLICIES",
    "Candidate",
    "Candidates",
    "Draw",
    "Explanation",
    "Fleet",
    "GroupSpread",
    "Narrowing",
    "Node",
    "Outcome",
    "Pick",
    "Placement",
    "Preference",
    "Request",
    "Requirement",
    "Rules",
    "Verdict",
    "explain",
    "place",
    "release",
]
