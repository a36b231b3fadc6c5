"""The steps of the story, each told, done and checked."""

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, TypeVar

from broker.cli.kit.text import table
from broker.cli.story.client import Client
from broker.cli.story.listener import ListenerProcess

APPLICATION, NAMESPACE, FRAMEWORK = "testha", "test", "ruby-1.9"
PATIENCE_SECONDS = 15.0
POLL_SECONDS = 0.05

T = TypeVar("T")
Say = Callable[[str], None]
Ask = Callable[[str], tuple[str, tuple[str, ...]]]


class StepFailed(Exception):
    """A step did not hold; the text says which and why."""


@dataclass(frozen=True, kw_only=True)
class Story:
    """What the story is told with: the owner's client, the listener, a DNS question, a way to kill a node, a voice."""

    owner: Client
    router: Client
    listener: ListenerProcess
    ask_dns: Ask
    dig: str
    kill: Callable[[str], None]
    ha_name: str
    say: Say
    patience_seconds: float = PATIENCE_SECONDS

    def tell(self) -> None:
        """Tell all of it; raises `StepFailed` at the first step that does not hold."""
        expect(self.listener.is_ready(PATIENCE_SECONDS), "the listener did not start")
        self.create()
        self.enable_ha()
        self.look_up_the_name()
        self._show_events()
        self._scale()
        self._lose_a_node()

    def create(self) -> None:
        """A scaled application."""
        path = f"/broker/rest/domain/{NAMESPACE}/applications"
        fields = {"name": APPLICATION, "cartridges": FRAMEWORK, "scale": "true"}
        self.title("1. A scaled application", self.owner.curl("POST", path, **fields))
        answer = self.owner.post(path, **fields)
        self.heard(answer.text, answer.status == 201)  # noqa: PLR2004 created
        gears = self.gears()
        expect(len(gears) == 1 and _carriers(gears) == 1, "one gear with the web proxy was expected")

    def enable_ha(self) -> None:
        """It becomes HA, in two zones."""
        path = f"/broker/rest/applications/{APPLICATION}/events"
        self.title("2. It becomes highly available", self.owner.curl("POST", path, event="enable-ha"))
        answer = self.owner.post(path, event="enable-ha")
        self.heard(answer.text, answer.text == f"Application {APPLICATION} is now ha")
        gears = self.gears()
        zones = {gear["zone"] for gear in gears}
        expect(_carriers(gears) == 2 and len(zones) == 2, "two proxy gears in two zones were expected")  # noqa: PLR2004

    def look_up_the_name(self) -> None:
        """Its HA name resolves."""
        self.title("3. Its HA name resolves", self.dig)
        status, records = self.ask_dns(self.ha_name)
        self.say("\n".join(f"  {record}" for record in records) or f"  {status}")
        expect(status == "NOERROR" and any("CNAME" in record for record in records), "the name did not resolve")

    def _show_events(self) -> None:
        self.title("4. What a router in another process was told", f"oo-router {' '.join(self.listener.arguments)}")
        position = self._position()
        expect(self.listener.has_reached(position, PATIENCE_SECONDS), "the listener is behind")
        events = self.listener.events()
        self._show(events)
        expect(_without_gaps(events), "the positions have a gap")

    def _scale(self) -> None:
        path = f"/broker/rest/applications/{APPLICATION}/events"
        self.title("5. It grows to six gears", self.owner.curl("POST", path, event="scale-up", to="6"))
        answer = self.owner.post(path, event="scale-up", to="6")
        self.heard(answer.text, answer.text == f"Application {APPLICATION} has scaled to 6")
        gears = self.gears()
        expect(len(gears) == 6 and _carriers(gears) == 2, "six gears, two with the proxy, were expected")  # noqa: PLR2004
        rotated = [end for end in self.endpoints() if end["rotation"] == "out"]
        self.say("  The gear ratio is three: the proxy gears now only balance, and the four others serve.")
        expect(len(rotated) == 4, "the proxy gears should have left rotation")  # noqa: PLR2004 two endpoints each

    def _lose_a_node(self) -> None:
        victim = next(end["node"] for end in self.endpoints() if "load_balancer" in end["types"] and not end["is_head"])
        self.title("6. A node is lost", f"gearbroker node {victim} kill")
        before = len(self.listener.events())
        self.kill(victim)
        lost = self.wait_for(lambda: [e for e in self.endpoints() if e["state"] == "unresponsive"])
        expect(bool(lost) and {end["node"] for end in lost} == {victim}, "the loss was not noticed")
        self.gears()
        told = self.wait_for(lambda: _verdicts(self.listener.events()[before:]))
        self._show(self.listener.events()[before:])
        expect(bool(told), "the router was not told of the verdict")
        verdict = self.owner.get(f"/broker/rest/applications/{APPLICATION}/routing_table").data["verdict"]
        self.say(f"  Verdict: {verdict}: {'; '.join(told[-1]['reasons'])}.")
        expect(verdict == "degraded", "the application should be degraded, and still answer")

    def title(self, title: str, command: str) -> None:
        """Begin a step, and say what does the same by hand."""
        self.say(f"\n{title}\n  $ {command}")

    def heard(self, text: str, held: bool) -> None:  # noqa: FBT001
        """Say what was answered; raises `StepFailed` unless it held."""
        self.say(f"  {text}")
        expect(held, f"the broker answered: {text}")

    def gears(self) -> list[dict[str, Any]]:
        """The gears, shown as a table."""
        groups = self.owner.get(f"/broker/rest/applications/{APPLICATION}/gear_groups?include=endpoints").data
        nodes = {end["gear_id"]: end["node"] for end in self.endpoints()}
        gears = [gear for group in groups for gear in group["gears"]]
        rows = [
            (gear["id"], gear["zone"], nodes.get(gear["id"]), " ".join(_cartridges(gear)), gear["state"])
            for gear in gears
        ]
        text = table(("GEAR", "ZONE", "NODE", "CARTRIDGES", "STATE"), rows)
        self.say("\n".join(f"  {line}" for line in text.splitlines()))
        return gears

    def endpoints(self) -> list[dict[str, Any]]:
        """The endpoints of the routing table."""
        table_of = self.owner.get(f"/broker/rest/applications/{APPLICATION}/routing_table").data
        endpoints: list[dict[str, Any]] = table_of["endpoints"]
        return endpoints

    def _position(self) -> int:
        def settled() -> int:
            found = self.router.get("/broker/rest/routing/snapshot").data
            wanted = sum(each["sequence"] for each in found["applications"])
            return int(found["position"]) if found["position"] >= wanted else 0

        return self.wait_for(settled)

    def _show(self, events: Iterable[dict[str, Any]]) -> None:
        rows = [(e["position"], e["sequence"], e["action"], _detail(e)) for e in events]
        text = table(("POSITION", "SEQUENCE", "ACTION", "WHAT"), rows)
        self.say("\n".join(f"  {line}" for line in text.splitlines()))

    def wait_for(self, look: Callable[[], T]) -> T:
        """What is found, as soon as it is something, or at last."""
        deadline = time.monotonic() + self.patience_seconds
        while not (found := look()) and time.monotonic() < deadline:
            time.sleep(POLL_SECONDS)
        return found


