"""Every routing event, frozen: what happened to the routing table of one application."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final, TypeAlias

from routing_spi.wire import JSON, Fields, MalformedMessage

__all__ = ["JSON", "ORIGINAL_ACTIONS", "Action", "MalformedMessage", "RoutingEvent", "own_fields"]


class Action(StrEnum):
    """What a routing event tells; the first eight are the field's own, under their old names."""

    CREATE_APPLICATION = "create_application"
    DELETE_APPLICATION = "delete_application"
    ADD_PUBLIC_ENDPOINT = "add_public_endpoint"
    REMOVE_PUBLIC_ENDPOINT = "remove_public_endpoint"
    ADD_ALIAS = "add_alias"
    REMOVE_ALIAS = "remove_alias"
    ADD_SSL = "add_ssl"
    REMOVE_SSL = "remove_ssl"
    HA_ENABLED = "ha_enabled"
    HA_DISABLED = "ha_disabled"
    GEAR_STATE_CHANGED = "gear_state_changed"
    GEAR_ROTATED_IN = "gear_rotated_in"
    GEAR_ROTATED_OUT = "gear_rotated_out"
    HEAD_CHANGED = "head_changed"
    HA_VERDICT_CHANGED = "ha_verdict_changed"
    APPLICATION_MOVED = "application_moved"


ORIGINAL_ACTIONS: Final = frozenset(list(Action)[:8])

_EXAMPLE_TIME: Final = "2026-01-01T00:00:00Z"
_TIME: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")

_Read: TypeAlias = Callable[[Fields, str], JSON]


_text: Final = Fields.text
_any_text: Final = Fields.any_text
_optional: Final = Fields.optional_text
_flag: Final = Fields.flag
_port: Final = Fields.port
_texts: Final = Fields.texts
_mappings: Final = Fields.mappings

_PLACE: Final[Mapping[str, _Read]] = {"node": _optional, "region": _optional, "zone": _optional}
_ADDRESS: Final[Mapping[str, _Read]] = {"public_address": _text, "public_port": _port}
_APPLICATION: Final[Mapping[str, _Read]] = {"scalable": _flag, "ha": _flag, "dns_name": _text}
_ALIAS: Final[Mapping[str, _Read]] = {"alias": _text}
_HA: Final[Mapping[str, _Read]] = {
    "ha_dns_name": _optional,
    "managed_dns": _flag,
    "router_hostname": _any_text,
}
_ROTATED: Final[Mapping[str, _Read]] = {"gear_id": _text, "reason": _any_text}

_OWN: Final[Mapping[Action, Mapping[str, _Read]]] = MappingProxyType(
    {
        Action.CREATE_APPLICATION: _APPLICATION,
        Action.DELETE_APPLICATION: _APPLICATION,
        Action.ADD_PUBLIC_ENDPOINT: {
            "gear_id": _text,
            "public_port_name": _text,
            **_ADDRESS,
            "protocols": _texts,
            "types": _texts,
            "mappings": _mappings,
            **_PLACE,
            "state": _text,
            "rotation": _text,
            "is_head": _flag,
        },
        Action.REMOVE_PUBLIC_ENDPOINT: {"gear_id": _text, **_ADDRESS, **_PLACE},
        Action.ADD_ALIAS: _ALIAS,
        Action.REMOVE_ALIAS: _ALIAS,
        Action.ADD_SSL: {**_ALIAS, "ssl": _any_text, "private_key_reference": _optional},
        Action.REMOVE_SSL: _ALIAS,
        Action.HA_ENABLED: _HA,
        Action.HA_DISABLED: _HA,
        Action.GEAR_STATE_CHANGED: {"gear_id": _text, "state": _text, **_PLACE},
        Action.GEAR_ROTATED_IN: _ROTATED,
        Action.GEAR_ROTATED_OUT: _ROTATED,
        Action.HEAD_CHANGED: {"gear_id": _text, "previous_gear_id": _optional},
        Action.HA_VERDICT_CHANGED: {"verdict": _text, "reasons": _texts},
        Action.APPLICATION_MOVED: {
            "gear_id": _text,
            "previous_address": _text,
            "previous_port": _port,
            **_ADDRESS,
            **_PLACE,
        },
    }
)


@dataclass(frozen=True, kw_only=True, slots=True)
class RoutingEvent:
    """One change of one application's routing table.

    `sequence` counts this application's events from 1 without gaps. `position` counts all events and is
    given when the event is sent; None before. `occurred_at` is UTC, `YYYY-MM-DDTHH:MM:SSZ`. `data` holds
    exactly the action's own fields (`own_fields`), in their order, lists as lists. Anything else raises
    `MalformedMessage`.
    """

    action: Action
    application_id: str
    app_name: str
    namespace: str
    sequence: int
    position: int | None
    occurred_at: str
    data: Mapping[str, JSON]

    def __post_init__(self) -> None:
        """Refuse what no event may be, and bring `data` into the order of the contract."""
        if not self._is_sound():
            self._refuse()
        if unknown := sorted(self.data.keys() - _OWN[self.action].keys()):
            msg = f"event {self.action} has fields it may not have: {', '.join(unknown)}"
            raise MalformedMessage(msg)
        object.__setattr__(self, "data", MappingProxyType(_read_own(self.action, self.data)))

    def _is_sound(self) -> bool:
        # Every event of a flow comes through here; what is wrong with one that is not sound is found out in words.
        texts = (self.application_id, self.app_name, self.namespace, self.occurred_at)
        numbers = (self.sequence, 1 if self.position is None else self.position)
        return (
            all(type(each) is str and each for each in texts)
            and all(type(each) is int and each > 0 for each in numbers)
            and self.app_name == self.app_name.lower()
            and self.namespace == self.namespace.lower()
            and _TIME.fullmatch(self.occurred_at) is not None
        )

    def _refuse(self) -> None:
        common = Fields(values={name: getattr(self, name) for name in _COMMON}, what=f"event {self.action}")
        common.text("application_id")
        common.number("sequence", least=1)
        common.optional_number("position", least=1)
        if not _TIME.fullmatch(common.text("occurred_at")):
            msg = f"event {self.action}: occurred_at must be like {_EXAMPLE_TIME}, not {self.occurred_at!r}"
            raise MalformedMessage(msg)
        for name in ("app_name", "namespace"):
            if common.text(name) != common.text(name).lower():
                msg = f"event {self.action}: {name} must be lower-case, not {common.text(name)!r}"
                raise MalformedMessage(msg)

    @property
    def event_id(self) -> str:
        """The id on the wire, `<application_id>/<sequence>`, the same however often the event is sent."""
        return f"{self.application_id}/{self.sequence}"

    @property
    def routing_key(self) -> str:
        """The key on the bus, `<namespace>.<app_name>.<action>`."""
        return f"{self.namespace}.{self.app_name}.{self.action}"


_COMMON: Final = ("application_id", "app_name", "namespace", "sequence", "position", "occurred_at")


def own_fields(action: Action) -> tuple[str, ...]:
    """The names of the fields that `action` has beside the common ones, in the order of the contract."""
    return tuple(_OWN[action])


def _read_own(action: Action, data: Mapping[str, object]) -> dict[str, JSON]:
    fields = Fields(values=data, what=f"event {action}")
    return {name: read(fields, name) for name, read in _OWN[action].items()}
