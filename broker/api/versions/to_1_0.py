"""From 1.1 to 1.0: plural links, few fields, and the limits that the autoscaler of a gear reads."""

from broker.api.versions.links import each_href, in_links, parameter_name, plural
from broker.api.versions.step import Data, Made, Step, only, without


def _with_scale(application: Data, made: Made) -> Data:
    """The application with the limits of its web framework, if it has one."""
    limits = getattr(made.source, "scale_limits", None)
    if limits is None:
        return application
    return {**application, "scale_min": limits.minimum, "scale_max": limits.maximum}


def _with_gears(links: Data, _: Made) -> Data:
    shown: Data = {}
    for name, link in links.items():
        if name == "GET_GEAR_GROUPS":
            shown["GET_GEARS"] = {**link, "rel": "List its gears", "href": f"{link['href'].rpartition('/')[0]}/gears"}
        shown[name] = link
    return shown


def _poor_cartridge(cartridge: Data, _: Made) -> Data:
    """A cartridge as it was; the catalogue has neither values nor messages of it."""
    properties = {each["name"]: each.get("value") for each in cartridge.get("properties") or ()}
    poor = {
        "name": cartridge["name"],
        "type": cartridge["type"],
        "properties": properties,
        "status_messages": cartridge.get("status_messages"),
    }
    return {**poor, "links": cartridge["links"]} if "links" in cartridge else poor


def _without_framework(application: Data, _: Made) -> Data:
    if "cartridges" not in application:
        return application
    embedded = [each for each in application["cartridges"] if each["type"] == "embedded"]
    return {**application, "cartridges": embedded}


def _is_listed(cartridge: Data) -> bool:
    """Of the cartridges of an application the embedded ones; of the catalogue, which knows no scale, all."""
    return cartridge["type"] == "embedded" or "current_scale" not in cartridge


STEP = Step(
    version=1.0,
    everywhere=(each_href(plural),),
    lists={"cartridges": _is_listed},
    changes={
        "application": (
            _with_scale,
            _without_framework,
            without("initial_git_url"),
            in_links(_with_gears),
            in_links(parameter_name("ADD_CARTRIDGE", "name", "cartridge")),
        ),
        "cartridge": (_poor_cartridge,),
        "domain": (without("application_count"),),
        "user": (only("login", "consumed_gears", "max_gears", "capabilities", "plan_id", "usage_account_id", "links"),),
    },
)
