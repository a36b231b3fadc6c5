"""Single gears: restarting one, and taking it out of rotation by hand and back."""

from dataclasses import dataclass, replace

from broker.core.access import Permission
from broker.core.application import ApplicationParts, Gear, GearGroup
from broker.core.errors import ApplicationBusy, ApplicationNotFound
from broker.core.gear import Lifecycle
from broker.core.gear_group import carried_cartridges, web_group
from broker.core.gear_removal import GearNotFound, GearRefused
from broker.core.ids import ApplicationId, GearId, OperationId
from broker.core.operation import Ending, OperationKind
from broker.core.owner import User
from broker.core.rotation import DRAIN_SECONDS, Rotation, others_serve, rotation_of
from broker.core.routing_changes import GearRotatedIn, GearRotatedOut
from broker.interfaces import Json, Platform, StepRecord, UnitOfWork
from broker.usecases.applications import view_after
from broker.usecases.finding import find_application, looks_like_id
from broker.usecases.operations import Intention, Plan, Planner, carry_out, change
from broker.usecases.permitted import NEEDED
from broker.usecases.standing import rotation_facts, tell_and_settle
from broker.usecases.state import SUPERSEDED
from broker.usecases.steps import step
from broker.usecases.times import timestamp
from broker.usecases.views import ApplicationView
from node_agent.protocol import CommandKind

SHOWN = 100


@dataclass(frozen=True, kw_only=True)
class GearTarget:
    """A gear as a caller names it: whose platform, who asks, of which application."""

    platform: Platform
    user: User
    reference: str
    gear_id: str
    namespace: str | None = None

    def found(self, needs: Permission) -> ApplicationId:
        """The application that has the gear, if the caller may do this to it; raises `GearNotFound`."""
        with self.platform.reading() as work:
            parts = find_application(work, self.user, self.reference, self.namespace, needs=needs)
            gear_of(work, parts, self.gear_id)
        return parts.application.application_id


def gear_of(work: UnitOfWork, parts: ApplicationParts, gear_id: str) -> Gear:
    """The application's gear of that id, unless it is going already; raises `GearNotFound`."""
    found = work.gears.by_ids([GearId(gear_id)]) if looks_like_id(gear_id) else ()
    for gear in found:
        if gear.application_id == parts.application.application_id and gear.lifecycle != Lifecycle.DESTROYING:
            return gear
    raise GearNotFound(gear_id[:SHOWN])


def restart_gear(target: GearTarget) -> ApplicationView:
    """Restart one gear. A node that is not heard of is told when it is again, and nobody waits for it."""
    application_id = target.found(NEEDED[OperationKind.RESTART_GEAR])
    intention = Intention(kind=OperationKind.RESTART_GEAR, arguments={"gear_id": target.gear_id})
    return _carried_out(target, application_id, intention, restarting_planner(target.platform, intention.arguments))


def rotate_out(target: GearTarget, timeout: int | None = None) -> ApplicationView:
    """Take a gear out of rotation until it is rotated in, whatever the gear ratio says; at once, for no node is asked.

    Routers send it no new requests; those it has are given `timeout` seconds, which is how long it is shown as
    draining. Raises `GearRefused` where nothing else serves. To do it again changes nothing.
    """
    seconds = DRAIN_SECONDS if timeout is None else timeout
    platform = target.platform

    def make(work: UnitOfWork, parts: ApplicationParts) -> ApplicationParts:
        gear = gear_of(work, parts, target.gear_id)
        _check_rotates(platform, parts, gear)
        if gear.held_out:
            return parts
        facts = rotation_facts(work, parts, work.gears.of_group(gear.group_id))
        if not others_serve(facts, gear.gear_id):
            text = f"Gear '{gear.gear_id}' cannot be rotated out: no other gear of its application serves requests."
            raise GearRefused(text)
        drained_at = timestamp(platform.clock.now() + seconds)
        work.gears.change([gear.gear_id], held_out=True, rotation=Rotation.OUT.value, drained_at=drained_at)
        reason = f"rotated out by hand, with {seconds} seconds to drain"
        told = () if gear.rotation == Rotation.OUT else (GearRotatedOut(gear_id=gear.gear_id, reason=reason),)
        return tell_and_settle(platform, work, parts, told)

    application_id = target.found(NEEDED[OperationKind.ROTATE_OUT])
    arguments = {"gear_id": target.gear_id, "timeout": seconds}
    intention = Intention(kind=OperationKind.ROTATE_OUT, arguments=arguments)
    return view_after(platform, change(platform, application_id, intention, make))


