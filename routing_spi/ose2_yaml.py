"""The field's own dialect: one YAML mapping with symbol keys, eight actions, no sequence and no ids."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

import yaml

from routing_spi.events import ORIGINAL_ACTIONS, Action, RoutingEvent
from routing_spi.wire import JSON, Fields, MalformedMessage

# The fields of each message after app_name and namespace, in the order the field's broker wrote them.
_ORDER: Final[Mapping[Action, tuple[str, ...]]] = MappingProxyType(
    {
        Action.CREATE_APPLICATION: ("scalable", "ha"),
        Action.DELETE_APPLICATION: ("scalable", "ha"),
        Action.ADD_PUBLIC_ENDPOINT: (
            "gear_id",
            "public_port_name",
            "public_address",
            "public_port",
            "protocols",
            "types",
            "mappings",
        ),
        Action.REMOVE_PUBLIC_ENDPOINT: ("gear_id", "public_address", "public_port"),
        Action.ADD_ALIAS: ("alias",),
        Action.REMOVE_ALIAS: ("alias",),
        Action.ADD_SSL: ("alias", "ssl", "private_key", "pass_phrase"),
        Action.REMOVE_SSL: ("alias",),
    }
)

_STR: Final = "tag:yaml.org,2002:str"
_MAP: Final = "tag:yaml.org,2002:map"
_SEQ: Final = "tag:yaml.org,2002:seq"
# What Ruby quotes although PyYAML would not: one-letter booleans, and digits such as 08.
_ONE_LETTER_BOOLEANS: Final = frozenset("yYnN")
_QUOTED_NUMBER: Final = re.compile(r"[-+]?[0-9][0-9_,]*")
# Line breaks to YAML though not to us: read back as they were only when escaped.
_OTHER_BREAKS: Final = frozenset("\r\x85\u2028\u2029")
_WIDE: Final = 1 << 20  # columns: nothing is ever folded
_DEEPEST: Final = 2


class NotInDialect(ValueError):
    """The event's action is not one of the eight that this dialect knows."""


@dataclass(frozen=True, kw_only=True, slots=True)
class PrivateKey:
    """A certificate's private key in clear, for old listeners, where `SPI_SEND_PRIVATE_KEYS` allows it."""

    private_key: str
    pass_phrase: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Notification:
    """What a message of this dialect says; without id and sequence, repeats and gaps cannot be told."""

    action: Action
    app_name: str
    namespace: str
    data: Mapping[str, JSON]

    @classmethod
    def of(cls, event: RoutingEvent, *, key: PrivateKey | None = None) -> "Notification":
        """What this dialect keeps of `event`, with an empty key unless given; raises `NotInDialect`."""
        if event.action not in ORIGINAL_ACTIONS:
            msg = f"the ose2-yaml dialect has no action {event.action.value!r}"
            raise NotInDialect(msg)
        shown = key or PrivateKey(private_key="")
        values = {**event.data, "private_key": shown.private_key, "pass_phrase": shown.pass_phrase}
        data = {name: values[name] for name in _ORDER[event.action]}
        return cls(action=event.action, app_name=event.app_name, namespace=event.namespace, data=data)


def encode_ose2_yaml(event: RoutingEvent | Notification, *, key: PrivateKey | None = None) -> str:
    """The message as the field's broker wrote it, byte for byte; raises `NotInDialect` for other actions."""
    notification = event if isinstance(event, Notification) else Notification.of(event, key=key)
    names = {"app_name": notification.app_name, "namespace": notification.namespace}
    pairs = [(_plain(":action"), _plain(f":{notification.action}"))]
    pairs += [(_plain(f":{name}"), _node(value)) for name, value in {**names, **notification.data}.items()]
    return yaml.serialize(
        yaml.MappingNode(_MAP, pairs, flow_style=False),
        Dumper=yaml.SafeDumper,
        explicit_start=True,
        width=_WIDE,
        allow_unicode=True,
    )


def decode_ose2_yaml(text: str | bytes) -> Notification:
    """The notification in a YAML text, names folded to lower case; raises `MalformedMessage`.

    Only unquoted keys are symbols, so a quoted ':action' makes no notification. Null stands for an empty
    list or text.
    """
    symbols = Fields(values=_symbols(_composed(text)), what="message")
    name = symbols.text("action").removeprefix(":")
    if name not in ORIGINAL_ACTIONS:
        msg = f"message: unknown action {name!r}"
        raise MalformedMessage(msg)
    action = Action(name)
    return Notification(
        action=action,
        app_name=symbols.text("app_name").lower(),
        namespace=symbols.text("namespace").lower(),
        data={field: _read(symbols, field) for field in _ORDER[action]},
    )


