"""The composition root: settings become a platform of use cases and adapters. Nothing else knows every adapter.

The bus and DNS are loaded where they are made, so that a command that needs neither starts in half the time.
"""

import contextlib
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from broker.catalogue import DownloadedCartridges, offered_cartridges, offered_quickstarts
from broker.config import Settings, load_settings, maintenance_text
from broker.config.policy import policy_of
from broker.core.errors import ConfigurationError, StorageUnavailable
from broker.interfaces import CommandChannel, EventSignal, Json, Platform, UnitOfWork
from broker.log import set_up_logging
from broker.process.certificates import PemCertificates
from broker.process.clock import SystemClock
from broker.process.directory_lock import only_process_in
from broker.process.ids import id_source
from broker.process.passwords import Argon2Passwords
from broker.process.signal import LocalSignal
from broker.process.turns import LocalTurns
from broker.process.vault import FileVault
from broker.store.diagnosis import Backlog, DatabaseReport, examine
from broker.store.diagnosis import backlog as database_backlog
from broker.store.engine import Database, open_database, sqlite_file
from broker.store.faults import refusal_of
from broker.store.fleet_cache import FleetCache
from broker.store.migrate import SchemaMismatch, check_schema, current_revision, migrate, move_to
from broker.store.relay_lanes import RelayLanes
from broker.store.unit_of_work import SqlUnitOfWork
from broker.usecases.alias_certificates import private_key_of
from broker.usecases.dialects import json_message, ose2_message

if TYPE_CHECKING:
    from broker.bus.channel import BusChannel
    from broker.bus.probe import BusReport
    from broker.bus.publisher import KombuPublisher
    from broker.dns.server import DnsServer
    from broker.dns.updates import Rfc2136Server

__all__ = [
    "EMBEDDED_BUS",
    "Backlog",
    "Built",
    "Settings",
    "ask",
    "backlog",
    "build",
    "built",
    "bus_channel",
    "check_database",
    "database_revision",
    "dns_server",
    "examine_database",
    "load_settings",
    "maintenance_text",
    "move_database",
    "offered_cartridges",
    "offered_quickstarts",
    "only_process_in",
    "probe_bus",
    "set_up_logging",
]

EMBEDDED_BUS = "embedded://"


@dataclass(frozen=True, kw_only=True)
class Built:
    """A platform with what has to be closed after it, and the settings it was made of."""

    settings: Settings
    platform: Platform
    database: Database
    signal: EventSignal
    publishers: "tuple[KombuPublisher, ...]" = field(default=())

    def close(self) -> None:
        """Let go of connections and wake everybody who waits."""
        self.signal.close()
        for publisher in self.publishers:
            publisher.close()
        self.database.engine.dispose()


class NoNodes:
    """The channel of a process that reaches no node: nobody answers, and commands stay in the outbox."""

    def call(self, commands: Sequence[Json], deadline_seconds: float) -> Mapping[str, Json]:
        """No reply to any command, at once."""
        del commands, deadline_seconds
        return {}


def build(settings: Settings, *, channel: CommandChannel | None = None, create: bool = False) -> Built:
    """The platform that these settings describe. With `create` the database is brought to this code's schema first.

    Raises `ConfigurationError` where the database is missing, or older or newer than this code, and
    `StorageUnavailable` where a server does not answer.
    """
    database = open_settled_database(settings, create=create)
    signal = _signal(database)
    cache = FleetCache()
    vault = FileVault(Path(settings.secret_key_file))
    reading = _opener(database, cache, signal, read_only=True)
    publishers = tuple(_publishers(settings, partial(private_key_of, reading, vault)))
    remote_dns, names_changed = _remote_dns(settings), threading.Event()
    new_id = id_source()
    platform = Platform(
        policy=policy_of(settings),
        catalogue=offered_cartridges(settings.cartridges_dir, dict(settings.cartridge_gear_sizes)),
        downloads=DownloadedCartridges(enabled=settings.download_cartridges, networks=settings.download_from),
        quickstarts=offered_quickstarts(settings.quickstarts_file),
        unit_of_work=_opener(
            database, cache, signal, read_only=False, names_changed=names_changed if remote_dns else None
        ),
        reading=reading,
        clock=SystemClock(),
        new_id=new_id,
        passwords=Argon2Passwords(),
        vault=vault,
        certificates=PemCertificates(),
        channel=channel or NoNodes(),
        signal=signal,
        turns=LocalTurns(),
        lanes=RelayLanes(database),
        process_id=new_id(),
        publishers=publishers,
        remote_dns=remote_dns,
        names_changed=names_changed,
    )
    return Built(settings=settings, platform=platform, database=database, signal=signal, publishers=publishers)


