"""Every setting of the broker: its name, its default, what it may be, and what it contradicts."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from broker.config import values
from broker.config.file import read_file
from broker.core.errors import ConfigurationError
from broker.core.policy import SSH_KEY_TYPES
from broker.core.redaction import HIDDEN, redacted

CONFIGURATION_FILE = "GEARBROKER_CONF"
EMBEDDED_BUS = "embedded://"


def _setting(name: str, default: Any, read: Callable[[str], Any], *, secret: bool = False) -> Any:
    return field(default=default, metadata={"name": name, "read": read, "secret": secret})


_DNS_LABEL_PART = values.matching(r"[a-z0-9-]*", "lower-case letters, digits and hyphens, or nothing")
_ADDRESS = values.matching(r"[\w.:-]+", "an address to listen on")
_ADDRESS_OR_NOTHING = values.matching(r"[\w.:-]*", "an address, or nothing")
_WORD = values.matching(r"[\w.-]+", "a word of letters, digits, dots, hyphens and underscores")
_WORD_OR_NOTHING = values.matching(r"[\w.-]*", "a word of letters, digits, dots, hyphens and underscores, or nothing")


@dataclass(frozen=True, kw_only=True, slots=True, repr=False)
class Settings:
    """The whole configuration; names are those of the field's `broker.conf` where it has one.

    Raises `ConfigurationError` when two settings contradict each other. `repr` never shows a password.
    """

    data_dir: Path = _setting("GEARBROKER_DATA_DIR", Path("gearbroker-data"), values.directory)
    # Nothing: a SQLite file in `data_dir`.
    database_url: str = _setting("DATABASE_URL", "", values.database_url, secret=True)
    bus_url: str = _setting("BUS_URL", EMBEDDED_BUS, values.bus_url, secret=True)
    # Nothing: `secret.key` in `data_dir`.
    secret_key_file: str = _setting("SECRET_KEY_FILE", "", values.file_or_nothing)

    # Where the nodes are: simulated in this process, or agents on the bus.
    nodes: str = _setting("NODES", "simulated", values.choice("simulated", "bus"))

    log_level: str = _setting("LOG_LEVEL", "info", values.choice("debug", "info", "warning", "error"))
    log_format: str = _setting("LOG_FORMAT", "text", values.choice("text", "json"))

    host: str = _setting("GEARBROKER_HOST", "127.0.0.1", _ADDRESS)
    port: int = _setting("GEARBROKER_PORT", 8080, values.integer(0, 65535))
    server_threads: int = _setting("SERVER_THREADS", 32, values.integer(1, 1024))
    max_request_bytes: int = _setting("MAX_REQUEST_BYTES", 1024 * 1024, values.integer(1024))
    # The address of a proxy in front, whose X-Forwarded-* headers say which address a client used; nothing: none.
    trusted_proxy: str = _setting("TRUSTED_PROXY", "", _ADDRESS_OR_NOTHING)
    # The header in which that proxy says who has logged in there; nothing: it does not.
    remote_user_header: str = _setting("REMOTE_USER_HEADER", "", values.header_or_nothing)
    # Whether one whom it has logged in gets an account by that.
    auto_create_users: bool = _setting("AUTO_CREATE_USERS", True, values.boolean)
    advertise_https: bool = _setting("ADVERTISE_HTTPS", False, values.boolean)
    # Whether every request but the first one is turned away, with the text of that file; nothing: one of our own.
    maintenance_mode: bool = _setting("ENABLE_MAINTENANCE_MODE", False, values.boolean)
    maintenance_file: str = _setting("MAINTENANCE_NOTIFICATION_FILE", "", values.file_or_nothing)

    dns_host: str = _setting("DNS_HOST", "127.0.0.1", _ADDRESS)
    dns_port: int = _setting("DNS_PORT", 8053, values.integer(0, 65535))
    cloud_domain: str = _setting("CLOUD_DOMAIN", "example.com", values.host_name)
    allow_alias_in_domain: bool = _setting("ALLOW_ALIAS_IN_DOMAIN", False, values.boolean)
    blacklisted_words: tuple[str, ...] = _setting("BLACKLISTED_WORDS", (), values.names)
    # -1 and 0: any number.
    limit_app_name_chars: int = _setting("LIMIT_APP_NAME_CHARS", -1, values.integer(-1))

    # The DNS server that is told the names by updates; nothing: they are answered from the database only.
    bind_server: str = _setting("BIND_SERVER", "", _ADDRESS_OR_NOTHING)
    bind_port: int = _setting("BIND_PORT", 53, values.integer(1, 65535))
    # Nothing: CLOUD_DOMAIN.
    bind_zone: str = _setting("BIND_ZONE", "", values.host_name_or_nothing)
    bind_keyname: str = _setting("BIND_KEYNAME", "", _WORD_OR_NOTHING)
    bind_keyvalue: str = _setting("BIND_KEYVALUE", "", values.base64_or_nothing, secret=True)
    bind_keyalgorithm: str = _setting("BIND_KEYALGORITHM", "hmac-sha256", values.key_algorithm)

    allow_ha_applications: bool = _setting("ALLOW_HA_APPLICATIONS", True, values.boolean)
    default_allow_ha: bool = _setting("DEFAULT_ALLOW_HA", False, values.boolean)
    manage_ha_dns: bool = _setting("MANAGE_HA_DNS", True, values.boolean)
    router_hostname: str = _setting("ROUTER_HOSTNAME", "www.example.com", values.host_name)
    ha_dns_prefix: str = _setting("HA_DNS_PREFIX", "ha-", _DNS_LABEL_PART)
    ha_dns_suffix: str = _setting("HA_DNS_SUFFIX", "", _DNS_LABEL_PART)
    # 0 and -1: no more proxy gears than the minimum asks for.
    default_ha_multiplier: int = _setting("DEFAULT_HA_MULTIPLIER", 0, values.integer(-1))
    ha_multiplier_rule: str = _setting("HA_MULTIPLIER_RULE", "every-mth", values.choice("every-mth", "ceil"))
    node_profile_enabled: bool = _setting("NODE_PROFILE_ENABLED", True, values.boolean)
    allow_multiple_haproxy_on_node: bool = _setting("ALLOW_MULTIPLE_HAPROXY_ON_NODE", False, values.boolean)
    # Web gears per proxy gear from which proxy gears rotate out, node-wide; -1: never.
    haproxy_gear_ratio: int = _setting("OPENSHIFT_HAPROXY_GEAR_RATIO", 3, values.integer(-1))

    zones_require_for_app_create: bool = _setting("ZONES_REQUIRE_FOR_APP_CREATE", False, values.boolean)
    zones_min_per_gear_group: int = _setting("ZONES_MIN_PER_GEAR_GROUP", 1, values.integer(1))
    default_region_name: str = _setting("DEFAULT_REGION_NAME", "", _WORD_OR_NOTHING)
    allow_region_selection: bool = _setting("ALLOW_REGION_SELECTION", True, values.boolean)
    placement_policy: str = _setting("PLACEMENT_POLICY", "least_loaded", values.choice("least_loaded", "original"))

    valid_gear_sizes: tuple[str, ...] = _setting("VALID_GEAR_SIZES", ("small",), values.words)
    default_gear_size: str = _setting("DEFAULT_GEAR_SIZE", "small", _WORD)
    default_gear_capabilities: tuple[str, ...] = _setting("DEFAULT_GEAR_CAPABILITIES", ("small",), values.words)
    cartridge_gear_sizes: tuple[tuple[str, tuple[str, ...]], ...] = _setting(
        "VALID_GEAR_SIZES_FOR_CARTRIDGE", (), values.sizes_of_cartridges
    )
    # -1: no limit.
    default_max_domains: int = _setting("DEFAULT_MAX_DOMAINS", 10, values.integer(-1))
    default_max_gears: int = _setting("DEFAULT_MAX_GEARS", 100, values.integer(-1))
    default_max_teams: int = _setting("DEFAULT_MAX_TEAMS", 0, values.integer(-1))

    # How long a token is good, by scope: unless something else is asked for, and at the most.
    auth_scope_timeouts: str = _setting(
        "AUTH_SCOPE_TIMEOUTS", "session=1.days:7.days,*=1.months:6.months", values.scope_timeouts
    )
    valid_ssh_key_types: tuple[str, ...] = _setting("VALID_SSH_KEY_TYPES", SSH_KEY_TYPES, values.key_types)

    # Manifests of the operator's own, beside the shipped ones; nothing: none.
    cartridges_dir: str = _setting("CARTRIDGES_DIR", "", values.directory_or_nothing)
    # Nothing: the shipped ones.
    quickstarts_file: str = _setting("QUICKSTARTS_FILE", "", values.file_or_nothing)
    download_cartridges: bool = _setting("DOWNLOAD_CARTRIDGES_ENABLED", True, values.boolean)
    # Networks that manifests may come from although not everybody can reach them.
    download_from: tuple[values.Network, ...] = _setting("DOWNLOAD_CARTRIDGES_FROM", (), values.networks)

    # How long a gear that no router sends to any more may finish its requests before it stops.
    drain_seconds: float = _setting("DRAIN_SECONDS", 0.0, values.seconds(zero=True))
    command_deadline_seconds: float = _setting("COMMAND_DEADLINE_SECONDS", 10.0, values.seconds(zero=False))
    # How long a request waits for the operation that its application is already in.
    application_wait_seconds: float = _setting("APPLICATION_WAIT_SECONDS", 10.0, values.seconds(zero=True))
    heartbeat_interval_seconds: float = _setting("HEARTBEAT_INTERVAL_SECONDS", 1.0, values.seconds(zero=False))
    heartbeats_missed: int = _setting("HEARTBEATS_MISSED", 3, values.integer(1))

    # How long the beats of another process may stand still before it is dead and its operations are gone on with.
    dead_after_seconds: float = _setting("DEAD_AFTER_SECONDS", 5.0, values.seconds(zero=False))

    # How long what has happened can be read again, in days; 0: for ever.
    routing_log_days: int = _setting("ROUTING_LOG_DAYS", 7, values.integer(0, 36_500))
    operations_days: int = _setting("OPERATIONS_DAYS", 30, values.integer(0, 36_500))

    spi_dialects: tuple[str, ...] = _setting("SPI_DIALECTS", ("json",), values.choices("json", "ose2-yaml"))
    routing_exchange: str = _setting("ROUTING_EXCHANGE", "gearbroker.routing", _WORD)
    ose2_exchange: str = _setting("OSE2_EXCHANGE", "amq.topic", _WORD)
    ose2_routing_key: str = _setting("OSE2_ROUTING_KEY", "routinginfo", _WORD)
    # Whether that dialect has private keys in clear, for listeners that cannot fetch them.
    spi_send_private_keys: bool = _setting("SPI_SEND_PRIVATE_KEYS", False, values.boolean)

    def __post_init__(self) -> None:
        if not self.database_url:
            object.__setattr__(self, "database_url", f"sqlite:///{self.data_dir / 'gearbroker.db'}")
        if not self.secret_key_file:
            object.__setattr__(self, "secret_key_file", str(self.data_dir / "secret.key"))
        if self.bind_server and not self.bind_zone:
            object.__setattr__(self, "bind_zone", self.cloud_domain)
        for name, text in _contradictions(self):
            raise ConfigurationError(f"{name}: {text}", field=name)

    @property
    def is_shared(self) -> bool:
        """Whether several processes may share this database and bus; otherwise one process does everything."""
        return self.nodes == "bus" and not self.database_url.startswith("sqlite")

    def __repr__(self) -> str:
        shown = ", ".join(f"{each.name}={_shown(getattr(self, each.name), each.metadata)}" for each in fields(self))
        return f"Settings({shown})"


def _shown(value: object, setting: Mapping[str, Any]) -> str:
    """Of a secret only what a URL says beside its password."""
    if setting["secret"] and value and "://" not in str(value):
        return HIDDEN
    return redacted(repr(value))


def load_settings(environ: Mapping[str, str], file: Path | None = None) -> Settings:
    """The settings of this process: the environment wins over the file, and defaults fill the rest.

    Without `file`, `GEARBROKER_CONF` of the environment names one, or there is none.
    Raises `ConfigurationError` naming the setting, the offending value (unless it may hold a password)
    and what is allowed.
    """
    if file is None and environ.get(CONFIGURATION_FILE):
        file = Path(environ[CONFIGURATION_FILE])
    given = {} if file is None else read_file(file, setting_names())
    given |= {name: environ[name] for name in setting_names() if name in environ}
    by_name = {each.metadata["name"]: each for each in fields(Settings)}
    return Settings(**{by_name[name].name: _read(by_name[name].metadata, text) for name, text in given.items()})


def setting_names() -> tuple[str, ...]:
    """The names of all settings, as a file and the environment give them, in the order of `Settings`."""
    return tuple(each.metadata["name"] for each in fields(Settings))


def _read(setting: Mapping[str, Any], text: str) -> Any:
    try:
        return setting["read"](text.strip())
    except values.UnreadableValue as allowed:
        name = setting["name"]
        found = "cannot be read (its value is not shown)" if setting["secret"] else f"cannot be {text!r}"
        raise ConfigurationError(f"{name} {found}; allowed is {allowed}.", field=name) from None


def _contradictions(settings: Settings) -> Iterator[tuple[str, str]]:
    sizes = ", ".join(settings.valid_gear_sizes)
    if settings.default_gear_size not in settings.valid_gear_sizes:
        yield "DEFAULT_GEAR_SIZE", f"{settings.default_gear_size!r} is none of VALID_GEAR_SIZES ({sizes})."
    for size in settings.default_gear_capabilities:
        if size not in settings.valid_gear_sizes:
            yield "DEFAULT_GEAR_CAPABILITIES", f"{size!r} is none of VALID_GEAR_SIZES ({sizes})."
    for cartridge, allowed in settings.cartridge_gear_sizes:
        for size in sorted(set(allowed) - set(settings.valid_gear_sizes)):
            text = f"{size!r}, allowed for {cartridge}, is none of VALID_GEAR_SIZES ({sizes})."
            yield "VALID_GEAR_SIZES_FOR_CARTRIDGE", text
    if settings.nodes == "bus" and settings.bus_url == EMBEDDED_BUS:
        yield "NODES", "agents on the bus need a bus: set BUS_URL, such as amqp://user:password@host:5672//."
    if settings.remote_user_header and not settings.trusted_proxy:
        yield "REMOTE_USER_HEADER", "anybody could send it: set TRUSTED_PROXY to the address of the proxy that does."
    if not settings.ha_dns_prefix and not settings.ha_dns_suffix:
        yield (
            "HA_DNS_PREFIX",
            "with HA_DNS_SUFFIX empty too, an application and its HA form would share one DNS name.",
        )
    yield from _dns_contradictions(settings)


def _dns_contradictions(settings: Settings) -> Iterator[tuple[str, str]]:
    wanted = {"BIND_KEYNAME": settings.bind_keyname, "BIND_KEYVALUE": settings.bind_keyvalue}
    for name, value in wanted.items():
        if settings.bind_server and not value:
            yield name, "updates of BIND_SERVER are signed: set BIND_KEYNAME and BIND_KEYVALUE as that server has them."
    for name, value in {**wanted, "BIND_ZONE": settings.bind_zone}.items():
        if value and not settings.bind_server:
            yield name, "there is no DNS server to be told: set BIND_SERVER too."
    if settings.bind_server and not f".{settings.cloud_domain}".endswith(f".{settings.bind_zone}"):
        yield "BIND_ZONE", f"CLOUD_DOMAIN ({settings.cloud_domain}) is not inside the zone {settings.bind_zone}."
