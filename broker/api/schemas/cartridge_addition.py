"""The request that adds cartridges to an application."""

from dataclasses import replace
from typing import Any

from marshmallow import post_load

from broker.api.fields import Form, Number, Text
from broker.api.schemas.application_wishes import CartridgeWishes, Gigabytes, VariableWishes, only_set
from broker.core.errors import Invalid
from broker.usecases.adding import Addition
from broker.usecases.cartridge_wishes import CartridgeWish


class CartridgeAddition(Form):
    """Cartridges by name, id or URL, one or several, and what holds for each that does not say otherwise."""

    name = CartridgeWishes(load_default=())
    id = CartridgeWishes(load_default=())
    cartridge = CartridgeWishes(load_default=())
    cartridges = CartridgeWishes(load_default=())
    url = Text(load_default=None)
    colocate_with = Text(load_default=None)
    scales_from = Number(load_default=None)
    scales_to = Number(load_default=None)
    additional_gear_storage = Gigabytes(load_default=0)
    gear_size = Text(load_default=None)
    environment_variables = VariableWishes(load_default=None)

    @post_load
    def settle(self, given: dict[str, Any], **_: object) -> dict[str, Any]:
        """The addition; one cartridge is named by whichever parameter there is first."""
        url = given["url"]
        named = (given["cartridges"], given["cartridge"], given["name"], given["id"], _by_url(url))
        wishes: tuple[CartridgeWish, ...] = next((each for each in named if each), ())
        if not wishes:
            text = "Error in parameters. Cannot determine cartridge. Use 'cartridge'/'name'/'url'"
            raise Invalid(text, exit_code=109)
        variables = only_set(given["environment_variables"] or ())
        return {"addition": Addition(cartridges=tuple(_filled(each, given) for each in wishes), variables=variables)}


def _by_url(url: str | None) -> tuple[CartridgeWish, ...]:
    return () if url is None else (CartridgeWish(url=url),)


def _filled(wish: CartridgeWish, given: dict[str, Any]) -> CartridgeWish:
    """The wish, with what was said for all of them where it says nothing itself."""
    return replace(
        wish,
        gear_size=wish.gear_size or given["gear_size"],
        colocate_with=wish.colocate_with or given["colocate_with"],
        scales_from=given["scales_from"] if wish.scales_from is None else wish.scales_from,
        scales_to=given["scales_to"] if wish.scales_to is None else wish.scales_to,
        additional_storage=wish.additional_storage or given["additional_gear_storage"],
    )
