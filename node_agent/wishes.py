"""What is wished for a gear and its cartridges: the newest wish of each sort wins, in whatever order wishes come.

Wishes of one sort have numbers that rise; one with a lower number than the newest that was heard of is superseded.
0 is no number: such a wish is fulfilled as it comes. A wish for the whole gear ends those for its cartridges that are
older; one for a cartridge concerns no other cartridge. To reload, tidy or dump is no wish: nothing stays of it.
"""

from collections.abc import Iterable
from dataclasses import replace

from node_agent.gear import CarriedCartridge, Gear, GearState, with_carried
from node_agent.refusals import CartridgeAbsent, CommandSuperseded


def carried_by(gear: Gear, cartridge: str) -> CarriedCartridge:
    """Return the cartridge of that name; raises `CartridgeAbsent`."""
    carried = gear.carried(cartridge)
    if carried is None:
        raise CartridgeAbsent(gear.gear_id, cartridge)
    return carried


def refuse_if_late(gear: Gear, issued: int, newest: int) -> None:
    """Raise `CommandSuperseded` where the newest wish of its sort has a higher number."""
    if 0 < issued < newest:
        raise CommandSuperseded(gear.gear_id)


def heeding(gear: Gear, issued: int) -> Gear:
    """Return the gear as one that has heard of that wish for its state; raises `CommandSuperseded`."""
    refuse_if_late(gear, issued, gear.issued)
    return replace(gear, issued=issued) if issued > gear.issued else gear


def in_state(gear: Gear, state: GearState, issued: int) -> Gear:
    """Return the gear in that state, as a wish of that number asks; older wishes for its cartridges are ended."""
    cartridges = tuple(
        replace(each, stopped=False) if each.stopped and (not issued or each.issued <= issued) else each
        for each in gear.cartridges
    )
    return replace(gear, state=state, cartridges=cartridges)


def newest_for(gear: Gear, carried: CarriedCartridge) -> int:
    """Return the number of the newest wish for the state of a cartridge or of its gear."""
    return max(gear.issued, carried.issued)


def heeding_cartridge(gear: Gear, cartridge: str, issued: int) -> Gear:
    """Return the gear as one that has heard of that wish for a cartridge.

    Raises `CartridgeAbsent`, `CommandSuperseded`.
    """
    carried = carried_by(gear, cartridge)
    refuse_if_late(gear, issued, newest_for(gear, carried))
    return with_carried(gear, carried, replace(carried, issued=issued)) if issued > carried.issued else gear


def with_stopped(gear: Gear, cartridges: Iterable[str], *, stopped: bool = True) -> Gear:
    """Return the gear with these cartridges stopped, or running; raises `CartridgeAbsent`."""
    for cartridge in cartridges:
        carried = carried_by(gear, cartridge)
        gear = with_carried(gear, carried, replace(carried, stopped=stopped))
    return gear


def heeding_deployment(gear: Gear, issued: int) -> Gear:
    """Return the gear as one that has heard of that wish for its deployment; raises `CommandSuperseded`."""
    refuse_if_late(gear, issued, gear.deployment_issued)
    return replace(gear, deployment_issued=issued) if issued > gear.deployment_issued else gear


def heeding_storage(gear: Gear, issued: int) -> Gear:
    """Return the gear as one that has heard of that wish for its storage; raises `CommandSuperseded`."""
    refuse_if_late(gear, issued, gear.storage_issued)
    return replace(gear, storage_issued=issued) if issued > gear.storage_issued else gear
