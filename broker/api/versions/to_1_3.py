"""From 1.4 to 1.3: aliases are strings and come and go by events; applications show no members."""

from broker.api.links import Param
from broker.api.versions.links import in_links, without_optional
from broker.api.versions.step import Data, Made, Step, without

_ALIAS = Param(name="alias", description="The name")


def _aliases_as_strings(application: Data, _: Made) -> Data:
    return {**application, "aliases": [alias["id"] for alias in application["aliases"]]}


def _alias_events(links: Data, _: Made) -> Data:
    """The links with both events of aliases in the place of the one link to where aliases are now."""
    shown: Data = {}
    for name, link in links.items():
        if name == "ADD_ALIAS":
            events = {**link, "href": f"{link['href'].rpartition('/')[0]}/events", "optional_params": []}
            shown["ADD_ALIAS"] = _event(events, "add-alias", link["rel"])
            shown["REMOVE_ALIAS"] = _event(events, "remove-alias", "Take another name from the application")
        else:
            shown[name] = link
    return shown


def _event(link: Data, event: str, rel: str) -> Data:
    chosen = Param(name="event", description="The event", valid=(event,))
    return {**link, "rel": rel, "required_params": [chosen.required(), _ALIAS.required()]}


STEP = Step(
    version=1.3,
    changes={
        "application": (
            _aliases_as_strings,
            without("members"),
            in_links(_alias_events),
            in_links(without("LIST_ALIASES", "LIST_MEMBERS")),
            in_links(without_optional("ADD_CARTRIDGE", "gear_size", "url")),
        ),
    },
)