_READ: Final[Mapping[str, Callable[[Fields, str], JSON]]] = MappingProxyType(
    {
        "scalable": Fields.flag,
        "ha": Fields.flag,
        "public_port": Fields.port,
        "protocols": Fields.texts,
        "types": Fields.texts,
        "mappings": Fields.mappings,
        "ssl": Fields.any_text,
        "private_key": Fields.any_text,
    }
)
_NULL: Final[Mapping[str, JSON]] = MappingProxyType(
    {"protocols": (), "types": (), "mappings": (), "ssl": "", "private_key": ""}
)


def _read(symbols: Fields, name: str) -> JSON:
    if name == "pass_phrase":
        return _pass_phrase(symbols)
    if name in _NULL and symbols.values.get(name) is None:
        empty = _NULL[name]
        return empty if isinstance(empty, str) else []
    return _READ.get(name, Fields.text)(symbols, name)


def _pass_phrase(symbols: Fields) -> str:
    # Declared a list by the field's broker although its REST interface hands in a text.
    value = symbols.values.get("pass_phrase")
    if value is None:
        return ""
    return "".join(symbols.texts("pass_phrase")) if isinstance(value, list) else symbols.any_text("pass_phrase")


def _composed(text: str | bytes) -> yaml.Node:
    try:
        node = yaml.compose(text, Loader=yaml.SafeLoader)
    except (yaml.YAMLError, UnicodeDecodeError, RecursionError) as error:
        msg = f"message is not YAML: {' '.join(str(error).split())}"
        raise MalformedMessage(msg) from error
    if not isinstance(node, yaml.MappingNode):
        msg = "message must be a mapping"
        raise MalformedMessage(msg)
    return node


def _symbols(node: yaml.Node) -> dict[str, object]:
    pairs = [(key, value) for key, value in node.value if isinstance(key, yaml.ScalarNode)]
    return {key.value[1:]: _value(value, depth=0) for key, value in pairs if _is_symbol(key)}


def _is_symbol(node: yaml.ScalarNode) -> bool:
    return node.style is None and str(node.value).startswith(":")


def _value(node: yaml.Node, *, depth: int) -> object:
    # A list of mappings is the deepest a message goes; refusing more also ends nested aliases early.
    if depth > _DEEPEST:
        msg = "message is nested too deeply"
        raise MalformedMessage(msg)
    if isinstance(node, yaml.SequenceNode):
        return [_value(item, depth=depth + 1) for item in node.value]
    if isinstance(node, yaml.MappingNode):
        pairs: Iterable[tuple[yaml.Node, yaml.Node]] = node.value
        return {str(key.value): _value(value, depth=depth + 1) for key, value in pairs}
    return _scalar(node)


def _scalar(node: yaml.Node) -> object:
    text = str(node.value)
    match node.tag.rpartition(":")[2]:
        case "null":
            return None
        case "bool":
            return text.lower() in {"true", "yes", "on"}
        case "int" if text.isascii() and text.isdigit() and not text.startswith("0"):
            return int(text)
        case "str":
            return text
        case _:
            msg = f"message: {text[:80]!r} is neither text, whole number, boolean nor null"
            raise MalformedMessage(msg)


def _node(value: object) -> yaml.Node:
    match value:
        case bool():
            return yaml.ScalarNode("tag:yaml.org,2002:bool", "true" if value else "false")
        case int():
            return yaml.ScalarNode("tag:yaml.org,2002:int", str(value))
        case str():
            return yaml.ScalarNode(_STR, value, style=_style(value))
        case Mapping():
            pairs = [(_node(key), _node(item)) for key, item in value.items()]
            return yaml.MappingNode(_MAP, pairs, flow_style=False)
        case list() | tuple():
            return yaml.SequenceNode(_SEQ, [_node(item) for item in value], flow_style=not value)
        case _:
            msg = f"the ose2-yaml dialect cannot write {value!r}"
            raise MalformedMessage(msg)


def _style(text: str) -> str | None:
    if _OTHER_BREAKS & set(text):
        return '"'
    if "\n" in text.removesuffix("\n"):
        return "|"
    if text in _ONE_LETTER_BOOLEANS:
        return '"'
    if text and not (text[0].isalnum() or text[0] == "_") and '"' not in text:
        return '"'
    return "'" if _QUOTED_NUMBER.fullmatch(text) else None


def _plain(symbol: str) -> yaml.Node:
    return yaml.ScalarNode(_STR, symbol)
