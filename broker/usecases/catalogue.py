"""The catalogue of cartridges, as anybody may read it."""

from broker.core.cartridge import Cartridge
from broker.core.errors import CartridgeNotFound, NotFound
from broker.core.owner import User
from broker.core.quickstart import Quickstart
from broker.interfaces import Platform


class QuickstartNotFound(NotFound):
    """There is no such quickstart."""

    code = "quickstart_not_found"
    exit_code = 118

    def __init__(self, quickstart_id: str) -> None:
        super().__init__(f"Quickstart '{quickstart_id}' not found")


def search_catalogue(
    platform: Platform,
    *,
    category: str | None = None,
    feature: str | None = None,
    name: str | None = None,
    cartridge_id: str | None = None,
    user: User | None = None,
    with_obsolete: bool = False,
) -> tuple[Cartridge, ...]:
    """The cartridges that fit everything given, by base name, the newest version first; `with_obsolete` all of them.

    A feature is a name that the cartridge has or provides, or `standalone` or `embedded`. A `user` is shown none that
    may be on no gear of theirs.
    """
    found = [
        cartridge
        for cartridge in platform.catalogue.values()
        if (with_obsolete or not cartridge.obsolete)
        and category in {None, *cartridge.categories}
        and (feature in {None, _kind(cartridge)} or cartridge.answers_to(feature or ""))
        and name in {None, cartridge.name}
        and cartridge_id in {None, cartridge.cartridge_id}
        and _may_have(platform, user, cartridge)
    ]
    found.sort(key=lambda cartridge: _version(cartridge.version), reverse=True)
    return tuple(sorted(found, key=lambda cartridge: (cartridge.base_name, cartridge.vendor != "redhat")))


def find_cartridge(platform: Platform, reference: str) -> Cartridge:
    """The cartridge of that name or id; raises `CartridgeNotFound`."""
    for cartridge in platform.catalogue.values():
        if reference in {cartridge.name, cartridge.cartridge_id}:
            return cartridge
    raise CartridgeNotFound(reference)


def find_quickstart(platform: Platform, quickstart_id: str) -> Quickstart:
    """The quickstart of that id; raises `QuickstartNotFound`."""
    for quickstart in platform.quickstarts:
        if quickstart.quickstart_id == quickstart_id:
            return quickstart
    raise QuickstartNotFound(quickstart_id)


def _may_have(platform: Platform, user: User | None, cartridge: Cartridge) -> bool:
    allowed = platform.policy.cartridge_gear_sizes.get(cartridge.name)
    return user is None or allowed is None or not set(allowed).isdisjoint(user.gear_sizes)


def _kind(cartridge: Cartridge) -> str:
    return "standalone" if cartridge.is_standalone else "embedded"


def _version(version: str) -> tuple[tuple[int, str], ...]:
    """Versions compare by their numbers: 1.10 is newer than 1.9."""
    return tuple((int(part), "") if part.isdigit() else (-1, part) for part in version.split("."))
