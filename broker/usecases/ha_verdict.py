"""Whether an application is HA now, as its owner may ask at any time."""

from dataclasses import dataclass

from broker.core.access import Permission
from broker.core.application import ApplicationParts, Gear
from broker.core.gear_group import web_group
from broker.core.owner import User
from broker.core.rotation import Rotation, shown_rotation
from broker.core.verdict import Verdict
from broker.interfaces import Platform
from broker.usecases.finding import find_application
from broker.usecases.standing import judge
from broker.usecases.times import seconds_of


@dataclass(frozen=True, kw_only=True)
class HeldGear:
    """A gear that was taken out of rotation by hand, and whether it still drains."""

    gear: Gear
    rotation: Rotation


@dataclass(frozen=True, kw_only=True)
class VerdictView:
    """The verdict of an application, and the gears that were taken out of rotation by hand."""

    parts: ApplicationParts
    verdict: Verdict
    held_out: tuple[HeldGear, ...]


def show_verdict(platform: Platform, user: User, reference: str, namespace: str | None = None) -> VerdictView:
    """Judge the application now; a fixed number of statements, however many gears it has."""
    with platform.reading() as work:
        parts = find_application(work, user, reference, namespace, needs=Permission.READ_APPLICATION)
        group = web_group(parts, platform.catalogue_of(parts))
        held = () if group is None else work.gears.held_out_of(group.group_id)
        judged = judge(platform, work, parts)
    return VerdictView(parts=parts, verdict=judged, held_out=tuple(_held(gear, platform.clock.now()) for gear in held))


def _held(gear: Gear, now: float) -> HeldGear:
    drained = gear.drained_at is None or seconds_of(gear.drained_at) <= now
    rotation = shown_rotation(Rotation(gear.rotation), held_out=gear.held_out, drained=drained)
    return HeldGear(gear=gear, rotation=rotation)
