"""The catalogue of a platform: what is shipped, and what its operator adds, replaces or takes away."""

from collections.abc import Collection
from pathlib import Path

from broker.catalogue.quickstarts import read_quickstarts, shipped_quickstarts
from broker.catalogue.reader import read_catalogue, shipped_manifests
from broker.core.cartridge import Cartridge
from broker.core.errors import ConfigurationError
from broker.core.quickstart import Quickstart


def offered_cartridges(directory: str, limited: Collection[str]) -> dict[str, Cartridge]:
    """The shipped cartridges and those of the operator's directory, if it is named, by name, as they are shown.

    `limited` are cartridges that another setting speaks of. Raises `ConfigurationError` where there is none of
    that name, and `MalformedManifest`.
    """
    places = (shipped_manifests(), *([Path(directory)] if directory else []))
    offered = {cartridge.name: cartridge for cartridge in read_catalogue(places)}
    for name in limited:
        if name not in offered:
            setting = "VALID_GEAR_SIZES_FOR_CARTRIDGE"
            raise ConfigurationError(f"{setting}: the catalogue has no cartridge {name}.", field=setting)
    return offered


def offered_quickstarts(file: str) -> tuple[Quickstart, ...]:
    """Those of the operator's file, if it is named, instead of the shipped ones; raises `MalformedManifest`."""
    return read_quickstarts(Path(file) if file else shipped_quickstarts())
