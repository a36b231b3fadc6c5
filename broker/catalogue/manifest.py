"""One manifest, already parsed as YAML, becomes one cartridge, or is refused by file and key."""

import hashlib
import re
from pathlib import Path

from broker.catalogue.section import Section
from broker.core.cartridge import Cartridge, Mapping, PublicEndpoint

ID_LENGTH = 24
UNLIMITED = -1
HIGHEST_PORT = 65535
VENDORS_WITHOUT_PREFIX = ("", "redhat")
WEB_PROTOCOLS = frozenset({"http", "https", "ws", "wss"})
NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]*")
VENDOR = re.compile(r"[A-Za-z][A-Za-z0-9_]*|")
VERSION = re.compile(r"[0-9]+(\.[0-9]+)*")

# fmt: off
READ_KEYS = frozenset({
    "Name", "Version", "Display-Name", "Description", "License", "License-Url", "Website", "Cartridge-Vendor",
    "Categories", "Provides", "Requires", "Scaling", "Group-Overrides", "Endpoints", "Help-Topics",
    "Obsolete",
})
# Keys of the field's manifests that are for nodes and builds and tell a broker nothing.
OTHER_KEYS = frozenset({
    "Additional-Control-Actions", "Architecture", "Cart-Data", "Cartridge-Short-Name", "Cartridge-Version",
    "Compatible-Versions", "Configure-Order", "Install-Build-Required", "Native-Requires", "Platform",
    "Publishes", "Source-Md5", "Source-Url", "Start-Order", "Stop-Order", "Subscribes", "Suggests", "Vendor",
})
ENDPOINT_KEYS = frozenset({
    "Private-IP-Name", "Private-Port-Name", "Private-Port", "Public-Port-Name", "Protocols", "Mappings",
    "Options", "Description",
})
# fmt: on


def cartridge_of(document: object, *, source: Path) -> Cartridge:
    """The cartridge that the manifest describes; `source` is the file that a refusal names.

    Its name is base name and version, with the vendor before unless that is `redhat`; its id is the first
    24 hex digits of the name's SHA-256, hence the same in every broker. Raises `MalformedManifest`.
    """
    manifest = Section(source, "", document)
    manifest.only(READ_KEYS | OTHER_KEYS)
    base_name = manifest.text("Name", form=NAME)
    version = manifest.text("Version", form=VERSION)
    vendor = manifest.text("Cartridge-Vendor", "", form=VENDOR)
    name = f"{'' if vendor in VENDORS_WITHOUT_PREFIX else f'{vendor}-'}{base_name}-{version}"
    scales_from, scales_to, multiplier = _scaling(manifest.part("Scaling"))
    return Cartridge(
        name=name,
        cartridge_id=hashlib.sha256(name.encode()).hexdigest()[:ID_LENGTH],
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
        requires=manifest.texts("Requires"),
        scales_from=scales_from,
        scales_to=scales_to,
        multiplier=multiplier,
        group_overrides=tuple(_together(part) for part in manifest.parts("Group-Overrides")),
        endpoints=tuple(filter(None, map(_endpoint, manifest.parts("Endpoints")))),
        help_topics=manifest.part("Help-Topics").all_texts(),
        obsolete=manifest.flag("Obsolete"),
    )


def _scaling(section: Section) -> tuple[int, int, int]:
    section.only({"Min", "Max", "Multiplier"})
    least = section.number("Min", 1, lowest=1)
    most = section.number("Max", UNLIMITED, lowest=UNLIMITED)
    if most != UNLIMITED and most < least:
        raise section.wrong("Max", f"{most} is less than Min, which is {least}; {UNLIMITED} means no limit")
    return least, most, section.number("Multiplier", 1, lowest=-1)


def _together(section: Section) -> tuple[str, ...]:
    section.only({"components"})
    return section.texts("components")


def _endpoint(section: Section) -> PublicEndpoint | None:
    """The endpoint, if it is a public one: only those have a `Public-Port-Name`."""
    section.only(ENDPOINT_KEYS)
    port = section.number("Private-Port", lowest=1, highest=HIGHEST_PORT)
    mappings = section.parts("Mappings")
    protocols = section.texts("Protocols") or (("http",) if mappings else ("tcp",))
    read = tuple(_mapping(part, is_web=not WEB_PROTOCOLS.isdisjoint(protocols)) for part in mappings)
    if not section.has("Public-Port-Name"):
        return None
    return PublicEndpoint(
        port_name=section.text("Public-Port-Name"), internal_port=port, protocols=protocols, mappings=read
    )


def _mapping(section: Section, *, is_web: bool) -> Mapping:
    section.only({"Frontend", "Backend", "Options"})
    frontend, backend = section.text("Frontend"), section.text("Backend")
    if is_web:
        frontend, backend = _rooted(frontend), _rooted(backend)
    return Mapping(frontend=frontend, backend=backend)


def _rooted(path: str) -> str:
    return path if not path or path.startswith("/") else f"/{path}"
