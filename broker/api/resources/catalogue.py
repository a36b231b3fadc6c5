"""The catalogue of cartridges."""

from broker.api.call import Answer, Call, told
from broker.api.schemas.catalogue import ShownCartridgeType
from broker.usecases.catalogue import find_cartridge, search_catalogue


def list_catalogue(call: Call) -> Answer:
    """The cartridges that fit what was asked for."""
    given = call.inputs
    found = search_catalogue(
        call.platform,
        category=given["category"],
        name=given["name"],
        cartridge_id=given["id"],
        feature=given["feature"] or given["features"],
    )
    text = "Searching cartridges" if any(given.values()) else "Listing cartridges"
    shown = [ShownCartridgeType(cartridge=each, frame=call.frame) for each in found]
    return Answer(data=shown, messages=told(text))


def list_feature(call: Call) -> Answer:
    """The cartridges that provide a feature."""
    found = search_catalogue(call.platform, feature=call.path["feature"])
    shown = [ShownCartridgeType(cartridge=each, frame=call.frame) for each in found]
    return Answer(data=shown, messages=told("Searching cartridges"))


def show_cartridge_type(call: Call) -> Answer:
    """One cartridge, by name or id."""
    found = find_cartridge(call.platform, call.path["cartridge"])
    shown = ShownCartridgeType(cartridge=found, frame=call.frame)
    return Answer(data=shown, messages=told(f"Cartridge {found.name} found"))
