"""What the broker's records say that each node carries, for nodes that remember nothing themselves."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from broker.core.application import ApplicationParts, Gear
from broker.core.gear import Lifecycle
from broker.core.gear_group import carried_cartridges
from broker.core.ids import ApplicationId, GearId, NodeId, OperationId
from broker.core.operation import Ending
from broker.interfaces import Platform, StoredEndpoint, UnitOfWork
from broker.usecases.steps import specification


@dataclass(frozen=True, kw_only=True)
class RecordedGear:
    """A gear as it was when the broker last heard of it: cartridges on the wire, each with its endpoints.

    `stopped_cartridges` are the names of those that do not run even while the gear does.
    """

    node_id: NodeId
    gear_id: GearId
    uid: int
    started: bool
    cartridges: tuple[tuple[dict[str, object], tuple[StoredEndpoint, ...]], ...]
    stopped_cartridges: tuple[str, ...] = ()
    deployment_id: str | None = None
    additional_gigabytes: int = 0


def recorded_gears(platform: Platform) -> Iterator[RecordedGear]:
    """Every gear that a node has built; those it was only told to build, or to destroy, are not among them."""
    with platform.reading() as work:
        gears = work.gears.all()
        coming = _coming(work, gears)
        applications: dict[ApplicationId, ApplicationParts] = {
            parts.application.application_id: parts for parts in work.applications.of_gears()
        }
        endpoints: dict[GearId, list[StoredEndpoint]] = defaultdict(list)
        for endpoint in work.gears.all_endpoints():
            endpoints[endpoint.gear_id].append(endpoint)
    for gear in gears:
        # One that was being destroyed may be gone, and its uid another's.
        if gear.uid is not None and gear.lifecycle != Lifecycle.DESTROYING:
            absent = frozenset() if gear.operation_id is None else coming.get(gear.operation_id, frozenset())
            parts = applications[gear.application_id]
            parts = replace(parts, cartridges=tuple(each for each in parts.cartridges if each.name not in absent))
            yield _recorded(platform, parts, gear, gear.uid, endpoints[gear.gear_id])


def _coming(work: UnitOfWork, gears: Iterable[Gear]) -> dict[OperationId, frozenset[str]]:
    """The cartridges that operations under way are still putting on gears that are there."""
    found = {}
    for operation_id in {gear.operation_id for gear in gears if gear.operation_id is not None}:
        operation = work.operations.by_id(operation_id)
        if operation is not None and operation.ending == Ending.ADD_CARTRIDGE:
            names = operation.arguments["cartridges"]
            found[operation_id] = frozenset(names if isinstance(names, list) else ())
    return found


def _recorded(
    platform: Platform,
    parts: ApplicationParts,
    gear: Gear,
    uid: int,
    endpoints: list[StoredEndpoint],
) -> RecordedGear:
    stopped = parts.stopped_cartridges(gear.group_id)
    carried = carried_cartridges(
        parts.cartridges_of(gear.group_id), platform.catalogue_of(parts), carries_proxy=gear.carries_proxy
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
        stopped_cartridges=tuple(each.name for each in carried if each.name in stopped),
        deployment_id=gear.deployment_id,
        additional_gigabytes=parts.group(gear.group_id).additional_storage,
    )
