"""The routing table of one application, as a listener knows it."""

import hashlib
import json
from bisect import bisect_left
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from operator import attrgetter
from types import MappingProxyType
from typing import Any, Final, TypeAlias

from routing_spi.certificate import Certificate, certificates
from routing_spi.endpoint import ROTATED_IN, ROTATED_OUT, Endpoint
from routing_spi.events import Action, RoutingEvent
from routing_spi.wire import JSON, Fields, MalformedMessage

NOT_HA: Final = "not_ha"

EndpointKey: TypeAlias = tuple[str, str, int]
# What an event makes of some fields of a table.
Changes: TypeAlias = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True, slots=True)
class RoutingTable:
    """All endpoints and names of one application; `sequence` is that of its last event, 0 before any.

    `certificates` are those of its aliases; most have none.
    """

    application_id: str
    app_name: str
    namespace: str
    scalable: bool
    ha: bool
    verdict: str
    sequence: int
    application_dns: str
    ha_dns: str | None
    head_gear_id: str | None
    aliases: tuple[str, ...]
    endpoints: tuple[Endpoint, ...]
    certificates: tuple[Certificate, ...] = ()

    @property
    def digest(self) -> str:
        """SHA-256 (hex) of the table's JSON with sorted keys; equal tables have it equal on both sides."""
        text = json.dumps(self._undigested(), sort_keys=True, separators=(",", ":"), ensure_ascii=True)
        return hashlib.sha256(text.encode("ascii")).hexdigest()

    @property
    def serving(self) -> tuple[Endpoint, ...]:
        """The endpoints that traffic may be sent to."""
        return tuple(endpoint for endpoint in self.endpoints if endpoint.serving)

    def endpoints_of(self, kind: str) -> tuple[Endpoint, ...]:
        """The endpoints of one type, such as `load_balancer` or `web_framework`."""
        return tuple(endpoint for endpoint in self.endpoints if kind in endpoint.types)

    def to_wire(self) -> dict[str, JSON]:
        """The wire form, with its digest."""
        return {**self._undigested(), "digest": self.digest}

    @classmethod
    def from_wire(cls, wire: object) -> "RoutingTable":
        """The table of a wire form; raises `MalformedMessage`, also for a digest that does not fit."""
        fields = Fields.of(wire, "routing table")
        dns = Fields.of(fields.values.get("dns"), "routing table: dns")
        table = cls(
            application_id=fields.text("application_id"),
            app_name=fields.text("app_name"),
            namespace=fields.text("namespace"),
            scalable=fields.flag("scalable"),
            ha=fields.flag("ha"),
            verdict=fields.text("verdict"),
            sequence=fields.number("sequence"),
            application_dns=dns.text("application"),
            ha_dns=dns.optional_text("ha"),
            head_gear_id=fields.optional_text("head_gear_id"),
            aliases=_aliases(fields.texts("aliases")),
            endpoints=_endpoints(Endpoint.from_wire(endpoint) for endpoint in fields.items("endpoints")),
            certificates=_certificates(fields),
        )
        if fields.text("digest") != table.digest:
            given = fields.text("digest")
            raise MalformedMessage(f"routing table of {table.application_id}: digest {given} does not fit")
        return table

    def _undigested(self) -> dict[str, JSON]:
        return {
            "application_id": self.application_id,
            "app_name": self.app_name,
            "namespace": self.namespace,
            "scalable": self.scalable,
            "ha": self.ha,
            "verdict": self.verdict,
            "sequence": self.sequence,
            "dns": {"application": self.application_dns, "ha": self.ha_dns},
            "head_gear_id": self.head_gear_id,
            "aliases": list(self.aliases),
            # Not told where there are none: neither a broker nor a state of a time before certificates has them.
            **({"certificates": [each.to_wire() for each in self.certificates]} if self.certificates else {}),
            "endpoints": [endpoint.to_wire() for endpoint in self.endpoints],
        }


def apply_event(table: RoutingTable | None, event: RoutingEvent) -> RoutingTable | None:
    """The table after `event`; None when the application is gone.

    The event must be the next one of this application (`delivery.decide`): without a table only
    `create_application` is. Raises ValueError otherwise.
    """
    if event.action is Action.CREATE_APPLICATION:
        return _created(event)
    if table is None or table.application_id != event.application_id:
        msg = f"event {event.event_id} ({event.action}) has no table to be applied to"
        raise ValueError(msg)
    if event.action is Action.DELETE_APPLICATION:
        return None
    return replace(table, sequence=event.sequence, **_changes(table, event))


def _created(event: RoutingEvent) -> RoutingTable:
    fields = _fields(event)
    return RoutingTable(
        application_id=event.application_id,
        app_name=event.app_name,
        namespace=event.namespace,
        scalable=fields.flag("scalable"),
        ha=fields.flag("ha"),
        verdict=NOT_HA,
        sequence=event.sequence,
        application_dns=fields.text("dns_name"),
        ha_dns=None,
        head_gear_id=None,
        aliases=(),
        endpoints=(),
    )


def _changes(table: RoutingTable, event: RoutingEvent) -> Changes:
    return _CHANGES[event.action](table, _fields(event))


