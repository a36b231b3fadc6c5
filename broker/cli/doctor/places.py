"""What a broker needs around it: database, bus, ports, catalogue."""

import errno
import http.client
import json
import socket
from collections.abc import Sequence

from broker.bootstrap import (
    EMBEDDED_BUS,
    Settings,
    ask,
    examine_database,
    offered_cartridges,
    offered_quickstarts,
    probe_bus,
)
from broker.cli.doctor.finding import Finding, ok, problem, warning
from broker.core.errors import ConfigurationError

MIB = 1024 * 1024
# Below the first a change may not be kept; below the second it is time to make room.
NO_ROOM_BYTES, LITTLE_ROOM_BYTES = 8 * MIB, 256 * MIB
CLOCKS_SECONDS = 1.0
ASKING_SECONDS = 1.0


def database(settings: Settings) -> Sequence[Finding]:
    """Whether it answers, has the schema of this code, takes what is written, and knows what time it is."""
    seen = examine_database(settings)
    if seen.error:
        found = [problem("database", f"cannot be used: {seen.error}", "Check DATABASE_URL and GEARBROKER_DATA_DIR.")]
        return [*found, *room(seen.free_bytes)]
    found = [ok("database", f"{seen.server} answers")]
    if seen.found is None:
        found.append(problem("schema", "the database is empty", "Run `gearbroker migrate`."))
    elif seen.is_newer:
        text = f"the database is at revision {seen.found}, which this version does not know"
        found.append(problem("schema", text, "Use a newer gearbroker, or the newer one's `gearbroker migrate --to`."))
    elif seen.found != seen.wanted:
        text = f"the database is at revision {seen.found}, this version needs {seen.wanted}"
        found.append(problem("schema", text, "Run `gearbroker migrate`."))
    else:
        found.append(ok("schema", f"revision {seen.found}, as this version needs it"))
        found.append(
            problem("writing", f"the database cannot be written: {seen.writes}", "Make room, or end what holds it.")
            if seen.writes
            else ok("writing", "a row was written, committed and read back")
        )
    found += room(seen.free_bytes)
    if abs(seen.ahead_seconds) > CLOCKS_SECONDS:
        text = f"the database's clock is {seen.ahead_seconds:+.1f} seconds from this machine's"
        found.append(warning("clock", text, "Nothing depends on it but the times that are shown: set both by NTP."))
    else:
        found.append(ok("clock", f"within {CLOCKS_SECONDS:g} second of the database's"))
    return found


def room(free_bytes: int | None) -> list[Finding]:
    """Whether the file system of the database has room for changes; nothing where that cannot be seen."""
    if free_bytes is None:
        return []
    text = f"{free_bytes // MIB} MiB are free where the database is"
    if free_bytes < NO_ROOM_BYTES:
        return [problem("disk", text, "Make room: changes are refused with 507 until there is some.")]
    if free_bytes < LITTLE_ROOM_BYTES:
        return [warning("disk", text, "Make room before changes are refused.")]
    return [ok("disk", text)]


def bus(settings: Settings) -> Sequence[Finding]:
    """Whether a message comes back, and what the transport promises."""
    if settings.bus_url == EMBEDDED_BUS:
        return [ok("bus", "embedded: commands are calls in the process, routers read over HTTP")]
    seen = probe_bus(settings)
    if seen.error:
        advice = "Check BUS_URL, and that the server is up. Meanwhile events wait in the database, and none is lost."
        return [problem("bus", f"cannot be used: {seen.error}", advice)]
    found = [ok("bus", f"{seen.server} answers; a message came back in {seen.milliseconds:.1f} ms")]
    promises = {
        "confirms what it has taken": seen.confirms,
        "keeps it over a restart": seen.durable,
        "keeps the order": seen.in_order,
        "sends again what was not acknowledged": seen.comes_again,
    }
    missing = [name for name, held in promises.items() if not held]
    if missing:
        advice = "Use RabbitMQ, or expect routers to fill gaps from snapshots and operations to time out now and then."
        found.append(warning("guarantees", f"not promised: {', '.join(missing)}", advice))
    else:
        found.append(ok("guarantees", ", ".join(promises)))
    return found


def ports(settings: Settings) -> Sequence[Finding]:
    """Whether the web server's port and the DNS server's are free, or whose they are."""
    return [_web_port(settings), _dns_port(settings)]


def catalogue(settings: Settings) -> Sequence[Finding]:
    """Whether the manifests and quickstarts can be read, the operator's own among them."""
    try:
        cartridges = offered_cartridges(settings.cartridges_dir, dict(settings.cartridge_gear_sizes))
        quickstarts = offered_quickstarts(settings.quickstarts_file)
    except ConfigurationError as refused:
        return [problem("catalogue", refused.text.rstrip("."), "Mend that: no broker starts with it.")]
    obsolete = sum(cartridge.obsolete for cartridge in cartridges.values())
    text = f"{len(cartridges)} cartridges, {obsolete} of them obsolete, and {len(quickstarts)} quickstarts"
    return [ok("catalogue", text)]


def _web_port(settings: Settings) -> Finding:
    place = f"{settings.host}:{settings.port}"
    if settings.port == 0 or _is_free(settings.host, settings.port, socket.SOCK_STREAM):
        return ok("web port", f"{place} is free")
    if _is_broker(settings.host, settings.port):
        return ok("web port", f"a gearbroker serves at {place}")
    return problem("web port", f"{place} is held by something else", "End that, or set GEARBROKER_PORT.")


def _dns_port(settings: Settings) -> Finding:
    place = f"{settings.dns_host}:{settings.dns_port}"
    if settings.dns_port == 0 or _is_free(settings.dns_host, settings.dns_port, socket.SOCK_DGRAM):
        return ok("DNS port", f"{place} is free")
    try:
        status, records = ask(settings.dns_host, settings.dns_port, settings.cloud_domain, "SOA", ASKING_SECONDS)
    except OSError:
        status, records = "", ()
    if status == "NOERROR" and records:
        return ok("DNS port", f"a server for {settings.cloud_domain} answers at {place}")
    return problem("DNS port", f"{place} is held by something else", "End that, or set DNS_PORT.")


def _is_free(host: str, port: int, kind: socket.SocketKind) -> bool:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, kind) as trying:
        if kind is socket.SOCK_STREAM:
            trying.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            trying.bind((host, port))
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                return False
            raise
    return True


def _is_broker(host: str, port: int) -> bool:
    there = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 compared, not listened on
    connection = http.client.HTTPConnection(there, port, timeout=ASKING_SECONDS)
    try:
        connection.request("GET", "/broker/rest/api", headers={"Accept": "application/json"})
        answer = json.loads(connection.getresponse().read())
        return isinstance(answer, dict) and "supported_api_versions" in answer
    except (OSError, http.client.HTTPException, ValueError):
        return False
    finally:
        connection.close()
