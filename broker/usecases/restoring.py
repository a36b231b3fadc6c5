"""What the broker's records say that each node carries, for nodes that remember nothing themselves."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from broker.core.application import ApplicationParts, Gear
from broker.core.gear import Lifecycle
from broker.core.gear_group import carried_cartridges
from broker.core.ids import ApplicationId, GearId, NodeId
from broker.interfaces import Platform, StoredEndpoint
from broker.usecases.steps import specification


@dataclass(frozen=True, kw_only=True)
class RecordedGear:
    """A gear as it was when the broker last heard of it: cartridges on the wire, each with its endpoints."""

    node_id: NodeId
    gear_id: GearId
    uid: int
    started: bool
    cartridges: tuple[tuple[dict[str, object], tuple[StoredEndpoint, ...]], ...]


def recorded_gears(platform: Platform) -> Iterator[RecordedGear]:
    """Every gear that a node has built; those it was only told to build, or to destroy, are not among them."""
    with platform.reading() as work:
        gears = work.gears.all()
        applications: dict[ApplicationId, ApplicationParts] = {
            parts.application.application_id: parts for parts in work.applications.of_gears()
        }
        endpoints: dict[GearId, list[StoredEndpoint]] = defaultdict(list)
        for endpoint in work.gears.all_endpoints():
            endpoints[endpoint.gear_id].append(endpoint)
    for gear in gears:
        # One that was being destroyed may be gone, and its uid another's.
        if gear.uid is not None and gear.lifecycle != Lifecycle.DESTROYING:
            yield _recorded(platform, applications[gear.application_id], gear, gear.uid, endpoints[gear.gear_id])


def _recorded(
    platform: Platform,
    parts: ApplicationParts,
    gear: Gear,
    uid: int,
    endpoints: list[StoredEndpoint],
) -> RecordedGear:
    carried = carried_cartridges(
        parts.cartridges_of(gear.group_id), platform.catalogue, carries_proxy=gear.carries_proxy
    )
    cartridges = tuple(
        (
            specification(cartridge, public=parts.application.scalable),
            tuple(each for each in endpoints if each.cartridge == cartridge.name),
        )
        for cartridge in carried
    )
    return RecordedGear(
        node_id=gear.node_id,
        gear_id=gear.gear_id,
        uid=uid,
        started=gear.lifecycle != Lifecycle.STOPPED,
        cartridges=cartridges,
    )