def _added(table: RoutingTable, fields: Fields) -> Changes:
    endpoint = Endpoint.of_event(fields.values)
    first_head = endpoint.gear_id if endpoint.is_head else None
    before, after = _around(table, endpoint.key)
    return {"endpoints": (*before, endpoint, *after), "head_gear_id": table.head_gear_id or first_head}


def _removed(table: RoutingTable, fields: Fields) -> Changes:
    key = (fields.text("gear_id"), fields.text("public_address"), fields.port("public_port"))
    before, after = _around(table, key)
    return {"endpoints": (*before, *after)}


def _around(table: RoutingTable, key: EndpointKey) -> tuple[tuple[Endpoint, ...], tuple[Endpoint, ...]]:
    """The endpoints before and after the place of `key`; they are in order, and there may be thousands."""
    place = bisect_left(table.endpoints, key, key=attrgetter("key"))
    there = place < len(table.endpoints) and table.endpoints[place].key == key
    return table.endpoints[:place], table.endpoints[place + there :]


def _alias_added(table: RoutingTable, fields: Fields) -> Changes:
    return {"aliases": _aliases([*table.aliases, fields.text("alias")])}


def _alias_removed(table: RoutingTable, fields: Fields) -> Changes:
    aliases = tuple(a for a in table.aliases if a != fields.text("alias"))
    return {"aliases": aliases, **_ssl_removed(table, fields)}


def _ssl_added(table: RoutingTable, fields: Fields) -> Changes:
    return {"certificates": certificates([*table.certificates, Certificate.of(fields)])}


def _ssl_removed(table: RoutingTable, fields: Fields) -> Changes:
    return {"certificates": tuple(each for each in table.certificates if each.alias != fields.text("alias"))}


def _ha_enabled(_table: RoutingTable, fields: Fields) -> Changes:
    return {"ha": True, "ha_dns": fields.optional_text("ha_dns_name")}


def _ha_disabled(_table: RoutingTable, _fields: Fields) -> Changes:
    return {"ha": False, "ha_dns": None}


def _judged(_table: RoutingTable, fields: Fields) -> Changes:
    return {"verdict": fields.text("verdict")}


def _headed(table: RoutingTable, fields: Fields) -> Changes:
    gear_id = fields.text("gear_id")
    endpoints = tuple(replace(e, is_head=e.gear_id == gear_id) for e in table.endpoints)
    return {"head_gear_id": gear_id, "endpoints": endpoints}


def _state_changed(table: RoutingTable, fields: Fields) -> Changes:
    gear_id, state = fields.text("gear_id"), fields.text("state")
    endpoints = tuple(replace(e, state=state) if e.gear_id == gear_id else e for e in table.endpoints)
    return {"endpoints": endpoints}


def _rotated_in(table: RoutingTable, fields: Fields) -> Changes:
    return _rotated(table, fields.text("gear_id"), ROTATED_IN)


def _rotated_out(table: RoutingTable, fields: Fields) -> Changes:
    return _rotated(table, fields.text("gear_id"), ROTATED_OUT)


def _rotated(table: RoutingTable, gear_id: str, rotation: str) -> Changes:
    endpoints = tuple(replace(e, rotation=rotation) if e.gear_id == gear_id else e for e in table.endpoints)
    return {"endpoints": endpoints}


def _moved(table: RoutingTable, fields: Fields) -> Changes:
    previous = (fields.text("gear_id"), fields.text("previous_address"), fields.port("previous_port"))
    endpoints = _endpoints(
        replace(
            e,
            public_address=fields.text("public_address"),
            public_port=fields.port("public_port"),
            node=fields.optional_text("node"),
            region=fields.optional_text("region"),
            zone=fields.optional_text("zone"),
        )
        if e.key == previous
        else e
        for e in table.endpoints
    )
    return {"endpoints": endpoints}


_CHANGES: Final[Mapping[Action, Callable[[RoutingTable, Fields], Changes]]] = MappingProxyType(
    {
        Action.ADD_PUBLIC_ENDPOINT: _added,
        Action.REMOVE_PUBLIC_ENDPOINT: _removed,
        Action.ADD_ALIAS: _alias_added,
        Action.REMOVE_ALIAS: _alias_removed,
        Action.ADD_SSL: _ssl_added,
        Action.REMOVE_SSL: _ssl_removed,
        Action.HA_ENABLED: _ha_enabled,
        Action.HA_DISABLED: _ha_disabled,
        Action.HA_VERDICT_CHANGED: _judged,
        Action.HEAD_CHANGED: _headed,
        Action.GEAR_STATE_CHANGED: _state_changed,
        Action.GEAR_ROTATED_IN: _rotated_in,
        Action.GEAR_ROTATED_OUT: _rotated_out,
        Action.APPLICATION_MOVED: _moved,
    }
)


def _fields(event: RoutingEvent) -> Fields:
    return Fields(values=event.data, what=f"event {event.action}")


def _aliases(aliases: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted(set(aliases)))


def _certificates(fields: Fields) -> tuple[Certificate, ...]:
    told = fields.items("certificates") if "certificates" in fields.values else []
    return certificates(Certificate.from_wire(each) for each in told)


def _endpoints(endpoints: Iterable[Endpoint]) -> tuple[Endpoint, ...]:
    by_key: Mapping[tuple[str, str, int], Endpoint] = {endpoint.key: endpoint for endpoint in endpoints}
    return tuple(by_key[key] for key in sorted(by_key))
