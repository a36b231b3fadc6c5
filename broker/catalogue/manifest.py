"""One manifest, already parsed as YAML, becomes one cartridge, or is refused by file and key."""

import hashlib
import re
from pathlib import Path

from broker.catalogue.section import Section
from broker.core.cartridge import Cartridge, CartridgeProperty, Mapping, PublicEndpoint

ID_LENGTH = 24
UNLIMITED = -1
HIGHEST_PORT = 65535
MOST_GEARS = 1_000_000
VENDORS_WITHOUT_PREFIX = ("", "redhat")
WEB_PROTOCOLS = frozenset({"http", "https", "ws", "wss"})
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")
VENDOR = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,63}|")
VERSION = re.compile(r"[0-9]{1,9}(\.[0-9]{1,9}){0,9}")
WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,63}")
# What goes to routers goes into the files of others, so it has no character that means something there.
PROTOCOL = re.compile(r"[a-z][a-z0-9+.-]{0,31}")
URL_PATH = re.compile(r"[A-Za-z0-9._~%!$&()*+,=:@/-]{0,255}")
ACTION = re.compile(r"[a-z][a-z-]{0,63}")
PROPERTY_KINDS = re.compile("cart_data|environment")

# fmt: off
READ_KEYS = frozenset({
    "Name", "Version", "Display-Name", "Description", "License", "License-Url", "Website", "Cartridge-Vendor",
    "Categories", "Provides", "Requires", "Conflicts", "Scaling", "Group-Overrides", "Endpoints", "Help-Topics",
    "Additional-Control-Actions", "Cart-Data", "Versions", "Obsolete",
})
# Keys of the field's manifests that are for nodes and builds and tell a broker nothing.
OTHER_KEYS = frozenset({
    "Architecture", "Cartridge-Short-Name", "Cartridge-Version",
    "Compatible-Versions", "Configure-Order", "Install-Build-Required", "Native-Requires", "Platform",
    "Publishes", "Source-Md5", "Source-Url", "Start-Order", "Stop-Order", "Subscribes", "Suggests", "Vendor",
})
ENDPOINT_KEYS = frozenset({
    "Private-IP-Name", "Private-Port-Name", "Private-Port", "Public-Port-Name", "Protocols", "Mappings",
    "Options", "Description",
})
# fmt: on


def cartridge_of(document: object, *, source: Path | str) -> Cartridge:
    """The one cartridge that the manifest describes; `source` is the file that a refusal names.

    Its name is base name and version, with the vendor before unless that is `redhat`; its id is the first
    24 hex digits of the name's SHA-256, hence the same in every broker. Raises `MalformedManifest`.
    """
    manifest = Section(source, "", document)
    manifest.only(READ_KEYS | OTHER_KEYS)
    base_name = manifest.text("Name", form=NAME)
    version = _version(manifest)
    vendor = manifest.text("Cartridge-Vendor", "", form=VENDOR)
    name = name_of(vendor, base_name, version)
    scales_from, scales_to, multiplier = _scaling(manifest.part("Scaling"))
    return Cartridge(
        name=name,
        cartridge_id=id_of(name),
        base_name=base_name,
        version=version,
        display_name=manifest.text("Display-Name", f"{base_name} {version}"),
        description=manifest.text("Description", ""),
        license=manifest.text("License", ""),
        license_url=manifest.text("License-Url", ""),
        website=manifest.text("Website", ""),
        vendor=vendor,
        categories=manifest.texts("Categories"),
        provides=manifest.texts("Provides"),
        requires=manifest.alternatives("Requires"),
        conflicts=manifest.texts("Conflicts"),
        scales_from=scales_from,
        scales_to=scales_to,
        multiplier=multiplier,
        group_overrides=tuple(_together(part) for part in manifest.parts("Group-Overrides")),
        endpoints=_endpoints(manifest),
        help_topics=manifest.part("Help-Topics").all_texts(),
        control_actions=manifest.texts("Additional-Control-Actions", form=ACTION),
        properties=tuple(map(_property, manifest.parts("Cart-Data"))),
        obsolete=manifest.flag("Obsolete"),
    )


def name_of(vendor: str, base_name: str, version: str) -> str:
    """The name of a cartridge, which says who it is from unless that is the field's own vendor."""
    return f"{'' if vendor in VENDORS_WITHOUT_PREFIX else f'{vendor}-'}{base_name}-{version}"


def id_of(identity: str) -> str:
    """The id of what is known by this text, the same in every broker."""
    return hashlib.sha256(identity.encode()).hexdigest()[:ID_LENGTH]


def _version(manifest: Section) -> str:
    version = manifest.text("Version", form=VERSION)
    if manifest.texts("Versions") not in {(), (version,)}:
        raise manifest.wrong("Versions", f"a manifest is one cartridge, here {version}: write one for each version")
    return version


def _property(section: Section) -> CartridgeProperty:
    section.only({"Key", "Type", "Description"})
    return CartridgeProperty(
        name=section.text("Key", form=WORD),
        kind=section.text("Type", "cart_data", form=PROPERTY_KINDS),
        description=section.text("Description", ""),
    )


def _scaling(section: Section) -> tuple[int, int, int]:
    section.only({"Min", "Max", "Multiplier"})
    least = section.number("Min", 1, lowest=1, highest=MOST_GEARS)
    most = section.number("Max", UNLIMITED, lowest=UNLIMITED, highest=MOST_GEARS)
    if most != UNLIMITED and most < least:
        raise section.wrong("Max", f"{most} is less than Min, which is {least}; {UNLIMITED} means no limit")
    return least, most, section.number("Multiplier", 1, lowest=-1, highest=MOST_GEARS)


def _together(section: Section) -> tuple[str, ...]:
    section.only({"components"})
    return section.texts("components")


def _endpoints(manifest: Section) -> tuple[PublicEndpoint, ...]:
    found: dict[str, PublicEndpoint] = {}
    for section in manifest.parts("Endpoints"):
        endpoint = _endpoint(section)
        if endpoint is None:
            continue
        if endpoint.port_name in found:
            raise section.wrong("Public-Port-Name", f"{endpoint.port_name} is another endpoint's already")
        found[endpoint.port_name] = endpoint
    return tuple(found.values())


def _endpoint(section: Section) -> PublicEndpoint | None:
    """The endpoint, if it is a public one: only those have a `Public-Port-Name`."""
    section.only(ENDPOINT_KEYS)
    port = section.number("Private-Port", lowest=1, highest=HIGHEST_PORT)
    mappings = section.parts("Mappings")
    protocols = section.texts("Protocols", form=PROTOCOL) or (("http",) if mappings else ("tcp",))
    read = tuple(_mapping(part, is_web=not WEB_PROTOCOLS.isdisjoint(protocols)) for part in mappings)
    if not section.has("Public-Port-Name"):
        return None
    return PublicEndpoint(
        port_name=section.text("Public-Port-Name", form=WORD), internal_port=port, protocols=protocols, mappings=read
    )


def _mapping(section: Section, *, is_web: bool) -> Mapping:
    section.only({"Frontend", "Backend", "Options"})
    frontend, backend = section.text("Frontend", form=URL_PATH), section.text("Backend", form=URL_PATH)
    if is_web:
        frontend, backend = _rooted(frontend), _rooted(backend)
    return Mapping(frontend=frontend, backend=backend)


def _rooted(path: str) -> str:
    return path if not path or path.startswith("/") else f"/{path}"
