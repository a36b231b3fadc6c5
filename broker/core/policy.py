"""What the operator has chosen and the rules read: one frozen value, made once from the settings."""

from dataclasses import dataclass, field

from broker.core.placement.model import Rules
from broker.core.sparse import MultiplierRule


@dataclass(frozen=True, kw_only=True, slots=True)
class Policy:
    """The operator's choices. Durations are in seconds; limits of -1 mean none."""

    cloud_domain: str = "example.com"
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
    default_user_gear_sizes: tuple[str, ...] = ("small",)
    default_max_namespaces: int = 10
    default_max_gears: int = 100
    default_max_teams: int = 0
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
