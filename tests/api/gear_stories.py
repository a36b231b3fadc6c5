"""What tests of single gears do over REST, and see of it."""

import json

from broker.core.node import Liveness
from broker.usecases.nodes import change_liveness, tell_all_missed

APPLICATION = "/broker/rest/application/testha"


def gears(client):
    return [gear["id"] for gear in client("GET", f"{APPLICATION}/gear_groups").data[0]["gears"]]


def scaled(client, count, *, ha=False):
    if ha:
        assert client("POST", f"{APPLICATION}/events", "event=make-ha").status == 200
    if len(gears(client)) < count:
        assert client("POST", f"{APPLICATION}/events", f"event=scale-up&to={count}").status == 200
    return gears(client)


def event(client, gear, text):
    return client("POST", f"{APPLICATION}/gear/{gear}/events", text)


def rotation(client):
    """Which gears routers send requests to, by what they are told."""
    table = client("GET", f"{APPLICATION}/routing_table").data
    return {
        endpoint["gear_id"]: endpoint["rotation"]
        for endpoint in table["endpoints"]
        if endpoint["types"] == ["web_framework"]
    }


def rotations_told(world):
    with world.embedded.platform.reading() as work:
        told = work.log.after(0, 1000)
    return [
        (each.action, json.loads(each.data)["gear_id"], json.loads(each.data)["reason"])
        for each in told
        if "rotated" in each.action
    ]


def lose(world, gear):
    with world.embedded.platform.reading() as work:
        node = work.gears.by_ids([gear])[0].node_id
    world.embedded.fleet.kill(node)
    change_liveness(world.embedded.platform, [node], Liveness.UNRESPONSIVE)
    return node


def find(world, node):
    world.embedded.fleet.revive(node)
    change_liveness(world.embedded.platform, [node], Liveness.RESPONSIVE)
    tell_all_missed(world.embedded.platform)


def carries(world, client):
    with world.embedded.platform.reading() as work:
        return {gear.gear_id for gear in work.gears.by_ids(gears(client)) if gear.carries_proxy}
