"""The regions that applications can be in."""

from broker.api.call import Answer, Call, told
from broker.api.schemas.regions import ShownRegion
from broker.usecases.regions import find_region, list_regions


def list_all(call: Call) -> Answer:
    """All regions."""
    shown = [ShownRegion(region=each, frame=call.frame) for each in list_regions(call.platform)]
    return Answer(data=shown, messages=told(f"Listing {len(shown)} region(s)"))


def show_one(call: Call) -> Answer:
    """One region."""
    region_id = call.path["region"]
    shown = ShownRegion(region=find_region(call.platform, region_id), frame=call.frame)
    return Answer(data=shown, messages=told(f"Showing region {region_id}"))
