"""Which scaling limits an owner may ask for: one rule, for a cartridge that is being created and for one that is there.

The refusals and their order are those of the REST contract for the update of an application's cartridge.
"""

from dataclasses import dataclass
from typing import Final

from broker.core.cartridge import Cartridge
from broker.core.errors import HighAvailabilityNeedsTwoGears, Invalid
from broker.core.limits import UNLIMITED

LIMIT_REFUSED: Final = 168


@dataclass(frozen=True, kw_only=True, slots=True)
class LimitWish:
    """The fewest and the most gears asked for; None where nothing is asked, a maximum of -1 is none."""

    scales_from: int | None = None
    scales_to: int | None = None


def check_may_scale(application: str, wish: LimitWish, *, scalable: bool) -> None:
    """Refuses every limit but one gear for an application that is not scalable."""
    if not scalable and (wish.scales_from not in (None, 1) or wish.scales_to not in (None, 1, UNLIMITED)):
        raise Invalid(f"Application '{application}' is not scalable", field="name", exit_code=100)


def check_proxy(cartridge: Cartridge, wish: LimitWish) -> None:
    """Refuses every limit but one gear for a sparse cartridge."""
    for name, value in (("scales_to", wish.scales_to), ("scales_from", wish.scales_from)):
        if cartridge.is_sparse and value not in (None, 1):
            text = f"The cartridge {cartridge.name} cannot be scaled."
            raise Invalid(text, field=name, exit_code=LIMIT_REFUSED)


def check_manifest(cartridge: Cartridge, wish: LimitWish) -> None:
    """Refuses limits that the cartridge's manifest does not support; after all that the contract refuses."""
    for name, value in (("scales_from", wish.scales_from), ("scales_to", wish.scales_to)):
        if value is not None and not cartridge.is_sparse and not _supports(cartridge, value):
            raise Invalid(f"Invalid {name} factor {value} provided", field=name, exit_code=LIMIT_REFUSED)


def _supports(cartridge: Cartridge, value: int) -> bool:
    if cartridge.scales_to == UNLIMITED:
        return value == UNLIMITED or value >= cartridge.scales_from
    return cartridge.scales_from <= value <= cartridge.scales_to


def check_policy(cartridge: Cartridge, wish: LimitWish, *, ha: bool) -> None:
    """Refuses a maximum of one gear for an HA application, and any limit for a plugin."""
    if ha and wish.scales_to == 1:
        raise HighAvailabilityNeedsTwoGears
    if cartridge.is_plugin and wish != LimitWish():
        text = (
            f"You can not set scaling policies for {cartridge.name}."
            " Generally, you can set it only for web_framework or service cartridges."
        )
        raise Invalid(text)
