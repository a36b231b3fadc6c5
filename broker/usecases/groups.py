"""Gear groups and cartridges of an application, as their owner sees them."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import replace

from broker.core.access import Permission
from broker.core.application import ApplicationParts, InstalledCartridge
from broker.core.errors import CartridgeNotInApplication, GearGroupNotFound
from broker.core.gear import Lifecycle, shown_state
from broker.core.gear_group import effective_limits
from broker.core.ids import GearId
from broker.core.owner import User
from broker.interfaces import Platform, StoredEndpoint, UnitOfWork
from broker.usecases.cartridge_data import Values, data_for
from broker.usecases.finding import find_application
from broker.usecases.views import CartridgeView, GearGroupView, GearView


def list_groups(
    platform: Platform,
    user: User,
    reference: str,
    namespace: str | None = None,
    *,
    with_endpoints: bool = False,
) -> tuple[ApplicationParts, tuple[GearGroupView, ...]]:
    """All gear groups of the application with their gears."""
    with platform.reading() as work:
        parts = find_application(work, user, reference, namespace, needs=Permission.READ_APPLICATION)
        found = group_views(platform, work, parts, with_endpoints=with_endpoints)
    values = values_of(platform, user, parts)
    return parts, tuple(replace(each, values=values) for each in found)


def show_group(
    platform: Platform,
    user: User,
    reference: str,
    group_id: str,
    namespace: str | None = None,
    *,
    with_endpoints: bool = False,
) -> GearGroupView:
    """One gear group; raises `GearGroupNotFound`."""
    _, found = list_groups(platform, user, reference, namespace, with_endpoints=with_endpoints)
    for each in found:
        if each.group.group_id == group_id:
            return each
    raise GearGroupNotFound(group_id)


def group_views(
    platform: Platform, work: UnitOfWork, parts: ApplicationParts, *, with_endpoints: bool
) -> tuple[GearGroupView, ...]:
    """The groups with their gears; gears that are being destroyed are not shown."""
    application = parts.application
    gears = work.gears.of_application(application.application_id)
    endpoints: dict[GearId, list[StoredEndpoint]] = defaultdict(list)
    if with_endpoints:
        for endpoint in work.gears.endpoints_of_application(application.application_id):
            endpoints[endpoint.gear_id].append(endpoint)
    unresponsive = work.nodes.unresponsive()
    catalogue = platform.catalogue_of(parts)
    limits = effective_limits(parts, catalogue, ha=application.ha)
    seen = [
        GearView(
            gear=gear,
            state=shown_state(Lifecycle(gear.lifecycle), node_responds=gear.node_id not in unresponsive),
            public_address=work.nodes.address(gear.node_id) if with_endpoints else "",
            endpoints=tuple(endpoints[gear.gear_id]),
        )
        for gear in gears
        if gear.lifecycle != Lifecycle.DESTROYING
    ]
    return tuple(
        GearGroupView(
            parts=parts,
            group=group,
            limits=limits[group.group_id],
            cartridges=tuple(catalogue[name] for name in parts.cartridges_of(group.group_id)),
            gears=tuple(view for view in seen if view.gear.group_id == group.group_id),
        )
        for group in parts.groups
    )


def values_of(platform: Platform, user: User, parts: ApplicationParts) -> Mapping[str, Values]:
    """What the application's cartridges tell this caller, by name; nothing in an answer that is kept under a key."""
    if platform.origin.answer_key is not None:
        return {}
    return data_for(platform, user, [parts]).get(parts.application.application_id, {})


def cartridge_views(
    platform: Platform, parts: ApplicationParts, values: Mapping[str, Values] | None = None
) -> tuple[CartridgeView, ...]:
    """The cartridges of the application, in the order they were installed, with what they tell the caller by name."""
    catalogue, values = platform.catalogue_of(parts), values or {}
    limits = effective_limits(parts, catalogue, ha=parts.application.ha)
    scaler = next((each.name for each in parts.cartridges if catalogue[each.name].is_web_proxy), None)
    found = []
    for installed in parts.cartridges:
        group = parts.group(installed.group_id)
        cartridge = catalogue[installed.name]
        found.append(
            CartridgeView(
                cartridge=cartridge,
                parts=parts,
                group=group,
                limits=limits[group.group_id],
                current_scale=group.proxy_count if cartridge.is_sparse else group.gear_count,
                added_at=installed.added_at,
                collocated_with=tuple(name for name in parts.cartridges_of(group.group_id) if name != installed.name),
                scales_with=scaler if cartridge.is_web_framework else None,
                values=values.get(installed.name, {}),
            )
        )
    return tuple(found)


def list_cartridges(
    platform: Platform, user: User, reference: str, namespace: str | None = None
) -> tuple[ApplicationParts, tuple[CartridgeView, ...]]:
    """The cartridges of one application."""
    with platform.reading() as work:
        parts = find_application(work, user, reference, namespace, needs=Permission.READ_APPLICATION)
    return parts, cartridge_views(platform, parts, values_of(platform, user, parts))


def show_cartridge(
    platform: Platform, user: User, reference: str, name: str, namespace: str | None = None
) -> tuple[CartridgeView, tuple[tuple[str, str], ...]]:
    """One cartridge, and what each gear that carries it says of it: (gear id, message)."""
    with platform.reading() as work:
        parts = find_application(work, user, reference, namespace, needs=Permission.READ_APPLICATION)
        installed = parts.cartridge(name)
        if installed is None:
            raise CartridgeNotInApplication(name)
        groups = group_views(platform, work, parts, with_endpoints=False)
    views = cartridge_views(platform, parts, values_of(platform, user, parts))
    found = next(each for each in views if each.cartridge.name == name)
    carriers = [
        gear
        for group in groups
        if group.group.group_id == found.group.group_id
        for gear in group.gears
        if gear.gear.carries_proxy or not found.cartridge.is_sparse
    ]
    return found, tuple((gear.gear.gear_id, _said(gear, installed)) for gear in carriers)


def _said(view: GearView, installed: InstalledCartridge) -> str:
    """What a gear says of a cartridge: one that was stopped does not run, whatever the gear does."""
    is_stopped = view.state == Lifecycle.STARTED and not installed.running
    return f"Gear[{view.gear.gear_id}] {installed.name}: {Lifecycle.STOPPED.value if is_stopped else view.state}"
