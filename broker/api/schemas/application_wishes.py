"""Lists inside the request for an application: its cartridges and its environment variables."""

from typing import Any

from broker.api.fields import SHOWN, Parameter
from broker.core.errors import Invalid
from broker.core.scaling import parse_number
from broker.usecases.wishes import CartridgeWish

_VARIABLES = "environment_variables"


class CartridgeWishes(Parameter):
    """Cartridges: a name, a list of names, or of mappings with `name` and its gear size and limits."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> tuple[CartridgeWish, ...]:
        del attr, data, kwargs
        entries = value if isinstance(value, list) else [value]
        return tuple(_cartridge(each) for each in entries)


def _cartridge(entry: Any) -> CartridgeWish:
    given = entry if isinstance(entry, dict) else {"name": entry}
    name, url = given.get("name"), given.get("url")
    if bool(name) == bool(url) or not isinstance(name or "", str) or "\0" in (name or ""):
        text = "Each cartridge must be specified by a name, or a JSON hash with a 'name' or 'url' key."
        raise Invalid(text, field="cartridge", exit_code=109)
    if not isinstance(name, str):
        text = f"Invalid cartridge '{str(url)[:SHOWN]}' specified. Cartridges are not downloaded here."
        raise Invalid(text, field="cartridge", exit_code=109)
    size = given.get("gear_size")
    return CartridgeWish(
        name=name,
        gear_size=size if isinstance(size, str) else None,
        scales_from=_limit(given.get("scales_from")),
        scales_to=_limit(given.get("scales_to")),
        additional_storage=_storage(given.get("additional_gear_storage")),
    )


def _limit(value: Any) -> int | None:
    return parse_number(value) if isinstance(value, str | int) else None


def _storage(value: Any) -> int:
    gigabytes = 0 if value in (None, "") else _limit(value)
    if gigabytes is None:
        raise Invalid("Invalid storage value provided.", field="additional_storage", exit_code=165)
    return gigabytes


class Config(Parameter):
    """How code is deployed: a mapping."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> dict[str, object]:
        del attr, data, kwargs
        if not isinstance(value, dict):
            text = "Invalid application configuration: a mapping is expected"
            raise Invalid(text, field="config", exit_code=-1)
        return value


class VariableWishes(Parameter):
    """Environment variables: a list of mappings with `name` and, unless it is to be unset, `value`."""

    def _deserialize(
        self, value: Any, attr: str | None, data: Any, **kwargs: Any
    ) -> tuple[tuple[str, str | None], ...]:
        del attr, data, kwargs
        if not isinstance(value, list) or not all(isinstance(each, dict) for each in value):
            text = "Invalid environment variables: expected array of hashes"
            raise Invalid(text, field=_VARIABLES, exit_code=186)
        return tuple(_variable(each) for each in value)


def _variable(entry: dict[str, Any]) -> tuple[str, str | None]:
    name, value = entry.get("name"), entry.get("value")
    if not isinstance(name, str) or not name or set(entry) - {"name", "value"}:
        shown = str(sorted(entry))[:SHOWN]  # the names only: a value may be a secret
        text = f"Invalid environment variable {shown}. Valid keys 'name'(required), 'value'"
        raise Invalid(text, field=_VARIABLES, exit_code=186)
    if value is not None and not isinstance(value, str):
        raise Invalid("Value must be a string.", field=_VARIABLES, exit_code=190)
    return name, value
