"""A story with every action in it, for tests of listeners: one application's life as routing events."""

from collections.abc import Iterable, Mapping
from typing import Final

from routing_spi.events import Action, RoutingEvent
from routing_spi.table import RoutingTable, apply_event
from routing_spi.wire import JSON

OCCURRED_AT: Final = "2026-01-01T00:00:00Z"
FIRST_GEAR: Final = "53c6c74fe659c57659000021"
SECOND_GEAR: Final = "53c6c74fe659c57659000022"


class Story:
    """The events of one application with the right sequence; positions follow `position` if it is given."""

    def __init__(self, app_name: str, *, position: int | None = None) -> None:
        """An application `app_name` in the namespace `test`."""
        self.application_id = app_name.encode().hex().ljust(24, "0")[:24]
        self._app_name = app_name
        self._position = position
        self._sequence = 0

    def tell(self, action: Action, **data: JSON) -> RoutingEvent:
        """The next event, of this action and with these own fields."""
        self._sequence += 1
        if self._position is not None:
            self._position += 1
        return RoutingEvent(
            action=action,
            application_id=self.application_id,
            app_name=self._app_name,
            namespace="test",
            sequence=self._sequence,
            position=self._position,
            occurred_at=OCCURRED_AT,
            data=data,
        )

    def create(self, *, ha: bool = False) -> RoutingEvent:
        """The application appears."""
        return self.tell(Action.CREATE_APPLICATION, scalable=True, ha=ha, dns_name=self._dns())

    def delete(self) -> RoutingEvent:
        """The application is gone."""
        return self.tell(Action.DELETE_APPLICATION, scalable=True, ha=True, dns_name=self._dns())

    def add(
        self, gear_id: str, address: str, port: int, *, kind: str = "load_balancer", is_head: bool = False
    ) -> RoutingEvent:
        """An endpoint of a gear that is started and rotated in."""
        return self.tell(
            Action.ADD_PUBLIC_ENDPOINT,
            gear_id=gear_id,
            public_port_name="haproxy-1.4" if kind == "load_balancer" else "php-5.4",
            public_address=address,
            public_port=port,
            protocols=["http", "ws"],
            types=[kind],
            mappings=[
                {"frontend": "", "backend": ""},
                {"frontend": "/health", "backend": "/configuration/health"},
            ],
            **_place(address),
            state="started",
            rotation="in",
            is_head=is_head,
        )

    def remove(self, gear_id: str, address: str, port: int) -> RoutingEvent:
        """An endpoint is gone."""
        own: Mapping[str, JSON] = {"gear_id": gear_id, "public_address": address, "public_port": port}
        return self.tell(Action.REMOVE_PUBLIC_ENDPOINT, **own, **_place(address))

    def state(self, gear_id: str, state: str) -> RoutingEvent:
        """A gear has another state."""
        return self.tell(Action.GEAR_STATE_CHANGED, gear_id=gear_id, state=state, **_place("203.0.113.17"))

    def move(self, gear_id: str, previous: tuple[str, int], now: tuple[str, int]) -> RoutingEvent:
        """An endpoint has another address."""
        return self.tell(
            Action.APPLICATION_MOVED,
            gear_id=gear_id,
            previous_address=previous[0],
            previous_port=previous[1],
            public_address=now[0],
            public_port=now[1],
            **_place(now[0]),
        )

    def _dns(self) -> str:
        return f"{self._app_name}-test.example.com"


def a_life(app_name: str = "testha", *, position: int | None = None) -> tuple[RoutingEvent, ...]:
    """Every action at least once, from creation to just before deletion; two proxy gears serve at the end."""
    story = Story(app_name, position=position)
    ha: Mapping[str, JSON] = {
        "ha_dns_name": f"ha-{app_name}-test.example.com",
        "managed_dns": True,
        "router_hostname": "www.example.com",
    }
    certificate: Mapping[str, JSON] = {
        "alias": "www.example.org",
        "ssl": "-----BEGIN CERTIFICATE-----",
        "private_key_reference": "key/1",
    }
    return (
        story.create(),
        story.add(FIRST_GEAR, "203.0.113.17", 56433, kind="web_framework", is_head=True),
        story.add(FIRST_GEAR, "203.0.113.17", 56432, is_head=True),
        story.add(SECOND_GEAR, "203.0.113.18", 40001),
        story.tell(Action.HA_ENABLED, **ha),
        story.tell(Action.HA_DISABLED, **ha),
        story.tell(Action.HA_ENABLED, **ha),
        story.tell(Action.HA_VERDICT_CHANGED, verdict="ha", reasons=[]),
        story.tell(Action.ADD_ALIAS, alias="old.example.org"),
        story.tell(Action.ADD_ALIAS, alias="www.example.org"),
        story.tell(Action.REMOVE_ALIAS, alias="old.example.org"),
        story.tell(Action.ADD_SSL, **certificate),
        story.tell(Action.REMOVE_SSL, alias="www.example.org"),
        story.tell(Action.ADD_SSL, **{**certificate, "private_key_reference": "key/2"}),
        story.tell(Action.GEAR_ROTATED_OUT, gear_id=FIRST_GEAR, reason="ratio"),
        story.tell(Action.GEAR_ROTATED_IN, gear_id=FIRST_GEAR, reason="ratio"),
        story.state(FIRST_GEAR, "unresponsive"),
        story.tell(Action.HEAD_CHANGED, gear_id=SECOND_GEAR, previous_gear_id=FIRST_GEAR),
        story.state(FIRST_GEAR, "started"),
        story.move(SECOND_GEAR, ("203.0.113.18", 40001), ("203.0.113.19", 40002)),
        story.add(SECOND_GEAR, "203.0.113.19", 40003, kind="web_framework"),
        story.remove(SECOND_GEAR, "203.0.113.19", 40003),
    )


def tables_after(events: Iterable[RoutingEvent]) -> dict[str, RoutingTable]:
    """The tables after events that come in order, as the broker has them."""
    tables: dict[str, RoutingTable] = {}
    for event in events:
        table = apply_event(tables.get(event.application_id), event)
        if table is None:
            del tables[event.application_id]
        else:
            tables[event.application_id] = table
    return tables


def _place(address: str) -> Mapping[str, JSON]:
    zone = "abc"[int(address.rpartition(".")[2]) % 3]
    return {"node": f"node-{zone}1.example.com", "region": "r1", "zone": zone}
