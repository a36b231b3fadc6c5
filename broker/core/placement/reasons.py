"""The names of the rules of placement, stable for ever, and what each says in plain words."""

from enum import StrEnum


class Requirement(StrEnum):
    """Why a node is refused, in the order asked: a node is counted under the first that turns it away."""

    OTHER_PROFILE = "other_profile"
    OTHER_REGION = "other_region"
    INACTIVE = "inactive"
    UNRESPONSIVE = "unresponsive"
    NO_ZONE = "no_zone"
    FULL = "full"
    EXCLUDED = "excluded"
    PROXY_ON_NODE = "proxy_on_node"
    TOO_FEW_ZONES = "too_few_zones"


class Preference(StrEnum):
    """What makes a node better than another, in the order asked; those about proxies are for proxy gears."""

    ZONE_KNOWN = "zone_known"
    ZONE_FEWEST_PROXIES = "zone_fewest_proxies"
    ZONE_FEWEST_GEARS = "zone_fewest_gears"
    NODE_FEWEST_PROXIES = "node_fewest_proxies"
    NODE_FEWEST_GEARS = "node_fewest_gears"


_ASKED_OF_GEARS = (Preference.ZONE_KNOWN, Preference.ZONE_FEWEST_GEARS, Preference.NODE_FEWEST_GEARS)
_ASKED_OF_PROXIES = tuple(Preference)

REFUSAL_SENTENCES = {
    Requirement.OTHER_PROFILE: "it offers another gear profile",
    Requirement.OTHER_REGION: "it is not in the application's region",
    Requirement.INACTIVE: "it is deactivated and takes no new gears",
    Requirement.UNRESPONSIVE: "it has not been heard of",
    Requirement.NO_ZONE: "it has no zone, and zones are required",
    Requirement.FULL: "it has no room for another gear",
    Requirement.EXCLUDED: "it was excluded by the request",
    Requirement.PROXY_ON_NODE: "it already carries a proxy gear of this gear group",
    Requirement.TOO_FEW_ZONES: "its region cannot give the gear group the minimum number of zones",
}

PREFERENCE_SENTENCES = {
    Preference.ZONE_KNOWN: "nodes whose zone is known",
    Preference.ZONE_FEWEST_PROXIES: "zones with the fewest proxy gears of the gear group",
    Preference.ZONE_FEWEST_GEARS: "zones with the fewest gears of the gear group",
    Preference.NODE_FEWEST_PROXIES: "nodes with the fewest proxy gears of the gear group",
    Preference.NODE_FEWEST_GEARS: "nodes with the fewest gears of the gear group",
}

REMEDIES = {
    Requirement.OTHER_PROFILE: "add nodes of the gear profile",
    Requirement.OTHER_REGION: "add nodes to the application's region",
    Requirement.INACTIVE: "activate deactivated nodes",
    Requirement.UNRESPONSIVE: "bring unresponsive nodes back",
    Requirement.NO_ZONE: "give nodes a zone, or no longer require zones",
    Requirement.FULL: "add nodes or capacity",
    Requirement.EXCLUDED: "exclude fewer nodes",
    Requirement.PROXY_ON_NODE: "add nodes without a proxy gear of the group, or allow several on one node",
    Requirement.TOO_FEW_ZONES: "open nodes in further zones of the region, or lower the minimum of zones",
}


def preferences_asked(*, carries_proxy: bool) -> tuple[Preference, ...]:
    """The preferences that apply to a gear, in the order asked."""
    return _ASKED_OF_PROXIES if carries_proxy else _ASKED_OF_GEARS