def rotate_in(target: GearTarget) -> ApplicationView:
    """End what `rotate_out` did: the gear serves as the gear ratio says. To do it again changes nothing."""
    platform = target.platform

    def make(work: UnitOfWork, parts: ApplicationParts) -> ApplicationParts:
        gear = gear_of(work, parts, target.gear_id)
        group = _check_rotates(platform, parts, gear)
        if not gear.held_out:
            return parts
        rotation = rotation_of(held_out=False, carries_proxy=gear.carries_proxy, proxies_out=group.proxies_out)
        work.gears.change([gear.gear_id], held_out=False, rotation=rotation.value, drained_at=None)
        told = (GearRotatedIn(gear_id=gear.gear_id, reason="rotated in by hand"),) if rotation is Rotation.IN else ()
        return tell_and_settle(platform, work, parts, told)

    application_id = target.found(NEEDED[OperationKind.ROTATE_IN])
    intention = Intention(kind=OperationKind.ROTATE_IN, arguments={"gear_id": target.gear_id})
    return view_after(platform, change(platform, application_id, intention, make))


def _carried_out(
    target: GearTarget, application_id: ApplicationId, intention: Intention, planner: Planner
) -> ApplicationView:
    parts = carry_out(target.platform, application_id, intention, planner)
    if parts is None:
        raise ApplicationNotFound(target.reference)
    return view_after(target.platform, parts)


def _check_rotates(platform: Platform, parts: ApplicationParts, gear: Gear) -> GearGroup:
    """The web group, which the gear is of; refuses any other gear, and one that is not there yet."""
    group = web_group(parts, platform.catalogue_of(parts))
    if group is None or gear.group_id != group.group_id:
        text = f"Gear '{gear.gear_id}' does not carry the web framework, so it is in no rotation."
        raise GearRefused(text)
    if gear.lifecycle == Lifecycle.BUILDING:
        raise ApplicationBusy(f"Gear '{gear.gear_id}' is still being built.")
    return group


def restarting_planner(platform: Platform, wish: Json) -> Planner:
    """How the restart of the gear `gear_id` of the wish is planned."""
    gear_id = str(wish["gear_id"])

    def plan(work: UnitOfWork, parts: ApplicationParts, operation_id: OperationId) -> Plan:
        gear = gear_of(work, parts, gear_id)
        application = parts.application
        if not application.running:
            raise GearRefused(f"Application '{application.name}' is stopped. Start it, and its gears with it.")
        arguments = {"event": "restart"}
        work.commands.supersede(application.application_id, [gear.gear_id], SUPERSEDED)
        steps = _restarting(platform, parts, gear, operation_id)
        if gear.node_id not in work.nodes.unresponsive():
            work.gears.change([gear.gear_id], operation_id=operation_id)
            return Plan(ending=Ending.RESTART_GEAR, parts=parts, steps=steps, arguments=arguments)
        work.commands.add([replace(each, awaited=False) for each in steps])
        # Saved although nothing of it is different: the next wish is to have a higher number.
        numbered = replace(parts, application=replace(application, generation=application.generation + 1))
        return Plan(ending=Ending.RESTART_GEAR, parts=numbered, arguments=arguments)

    return plan


def _restarting(
    platform: Platform, parts: ApplicationParts, gear: Gear, operation_id: OperationId
) -> tuple[StepRecord, ...]:
    """Restart the gear; what its owner has stopped on all gears stays stopped on this one."""
    issued = parts.application.generation + 1
    restart = step(platform, CommandKind.RESTART_GEAR, gear, operation_id, issued=issued)
    names, catalogue = parts.cartridges_of(gear.group_id), platform.catalogue_of(parts)
    carried = {each.name for each in carried_cartridges(names, catalogue, carries_proxy=gear.carries_proxy)}
    stops = [
        step(
            platform,
            CommandKind.STOP_CARTRIDGE,
            gear,
            operation_id,
            {"cartridge": name},
            after=restart.command_id,
            issued=issued,
        )
        for name in parts.stopped_cartridges(gear.group_id)
        if name in carried
    ]
    return (restart, *stops)