def _signal(database: Database) -> EventSignal:
    """Of this process alone where it has the database to itself, else of all processes."""
    if database.is_sqlite:
        return LocalSignal()
    from broker.store.notifications import SharedSignal  # noqa: PLC0415 as the module says

    return SharedSignal(LocalSignal(), database.engine)


def _opener(
    database: Database,
    cache: FleetCache,
    signal: EventSignal,
    *,
    read_only: bool,
    names_changed: threading.Event | None = None,
) -> Callable[[], UnitOfWork]:
    return partial(SqlUnitOfWork, database, cache, signal, read_only=read_only, names_changed=names_changed)


def open_settled_database(settings: Settings, *, create: bool) -> Database:
    """The database of these settings, at the schema of this code."""
    if not create:
        _check_file(settings)
    elif settings.database_url.startswith("sqlite"):
        _make_directory(settings.data_dir)
    if create:
        FileVault(Path(settings.secret_key_file), create=True).check()
    database = open_database(settings.database_url)
    with _refused_in_words(database):
        if create:
            migrate(database)
        check_schema(database)
    return database


def move_database(settings: Settings, revision: str) -> None:
    """Bring the database of these settings to a revision, up or down; raises `ConfigurationError`."""
    if settings.database_url.startswith("sqlite"):
        _make_directory(settings.data_dir)
    database = open_database(settings.database_url)
    with _refused_in_words(database):
        move_to(database, revision)
    database.engine.dispose()


@contextlib.contextmanager
def _refused_in_words(database: Database) -> Iterator[None]:
    try:
        yield
    except SchemaMismatch as mismatch:
        database.engine.dispose()
        raise ConfigurationError(str(mismatch), field="DATABASE_URL") from mismatch
    except Exception as error:
        database.engine.dispose()
        text = f"The database cannot be used: {_first_line(error)}. Check DATABASE_URL and GEARBROKER_DATA_DIR."
        if not database.is_sqlite and refusal_of(error) is not None:
            # Perhaps it is only away: whoever began this process may begin it again.
            raise StorageUnavailable(text) from error
        raise ConfigurationError(text, field="DATABASE_URL") from error


def check_database(settings: Settings) -> None:
    """Raises `ConfigurationError` where the database is missing, or older or newer than this code.

    Where a server does not answer that is `StorageUnavailable`.
    """
    open_settled_database(settings, create=False).engine.dispose()


def _first_line(error: Exception) -> str:
    return str(getattr(error, "orig", error)).partition("\n")[0]


def _make_directory(directory: Path) -> None:
    try:
        directory.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        text = f"The data directory {directory} cannot be made: {error.strerror}. Name another with --data-dir."
        raise ConfigurationError(text, field="GEARBROKER_DATA_DIR") from error


def _check_file(settings: Settings) -> None:
    """Refuse a database that opening it would make: an empty one answers no question."""
    file = sqlite_file(settings.database_url)
    if file is None or file.exists():
        return
    if file == settings.data_dir / "gearbroker.db":
        text = (
            f"There is no broker's data in {settings.data_dir}."
            " Set GEARBROKER_DATA_DIR to the directory of a broker, or start one with `gearbroker serve`."
        )
        raise ConfigurationError(text, field="GEARBROKER_DATA_DIR")
    text = (
        f"There is no database {file}."
        " Set DATABASE_URL to the database of a broker, or start one with `gearbroker serve`."
    )
    raise ConfigurationError(text, field="DATABASE_URL")


def database_revision(built: Built) -> str | None:
    """The revision of the schema that the database is at."""
    return current_revision(built.database)


