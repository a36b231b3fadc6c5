"""The catalogue of cartridges, as anybody may read it."""

from broker.core.cartridge import Cartridge
from broker.core.errors import CartridgeNotFound
from broker.interfaces import Platform


def search_catalogue(
    platform: Platform,
    *,
    category: str | None = None,
    feature: str | None = None,
    name: str | None = None,
    cartridge_id: str | None = None,
) -> tuple[Cartridge, ...]:
    """The cartridges that fit everything given, by base name, the newest version first; obsolete ones are hidden.

    A feature is a name that the cartridge has or provides, or `standalone` or `embedded`.
    """
    found = [
        cartridge
        for cartridge in platform.catalogue.values()
        if not cartridge.obsolete
        and category in {None, *cartridge.categories}
        and feature in {None, _kind(cartridge), cartridge.name, cartridge.base_name, *cartridge.provides}
        and name in {None, cartridge.name}
        and cartridge_id in {None, cartridge.cartridge_id}
    ]
    found.sort(key=lambda cartridge: _version(cartridge.version), reverse=True)
    return tuple(sorted(found, key=lambda cartridge: (cartridge.base_name, cartridge.vendor != "redhat")))


def find_cartridge(platform: Platform, reference: str) -> Cartridge:
    """The cartridge of that name or id; raises `CartridgeNotFound`."""
    for cartridge in platform.catalogue.values():
        if reference in {cartridge.name, cartridge.cartridge_id}:
            return cartridge
    raise CartridgeNotFound(reference)


def _kind(cartridge: Cartridge) -> str:
    return "standalone" if cartridge.is_standalone else "embedded"


def _version(version: str) -> tuple[tuple[int, str], ...]:
    """Versions compare by their numbers: 1.10 is newer than 1.9."""
    return tuple((int(part), "") if part.isdigit() else (-1, part) for part in version.split("."))
