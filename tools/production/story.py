"""What the production shape is told to do, and what must hold afterwards."""

import http.client
import threading
import urllib.error
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from broker.cli.story.client import Client
from broker.cli.story.story import APPLICATION, Story, expect
from routing_spi.codec import event_from_wire
from routing_spi.snapshot import Snapshot
from routing_spi.table import RoutingTable, apply_event
from tools.production.children import Child
from tools.production.shape import Production

EVENTS = f"/broker/rest/applications/{APPLICATION}/events"
GEARS = 12


@dataclass(frozen=True, kw_only=True)
class ProductionStory(Story):
    """The story of the demo, told through two brokers, with more that dies in it."""

    other: Client
    shape: Production
    brokers: Sequence[Child]
    workers: Sequence[Child]
    agents: Sequence[Child]

    def tell(self) -> None:
        """Tell all of it; raises `StepFailed` at the first step that does not hold."""
        expect(self.listener.is_ready(30.0), "the router did not start")
        expect(self.wait_for(lambda: len(self.shape.heard()) == len(self.agents)), "the agents are not heard of")
        self.create()
        self.enable_ha()
        self.look_up_the_name()
        self._see_it_through_the_other_broker()
        self._kill_in_the_middle()
        self._compare_with_the_router("6. The router has what both brokers have")
        self._lose_a_zone()
        self._compare_with_the_router("8. And the router still does")

    def _see_it_through_the_other_broker(self) -> None:
        path = f"/broker/rest/applications/{APPLICATION}"
        self.title("4. The other broker knows it too", self.other.curl("GET", path))
        answer = self.other.get(path)
        self.heard(f"{answer.data['name']}: ha {str(answer.data['ha']).lower()}", answer.data["ha"] is True)

    def _kill_in_the_middle(self) -> None:
        broker, worker, agent = self.brokers[0], self.workers[0], self.agents[-1]
        self.title(
            f"5. {broker.name}, {worker.name} and the agent {agent.name} are killed while it grows to {GEARS} gears",
            f"kill -9 {agent.pid}; {self.owner.curl('POST', EVENTS, event='scale-up', to=str(GEARS))} &"
            f" kill -9 {broker.pid} {worker.pid}",
        )
        agent.kill()
        request = threading.Thread(target=self._ask_in_vain)
        request.start()
        expect(bool(self.wait_for(lambda: self._newest()["state"] == "running")), "the operation did not begin")
        broker.kill()
        worker.kill()
        request.join()
        agent.begin()
        self.say(f"  {broker.name} is gone with the request; {self.workers[1].name} goes on with its operation.")
        ended = self.wait_for(lambda: self._newest()["state"] not in {"running", "queued"})
        operation = self._newest()
        self.heard(f"Operation {operation['id']}: {operation['state']}", ended and operation["state"] == "completed")
        broker.begin()
        worker.begin()
        broker.wait_for("serves at")
        worker.wait_for("works")
        gears = self.gears()
        expect(len(gears) == GEARS, f"{GEARS} gears were expected, as asked of the broker that died")

    def _ask_in_vain(self) -> None:
        try:
            self.owner.post(EVENTS, event="scale-up", to=str(GEARS))
        except (urllib.error.URLError, http.client.HTTPException, OSError) as cut:
            self.say(f"  curl: {getattr(cut, 'reason', cut)}")

    def _newest(self) -> dict[str, Any]:
        newest: dict[str, Any] = self.other.get(f"/broker/rest/applications/{APPLICATION}/operations?limit=1").data[0]
        return newest

    def _compare_with_the_router(self, title: str) -> None:
        self.title(title, self.router.curl("GET", "/broker/rest/routing/snapshot"))
        second = Client(self.other.url, self.router.login, self.router.password)
        equal = self.wait_for(lambda: self._digests() == _digests(self.router) == _digests(second))
        for name, digests in ("router", self._digests()), ("broker", _digests(self.router)):
            self.say(f"  {name}  {' '.join(digests.values())}")
        expect(equal, "the router's table is another than the brokers'")

    def _digests(self) -> dict[str, str]:
        """What the router was told amounts to."""
        tables: dict[str, RoutingTable] = {}
        for line in self.listener.lines():
            if "snapshot" in line:
                tables = dict(Snapshot.from_wire(line["snapshot"]).tables)
                continue
            event = event_from_wire(line["event"])
            table = apply_event(tables.pop(event.application_id, None), event)
            if table is not None:
                tables[event.application_id] = table
        return {each: table.digest for each, table in sorted(tables.items())}

    def _lose_a_zone(self) -> None:
        zone = next(end["zone"] for end in self.endpoints() if "load_balancer" in end["types"] and not end["is_head"])
        lost = [agent for agent in self.agents if agent.name.startswith(f"node-{zone}")]
        self.title(f"7. Zone {zone} is lost, and back", f"kill -9 {' '.join(str(agent.pid) for agent in lost)}")
        for node_id in self.shape.node_ids:
            if node_id.startswith(f"node-{zone}"):
                self.kill(node_id)
        # Its nodes are missed one by one, and the verdict is another only once the one with a proxy gear is.
        lacking = self.wait_for(
            lambda: self._zones_that_are("unresponsive") == {zone} and self._verdict() == "degraded"
        )
        self.heard(f"Without zone {zone}: {self._verdict()}", lacking)
        for agent in lost:
            agent.begin()
        back = self.wait_for(lambda: not self._zones_that_are("unresponsive") and self._verdict() == "ha")
        self.heard(f"With it: {self._verdict()}", back)

    def _zones_that_are(self, state: str) -> set[str]:
        return {end["zone"] for end in self.endpoints() if end["state"] == state}

    def _verdict(self) -> str:
        verdict: str = self.owner.get(f"/broker/rest/applications/{APPLICATION}/routing_table").data["verdict"]
        return verdict


def _digests(client: Client) -> dict[str, str]:
    tables = client.get("/broker/rest/routing/snapshot").data["applications"]
    return {
        each["application_id"]: each["digest"] for each in sorted(tables, key=lambda each: str(each["application_id"]))
    }
