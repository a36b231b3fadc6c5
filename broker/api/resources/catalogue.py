"""The catalogue of cartridges."""

from broker.api.call import Answer, Call, told
from broker.api.schemas.catalogue import ShownCartridgeType
from broker.api.schemas.quickstarts import ShownQuickstart
from broker.usecases.catalogue import find_cartridge, find_quickstart, search_catalogue

# From this version on.
OBSOLETE_IS_HIDDEN = 1.7


def list_catalogue(call: Call) -> Answer:
    """The cartridges that fit what was asked for."""
    given = call.inputs
    found = search_catalogue(
        call.platform,
        category=given["category"],
        name=given["name"],
        cartridge_id=given["id"],
        feature=given["feature"] or given["features"],
        user=call.frame.caller,
        with_obsolete=_shows_obsolete(call),
    )
    text = "Searching cartridges" if any(given.values()) else "Listing cartridges"
    shown = [ShownCartridgeType(cartridge=each, frame=call.frame) for each in found]
    return Answer(data=shown, messages=told(text))


def list_feature(call: Call) -> Answer:
    """The cartridges that provide a feature."""
    found = search_catalogue(
        call.platform, feature=call.path["feature"], user=call.frame.caller, with_obsolete=_shows_obsolete(call)
    )
    shown = [ShownCartridgeType(cartridge=each, frame=call.frame) for each in found]
    return Answer(data=shown, messages=told("Searching cartridges"))


def show_cartridge_type(call: Call) -> Answer:
    """One cartridge, by name or id."""
    found = find_cartridge(call.platform, call.path["cartridge"])
    shown = ShownCartridgeType(cartridge=found, frame=call.frame)
    return Answer(data=shown, messages=told(f"Cartridge {found.name} found"))


def list_quickstarts(call: Call) -> Answer:
    """All quickstarts, in the operator's order."""
    shown = [ShownQuickstart(quickstart=each) for each in call.platform.quickstarts]
    return Answer(data=shown, messages=told("Showing all quickstarts"))


def show_quickstart(call: Call) -> Answer:
    """One quickstart, as a list of one."""
    found = find_quickstart(call.platform, call.path["quickstart"])
    shown = [ShownQuickstart(quickstart=found)]
    return Answer(data=shown, messages=told(f"Showing quickstart for '{found.quickstart_id}'"))


def _shows_obsolete(call: Call) -> bool:
    """Older clients are shown what cannot be chosen any more as well."""
    return call.version < OBSOLETE_IS_HIDDEN
