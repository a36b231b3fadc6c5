"""Directories of manifests become the cartridges of the catalogue, in the order in which they are shown."""

from collections.abc import Iterable
from pathlib import Path

import yaml

from broker.catalogue.manifest import cartridge_of
from broker.catalogue.section import MalformedManifest
from broker.core.cartridge import Cartridge

PREFERRED_VENDOR = "redhat"


def shipped_manifests() -> Path:
    """The directory of the manifests that come with the broker."""
    return Path(__file__).parent / "manifests"


# The one in C, where it was built, is ten times as fast, and every command reads the catalogue.
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def read_catalogue(directories: Iterable[Path]) -> tuple[Cartridge, ...]:
    """The cartridges of every `*.yaml` and `*.yml` file there; by base name, then vendor, then newest first.

    Raises `MalformedManifest`, naming file and key, for a manifest that is wrong, for two that give the same
    cartridge, and for a directory that is not there.
    """
    found: dict[str, tuple[Path, Cartridge]] = {}
    for directory in directories:
        for path in _manifests(directory):
            cartridge = cartridge_of(_document(path), source=path)
            if cartridge.name in found:
                other = found[cartridge.name][0]
                raise MalformedManifest(path, "Name", f"{cartridge.name} is in {other} already")
            found[cartridge.name] = (path, cartridge)
    return tuple(sorted((cartridge for _, cartridge in found.values()), key=_place))


def _manifests(directory: Path) -> list[Path]:
    try:
        return sorted(path for path in directory.iterdir() if path.suffix in {".yaml", ".yml"})
    except OSError as error:
        raise MalformedManifest(directory, None, f"the directory cannot be read: {error.strerror}") from error


def _document(path: Path) -> object:
    try:
        return yaml.load(path.read_text(encoding="utf-8"), _LOADER)  # noqa: S506 both loaders are safe ones
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise MalformedManifest(path, None, f"not readable as YAML: {error}") from error


def _place(cartridge: Cartridge) -> tuple[str, bool, str, list[int]]:
    newest_first = [-int(part) for part in cartridge.version.split(".")]
    return cartridge.base_name, cartridge.vendor != PREFERRED_VENDOR, cartridge.vendor, newest_first