def examine_database(settings: Settings) -> DatabaseReport:
    """What can be seen of the database of these settings, whatever state it is in."""
    return examine(settings.database_url)


def backlog(built: Built) -> Backlog:
    """What waits in the database of a platform."""
    return database_backlog(built.database)


def probe_bus(settings: Settings) -> "BusReport":
    """What the bus of these settings does with a few messages."""
    from broker.bus import probe  # noqa: PLC0415 as the module says

    return probe.probe_bus(settings.bus_url)


def _publishers(settings: Settings, key_of: Callable[[str], str]) -> "Sequence[KombuPublisher]":
    if settings.bus_url == EMBEDDED_BUS:
        return ()
    from broker.bus.publisher import KombuPublisher  # noqa: PLC0415 as the module says

    _check_bus(settings.bus_url)
    made = []
    keys = key_of if settings.spi_send_private_keys else None
    for dialect in settings.spi_dialects:
        ose2 = dialect == "ose2-yaml"
        encode = partial(ose2_message, routing_key=settings.ose2_routing_key, key_of=keys) if ose2 else json_message
        made.append(
            KombuPublisher(
                destination=f"bus/{dialect}",
                url=settings.bus_url,
                exchange=settings.ose2_exchange if ose2 else settings.routing_exchange,
                encode=encode,
            )
        )
    return made


def _remote_dns(settings: Settings) -> "Rfc2136Server | None":
    if not settings.bind_server:
        return None
    from broker.dns.signing import SignedExchange  # noqa: PLC0415 as the module says
    from broker.dns.updates import Rfc2136Server  # noqa: PLC0415 as the module says

    exchange = SignedExchange(
        host=settings.bind_server,
        port=settings.bind_port,
        key_name=settings.bind_keyname,
        key_value=settings.bind_keyvalue,
        algorithm=settings.bind_keyalgorithm,
    )
    return Rfc2136Server(exchange, settings.bind_zone, settings.cloud_domain)


class StoredNames:
    """Answers the embedded DNS server from the table of names, so that it is right from the commit on."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform

    def lookup(self, name: str) -> Sequence[tuple[str, str]]:
        """(kind, target) of a name."""
        with self._platform.reading() as work:
            return work.names.lookup(name)

    def serial(self) -> int:
        """Rises with the routing events that every change of a name comes with."""
        with self._platform.reading() as work:
            return work.log.last_position() + 1


def bus_channel(settings: Settings, *, watches: bool = True) -> "BusChannel":
    """The way to nodes whose agents are on the bus; with `watches`, word of who is alive too."""
    from broker.bus.channel import BusChannel  # noqa: PLC0415 as the module says

    _check_bus(settings.bus_url)
    return BusChannel(settings.bus_url, watches=watches)


def _check_bus(url: str) -> None:
    """Raises `ConfigurationError` where nothing is installed that speaks to such a bus."""
    from broker.bus.usable import Unspoken, check_usable  # noqa: PLC0415 as the module says

    try:
        check_usable(url)
    except Unspoken as missing:
        raise ConfigurationError(f"BUS_URL: {missing}.", field="BUS_URL") from missing


def ask(host: str, port: int, name: str, kind: str = "A", timeout_seconds: float = 5.0) -> tuple[str, tuple[str, ...]]:
    """The status of a DNS server's answer and its records; raises `OSError` where nobody answers in time."""
    from broker.dns import client  # noqa: PLC0415 as the module says

    return client.ask(host, port, name, kind, timeout_seconds)


def dns_server(built: Built) -> "DnsServer":
    """The embedded DNS server of this platform, bound to its port."""
    from broker.dns.server import DnsServer  # noqa: PLC0415 as the module says

    settings = built.settings
    return DnsServer(
        StoredNames(built.platform),
        settings.cloud_domain,
        settings.dns_host,
        settings.dns_port,
        ns_name=f"ns.{settings.cloud_domain}",
        ns_address=settings.dns_host,
    )


@contextlib.contextmanager
def built(settings: Settings, *, create: bool = False) -> Iterator[Built]:
    """A platform for the length of a block."""
    made = build(settings, create=create)
    try:
        yield made
    finally:
        made.close()