def expect(held: bool, otherwise: str) -> None:  # noqa: FBT001
    """Raises `StepFailed` with the other text unless it held."""
    if not held:
        raise StepFailed(otherwise)


def _cartridges(gear: dict[str, Any]) -> list[str]:
    return sorted({end["cartridge_name"] for end in gear["endpoints"]})


def _carriers(gears: Iterable[dict[str, Any]]) -> int:
    return sum(any("load_balancer" in end["types"] for end in gear["endpoints"]) for gear in gears)


def _verdicts(events: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    return [event for event in events if event["action"] == "ha_verdict_changed"]


def _without_gaps(events: list[dict[str, Any]]) -> bool:
    positions = [event["position"] for event in events]
    return bool(positions) and positions == list(range(positions[0], positions[0] + len(positions)))


def _detail(event: dict[str, Any]) -> str:
    match event["action"]:
        case "add_public_endpoint":
            types = " ".join(event["types"])
            return f"{types} at {event['public_address']}:{event['public_port']} on {event['node']}"
        case "ha_enabled":
            return str(event["ha_dns_name"])
        case "ha_verdict_changed":
            return str(event["verdict"])
        case "gear_state_changed":
            return f"{event['gear_id']} is {event['state']}"
        case "gear_rotated_out" | "gear_rotated_in":
            return f"{event['gear_id']}: {event['reason']}"
        case _:
            return str(event.get("dns_name", ""))
