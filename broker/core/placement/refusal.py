"""What is said when no node can take a gear: the interface's text, the counts, and what would help."""

from dataclasses import dataclass

from broker.core.errors import MinimumZonesUnreachable, NoNodeAvailable
from broker.core.placement.model import Rules, refusals
from broker.core.placement.reasons import REMEDIES, Requirement


@dataclass(frozen=True, kw_only=True, slots=True)
class Shortage:
    """The state in which no node was left."""

    refused_counts: tuple[int, ...]
    region_wanted: bool
    rules: Rules
    available_zones: int
    needed_zones: int


def no_node_available(shortage: Shortage) -> NoNodeAvailable:
    """The refusal for a shortage, with the text the REST interface has for it."""
    refused = refusals(shortage.refused_counts)
    counts = {rule.value: count for rule, count in refused.items()}
    if Requirement.TOO_FEW_ZONES in refused:
        text = (
            "Unable to find minimum zones required for application gear group."
            f" Available zones:{shortage.available_zones}, Needed min zones:{shortage.needed_zones}"
        )
        return MinimumZonesUnreachable(text, reasons=counts, advice=_advice(refused))
    return NoNodeAvailable(_text(shortage, refused), reasons=counts, advice=_advice(refused))


def invalid_node_selected(policy: str, node_id: str) -> NoNodeAvailable:
    """The refusal of a policy's pick that was not among its candidates."""
    advice = f"The policy {policy} picked {node_id}, which was not offered; it must return one of its candidates."
    return NoNodeAvailable("Invalid node selected", advice=advice)


def _text(shortage: Shortage, refused: dict[Requirement, int]) -> str:
    if Requirement.PROXY_ON_NODE in refused or Requirement.EXCLUDED in refused:
        return "No nodes available"
    places = [("/region", shortage.region_wanted), ("/zone", shortage.rules.zones_required)]
    also = "".join(word for word, is_wanted in places if is_wanted)
    if also:
        return f"No nodes available for the specified gear size{also} combination"
    return "No nodes available" + (" for the specified gear size" if shortage.rules.profile_enabled else "")


def _advice(refused: dict[Requirement, int]) -> str:
    """One sentence: what would have to change, the rule that came nearest to passing a node first."""
    if not refused:
        return "There is no node at all: add nodes."
    nearest_first = sorted(refused, key=list(Requirement).index, reverse=True)
    remedies = "; or ".join(f"{REMEDIES[rule]} ({refused[rule]} refused)" for rule in nearest_first)
    return f"{remedies[0].upper()}{remedies[1:]}."
