"""Lists inside the request for an application: its cartridges and its environment variables."""

from dataclasses import dataclass
from typing import Any

from broker.api.fields import SHOWN, Parameter, text_of
from broker.core.errors import Invalid
from broker.core.scaling import parse_number
from broker.usecases.cartridge_wishes import CartridgeWish

_VARIABLES = "environment_variables"


@dataclass(frozen=True)
class Unread:
    """What stands for a part of a request that cannot be read, until it is that part's turn to be refused."""

    refusal: Invalid


class Part(Parameter):
    """A part of a request that is more than a word; with `later` an `Unread` comes instead of its refusal."""

    def __init__(self, *, later: bool = False, **options: Any) -> None:
        super().__init__(**options)
        self._later = later

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        del attr, data, kwargs
        try:
            return self._read(value)
        except Invalid as refusal:
            if not self._later:
                raise
            return Unread(refusal)

    def _read(self, value: Any) -> Any:
        """The part; raises `Invalid`."""
        raise NotImplementedError


class CartridgeWishes(Part):
    """Cartridges: a name, a list of names, or of mappings with `name` and its gear size and limits."""

    def _read(self, value: Any) -> tuple[CartridgeWish, ...]:
        entries = value if isinstance(value, list) else [value]
        return tuple(_cartridge(each) for each in entries)


def _cartridge(entry: Any) -> CartridgeWish:
    given = entry if isinstance(entry, dict) else {"name": entry}
    name, url = given.get("name") or given.get("id"), given.get("url")
    if bool(name) == bool(url) or not _is_text(name or "") or not _is_text(url or ""):
        text = "Each cartridge must be specified by a name, or a JSON hash with a 'name' or 'url' key."
        raise Invalid(text, field="cartridge", exit_code=109)
    size, neighbour = given.get("gear_size"), given.get("colocate_with")
    return CartridgeWish(
        name=name or "",
        url=url or None,
        gear_size=size if isinstance(size, str) and size else None,
        colocate_with=neighbour if isinstance(neighbour, str) and neighbour else None,
        scales_from=_limit(given.get("scales_from")),
        scales_to=_limit(given.get("scales_to")),
        additional_storage=_storage(given.get("additional_gear_storage")),
    )


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and "\0" not in value


def _limit(value: Any) -> int | None:
    return parse_number(value) if isinstance(value, str | int) else None


def _storage(value: Any) -> int:
    gigabytes = 0 if value in (None, "") else _limit(value)
    if gigabytes is None or gigabytes < 0:
        raise Invalid("Invalid storage value provided.", field="additional_storage", exit_code=165)
    return gigabytes


class Gigabytes(Parameter):
    """Storage beside what every gear has."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> int:
        del attr, data, kwargs
        return _storage(value)


class Config(Part):
    """How code is deployed: a mapping."""

    def _read(self, value: Any) -> dict[str, object]:
        if not isinstance(value, dict):
            text = "Invalid application configuration: a mapping is expected"
            raise Invalid(text, field="config", exit_code=-1)
        return value


class VariableWishes(Part):
    """Environment variables: a list of mappings with `name` and, unless it is to be unset, `value`."""

    def _read(self, value: Any) -> tuple[tuple[str, str | None], ...]:
        if not isinstance(value, list) or not all(isinstance(each, dict) for each in value):
            text = "Invalid environment variables: expected array of hashes"
            raise Invalid(text, field=_VARIABLES, exit_code=186)
        return tuple(_variable(each) for each in value)


def _variable(entry: dict[str, Any]) -> tuple[str, str | None]:
    name, given = text_of(entry.get("name")), entry.get("value")
    if not name or set(entry) - {"name", "value"}:
        shown = str(sorted(entry))[:SHOWN]  # the names only: a value may be a secret
        text = f"Invalid environment variable {shown}. Valid keys 'name'(required), 'value'"
        raise Invalid(text, field=_VARIABLES, exit_code=186)
    value = text_of(given)
    if given is not None and value is None:
        raise Invalid("Value must be a string.", field=_VARIABLES, exit_code=190)
    return name, value


class SetVariables(VariableWishes):
    """Environment variables each of which has a value."""

    def _read(self, value: Any) -> tuple[tuple[str, str], ...]:
        return only_set(super()._read(value))


def only_set(variables: tuple[tuple[str, str | None], ...]) -> tuple[tuple[str, str], ...]:
    """The variables, each of which has a value; refuses one that is to be unset."""
    if any(value is None for _, value in variables):
        text = "Environment variable deletion not allowed for this operation"
        raise Invalid(text, field="environment_variables", exit_code=186)
    return tuple((name, value or "") for name, value in variables)
