"""A gear as text and back, for the file that keeps it."""

import json
from collections.abc import Mapping

from node_agent.fields import (
    MalformedMessage,
    compact,
    list_in,
    mapping_in,
    optional_text_in,
    port_in,
    text_in,
    truth_in,
    whole_in,
)
from node_agent.gear import CarriedCartridge, Gear, GearState
from node_agent.protocol import CartridgeSpec


def gear_to_text(gear: Gear) -> str:
    """Show a gear as one line of JSON."""
    wire = {
        "gear_id": gear.gear_id,
        "uid": gear.uid,
        "state": gear.state.value,
        "issued": gear.issued,
        "deployment_id": gear.deployment_id,
        "deployment_issued": gear.deployment_issued,
        "additional_gigabytes": gear.additional_gigabytes,
        "storage_issued": gear.storage_issued,
        "cartridges": [
            {
                "spec": each.spec.to_wire(),
                "host": each.host,
                "public_ports": each.public_ports,
                "stopped": each.stopped,
                "issued": each.issued,
            }
            for each in gear.cartridges
        ],
    }
    return compact(wire)


def gear_from_text(text: str) -> Gear:
    """Read a gear, also one that was written when gears had fewer fields; raises `MalformedMessage`."""
    try:
        fields = mapping_in(json.loads(text), "a gear")
        state = GearState(text_in(fields, "state"))
    except ValueError as malformed:
        raise MalformedMessage(f"not a gear: {malformed}") from malformed
    return Gear(
        gear_id=text_in(fields, "gear_id"),
        uid=whole_in(fields, "uid"),
        state=state,
        cartridges=tuple(_carried(each) for each in list_in(fields, "cartridges")),
        issued=_number(fields, "issued"),
        deployment_id=optional_text_in(fields, "deployment_id"),
        deployment_issued=_number(fields, "deployment_issued"),
        additional_gigabytes=_number(fields, "additional_gigabytes"),
        storage_issued=_number(fields, "storage_issued"),
    )


def _number(fields: Mapping[str, object], name: str) -> int:
    return whole_in(fields, name) if name in fields else 0


def _carried(wire: object) -> CarriedCartridge:
    fields = mapping_in(wire, "a carried cartridge")
    ports = list_in(fields, "public_ports")
    return CarriedCartridge(
        spec=CartridgeSpec.from_wire(fields.get("spec")),
        host=whole_in(fields, "host"),
        public_ports=tuple(port_in({"public_port": port}, "public_port") for port in ports),
        stopped=truth_in(fields, "stopped") if "stopped" in fields else False,
        issued=_number(fields, "issued"),
    )
