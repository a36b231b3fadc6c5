"""Directories of manifests become the cartridges of the catalogue, in the order in which they are shown."""

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from broker.catalogue.manifest import NAME, VENDOR, VERSION, cartridge_of, name_of
from broker.catalogue.section import MalformedManifest, Section
from broker.catalogue.yaml_file import document_of
from broker.core.cartridge import Cartridge

PREFERRED_VENDOR = "redhat"
# A file that says no more than these of a cartridge of an earlier directory changes nothing else of it.
KEYS_OF_A_MARK = frozenset({"Name", "Version", "Cartridge-Vendor", "Obsolete"})


def shipped_manifests() -> Path:
    """The directory of the manifests that come with the broker."""
    return Path(__file__).parent / "manifests"


def read_catalogue(directories: Iterable[Path]) -> tuple[Cartridge, ...]:
    """The cartridges of every `*.yaml` and `*.yml` file there; by base name, then vendor, then newest first.

    A cartridge of a later directory takes the place of the one with its name in an earlier one, and a file with
    `Obsolete` and nothing but the keys of the name marks that one. Raises `MalformedManifest`, naming file and key,
    for a manifest that is wrong, for two of a directory that give the same cartridge, and for a directory that is
    not there.
    """
    found: dict[str, Cartridge] = {}
    for directory in directories:
        found |= _read_directory(directory, found)
    return tuple(sorted(found.values(), key=_place))


def _read_directory(directory: Path, earlier: dict[str, Cartridge]) -> dict[str, Cartridge]:
    sources: dict[str, Path] = {}
    found: dict[str, Cartridge] = {}
    for path in _manifests(directory):
        document = document_of(path)
        cartridge = _marked(document, path, earlier) or cartridge_of(document, source=path)
        if cartridge.name in sources:
            raise MalformedManifest(path, "Name", f"{cartridge.name} is in {sources[cartridge.name]} already")
        sources[cartridge.name] = path
        found[cartridge.name] = cartridge
    return found


def _marked(document: object, path: Path, earlier: dict[str, Cartridge]) -> Cartridge | None:
    """The cartridge of an earlier directory that the file only marks as obsolete or as not; None for a manifest."""
    mark = Section(path, "", document)
    if not {"Obsolete"} <= mark.keys() <= KEYS_OF_A_MARK:
        return None
    parts = (
        mark.text("Cartridge-Vendor", "", form=VENDOR),
        mark.text("Name", form=NAME),
        mark.text("Version", form=VERSION),
    )
    known = earlier.get(name_of(*parts))
    return None if known is None else replace(known, obsolete=mark.flag("Obsolete"))


def _manifests(directory: Path) -> list[Path]:
    try:
        return sorted(path for path in directory.iterdir() if path.suffix in {".yaml", ".yml"})
    except OSError as error:
        raise MalformedManifest(directory, None, f"the directory cannot be read: {error.strerror}") from error


def _place(cartridge: Cartridge) -> tuple[str, bool, str, list[int]]:
    newest_first = [-int(part) for part in cartridge.version.split(".")]
    return cartridge.base_name, cartridge.vendor != PREFERRED_VENDOR, cartridge.vendor, newest_first
