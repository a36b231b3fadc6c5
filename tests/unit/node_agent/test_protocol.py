import json
from typing import Any

import pytest

from node_agent.protocol import (
    CartridgeSpec,
    Command,
    CommandKind,
    DeploymentSpec,
    ExposedEndpoint,
    Heartbeat,
    MalformedMessage,
    PublicEndpoint,
    Reply,
)

COMMAND = Command(
    command_id="c1",
    node_id="node-a1.example.com",
    kind=CommandKind.STOP_GEAR,
    gear_id="a" * 24,
    arguments={"force": True},
)
REPLY = Reply(
    command_id="c1",
    node_id="node-a1.example.com",
    ok=True,
    gear_state="started",
    uid=1000,
    endpoints=(
        ExposedEndpoint(
            cartridge="php-5.4",
            port_name="PROXY_PORT",
            public_port=38031,
            internal_address="127.1.244.1",
            internal_port=8080,
        ),
    ),
)
DUMPED = Reply(command_id="c1", node_id="node-a1.example.com", ok=True, gear_state="started", uid=1000, output="done")
DEPLOYMENT = DeploymentSpec(deployment_id="d1", artifact_url="http://example.com/a.tar.gz", hot_deploy=True)
HEARTBEAT = Heartbeat(node_id="node-a1.example.com", boot_id="b1", number=7, gears=3)
CARTRIDGE = CartridgeSpec(name="php-5.4", endpoints=(PublicEndpoint(port_name="PROXY_PORT", internal_port=8080),))


@pytest.mark.parametrize(
    "message", [COMMAND, REPLY, DUMPED, DEPLOYMENT, HEARTBEAT, CARTRIDGE], ids=lambda each: type(each).__name__
)
def test_a_message_comes_back_from_json_as_it_went(message: Any) -> None:
    wire = json.loads(json.dumps(message.to_wire()))

    assert type(message).from_wire(wire) == message


def test_the_wire_form_of_a_command_has_the_fields_of_the_contract() -> None:
    assert COMMAND.to_wire() == {
        "command_id": "c1",
        "node_id": "node-a1.example.com",
        "kind": "stop_gear",
        "gear_id": "a" * 24,
        "arguments": {"force": True},
    }


def test_the_wire_form_of_a_reply_has_an_output_only_where_there_is_one() -> None:
    assert DUMPED.to_wire() == {
        "command_id": "c1",
        "node_id": "node-a1.example.com",
        "ok": True,
        "error_code": None,
        "error": None,
        "gear_state": "started",
        "uid": 1000,
        "endpoints": [],
        "output": "done",
    }
    assert "output" not in REPLY.to_wire()


def test_the_wire_form_of_a_deployment_has_the_arguments_of_its_command() -> None:
    assert DEPLOYMENT.to_wire() == {
        "deployment_id": "d1",
        "ref": None,
        "artifact_url": "http://example.com/a.tar.gz",
        "hot_deploy": True,
        "force_clean_build": False,
    }


def test_a_command_without_arguments_has_none() -> None:
    wire = {"command_id": "c1", "node_id": "n", "kind": "start_gear", "gear_id": "g"}

    assert Command.from_wire(wire).arguments == {}


@pytest.mark.parametrize("garbage", [None, 3, "text", [], [1], True])
@pytest.mark.parametrize(
    "message", [Command, Reply, DeploymentSpec, Heartbeat, CartridgeSpec], ids=lambda each: each.__name__
)
def test_what_is_no_object_is_refused_and_never_breaks_the_reader(message: Any, garbage: object) -> None:
    with pytest.raises(MalformedMessage):
        message.from_wire(garbage)


@pytest.mark.parametrize(
    "message", [COMMAND, REPLY, DUMPED, DEPLOYMENT, HEARTBEAT, CARTRIDGE], ids=lambda each: type(each).__name__
)
def test_a_field_of_the_wrong_type_is_refused_by_its_name(message: Any) -> None:
    for name in message.to_wire():
        with pytest.raises(MalformedMessage, match=name):
            type(message).from_wire(message.to_wire() | {name: object()})


def test_an_unknown_kind_of_command_is_refused_by_its_name() -> None:
    with pytest.raises(MalformedMessage, match="'explode'"):
        Command.from_wire(COMMAND.to_wire() | {"kind": "explode"})


@pytest.mark.parametrize("port", [0, 65536, -1, True, 80.0, "80"])
def test_a_port_that_cannot_be_is_refused(port: object) -> None:
    with pytest.raises(MalformedMessage, match="internal_port"):
        PublicEndpoint.from_wire({"port_name": "PROXY_PORT", "internal_port": port})


@pytest.mark.parametrize("number", [-1, True, 1.0, "1", None])
def test_a_heartbeat_number_that_cannot_be_is_refused(number: object) -> None:
    with pytest.raises(MalformedMessage, match="number"):
        Heartbeat.from_wire(HEARTBEAT.to_wire() | {"number": number})
