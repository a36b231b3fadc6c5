"""What the operator has chosen and the rules read: one frozen value, made once from the settings."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from broker.core.access import USUAL_LIFETIMES, Lifetime
from broker.core.placement.model import Rules
from broker.core.sparse import MultiplierRule

# As the field's clients offer them.
SSH_KEY_TYPES = (
    "ssh-rsa",
    "ssh-dss",
    "ssh-rsa-cert-v01@openssh.com",
    "ssh-dss-cert-v01@openssh.com",
    "ssh-rsa-cert-v00@openssh.com",
    "ssh-dss-cert-v00@openssh.com",
    "krb5-principal",
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Policy:
    """The operator's choices. Durations are in seconds; limits of -1 mean none.

    Domains and applications are not named by one of the `blacklisted_words`, which are in lower case; of both names
    together there may be `longest_names` characters, 0 or less is any number.
    `cartridge_gear_sizes` are the only sizes of gears that a cartridge named there may be on. `scope_lifetimes` are by
    scope, `*` for those not named.
    """

    cloud_domain: str = "example.com"
    allow_alias_in_cloud_domain: bool = False
    blacklisted_words: tuple[str, ...] = ()
    longest_names: int = -1
    allow_ha: bool = True
    default_user_ha: bool = False
    manage_ha_dns: bool = True
    router_hostname: str = "www.example.com"
    ha_dns_prefix: str = "ha-"
    ha_dns_suffix: str = ""
    default_ha_multiplier: int = 0
    multiplier_rule: MultiplierRule = MultiplierRule.EVERY_MTH
    gear_ratio: int = 3
    valid_gear_sizes: tuple[str, ...] = ("small",)
    default_gear_size: str = "small"
    cartridge_gear_sizes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    download_cartridges: bool = True
    default_user_gear_sizes: tuple[str, ...] = ("small",)
    default_max_namespaces: int = 10
    default_max_gears: int = 100
    default_max_teams: int = 0
    scope_lifetimes: Mapping[str, Lifetime] = field(default_factory=lambda: USUAL_LIFETIMES)
    ssh_key_types: tuple[str, ...] = SSH_KEY_TYPES
    default_region: str | None = None
    allow_region_selection: bool = True
    advertise_https: bool = False
    placement: Rules = field(default_factory=Rules)
    placement_policy: str = "least_loaded"
    drain_seconds: float = 0.0
    command_deadline_seconds: float = 10.0
    application_wait_seconds: float = 10.0

    @property
    def base_url_scheme(self) -> str:
        """The scheme of an application's own address."""
        return "https" if self.advertise_https else "http"
