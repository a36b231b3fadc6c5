"""A manifest from anywhere becomes a cartridge, or is refused in a sentence; it can cost no more than its length."""

import re
from collections.abc import Sequence
from dataclasses import replace

import yaml

from broker.catalogue.manifest import cartridge_of, id_of
from broker.catalogue.section import MalformedManifest
from broker.catalogue.yaml_file import LOADER
from broker.core.cartridge import Cartridge

LONGEST_MANIFEST = 20480
DEEPEST = 16
# As many ports of its own as a gear has.
MOST_ENDPOINTS = 5
MOST_ENTRIES = 32
LONGEST_NAME = 100
OWN_VENDORS = frozenset({"redhat", "app", "git", "gearbroker"})
SOURCE = "the manifest"
# A console makes links of them, and a link may do worse than lead somewhere.
ADDRESS = re.compile(r"https?://\S*|[^:\s]*", re.IGNORECASE)


class UnusableManifest(Exception):
    """A text that describes no cartridge which an application may bring along; the text says why, without a stop."""


def untrusted_cartridge(text: str, url: str) -> Cartridge:
    """The one cartridge of the manifest, its name in lower case and with the vendor in front.

    Its id is its own even if another cartridge has the same name. Raises `UnusableManifest`.
    """
    if len(text.encode()) > LONGEST_MANIFEST:
        raise UnusableManifest(f"it is longer than {LONGEST_MANIFEST} bytes")
    try:
        cartridge = cartridge_of(_document(text), source=SOURCE)
    except MalformedManifest as wrong:
        raise UnusableManifest(wrong.problem) from None
    _check(cartridge)
    name = cartridge.name.lower()
    return replace(cartridge, name=name, cartridge_id=id_of(f"{url}\n{name}"), url=url)


def _document(text: str) -> object:
    """The text as YAML without aliases, which could make little text into a lot, and without depths nobody needs."""
    try:
        depth = 0
        for event in yaml.parse(text, LOADER):
            depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
            if depth > DEEPEST:
                raise UnusableManifest(f"it is nested more than {DEEPEST} deep")
            if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
                raise UnusableManifest("anchors and aliases of YAML are not taken")
            if isinstance(event, yaml.ScalarEvent) and not _is_plain(event.value):
                raise UnusableManifest("it has control characters in a text")
        return yaml.load(text, LOADER)  # noqa: S506 both loaders are safe ones
    # A number or a date that Python cannot hold is a ValueError, as is a key that is a mapping to the loader in C.
    except (ValueError, TypeError, yaml.YAMLError) as error:
        place = getattr(error, "problem_mark", None)
        where = f" near line {place.line + 1}" if place is not None else ""
        raise UnusableManifest(f"it is not readable as YAML{where}") from None


def _is_plain(text: str) -> bool:
    return all(character.isprintable() or character in "\n\t" for character in text)


def _check(cartridge: Cartridge) -> None:
    """What an operator may write and a stranger may not."""
    if not cartridge.vendor:
        raise UnusableManifest("Cartridge-Vendor: missing")
    if cartridge.vendor.lower() in OWN_VENDORS:
        raise UnusableManifest(f"Cartridge-Vendor: {cartridge.vendor} is reserved for cartridges of the catalogue")
    if len(cartridge.name) > LONGEST_NAME:
        raise UnusableManifest(f"Name: with vendor and version it is longer than {LONGEST_NAME} characters")
    if cartridge.is_web_proxy:
        raise UnusableManifest("Categories: web_proxy is the broker's own, since it decides who serves an application")
    if cartridge.is_sparse:
        raise UnusableManifest("Scaling.Multiplier: only 1 is taken, since only the broker's own cartridges are sparse")
    if len(cartridge.endpoints) > MOST_ENDPOINTS:
        raise UnusableManifest(f"Endpoints: a gear has no more than {MOST_ENDPOINTS} public ports")
    _check_lists(cartridge)
    _check_addresses(cartridge)


def _check_lists(cartridge: Cartridge) -> None:
    """Rules look at these lists again and again, and at each of one with each of another."""
    lists: dict[str, Sequence[object]] = {
        "Categories": cartridge.categories,
        "Provides": cartridge.provides,
        "Requires": [feature for alternatives in cartridge.requires for feature in alternatives],
        "Conflicts": cartridge.conflicts,
        "Group-Overrides": [each for components in cartridge.group_overrides for each in ("", *components)],
        "Additional-Control-Actions": cartridge.control_actions,
        "Cart-Data": cartridge.properties,
        "Endpoints.Protocols": [protocol for endpoint in cartridge.endpoints for protocol in endpoint.protocols],
        "Endpoints.Mappings": [mapping for endpoint in cartridge.endpoints for mapping in endpoint.mappings],
    }
    for key, entries in lists.items():
        if len(entries) > MOST_ENTRIES:
            raise UnusableManifest(f"{key}: more than {MOST_ENTRIES} entries are not taken")


def _check_addresses(cartridge: Cartridge) -> None:
    addresses = {"Website": cartridge.website, "License-Url": cartridge.license_url, **cartridge.help_topics}
    for key, address in addresses.items():
        if not ADDRESS.fullmatch(address):
            raise UnusableManifest(f"{key}: an address that begins with http:// or https:// is expected")
