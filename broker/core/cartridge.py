"""A cartridge: a feature that a gear carries, and what its manifest says about it."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum

WEB_FRAMEWORK = "web_framework"
WEB_PROXY = "web_proxy"


class EndpointType(StrEnum):
    """What a public endpoint is for; exactly one an endpoint."""

    LOAD_BALANCER = "load_balancer"
    WEB_FRAMEWORK = "web_framework"
    DATABASE = "database"
    PLUGIN = "plugin"
    OTHER = "other"


@dataclass(frozen=True, kw_only=True, slots=True)
class Mapping:
    """Which path of the application an endpoint serves, and where."""

    frontend: str
    backend: str


@dataclass(frozen=True, kw_only=True, slots=True)
class PublicEndpoint:
    """A port that the cartridge offers outside its gear."""

    port_name: str
    internal_port: int
    protocols: tuple[str, ...] = ("tcp",)
    mappings: tuple[Mapping, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class CartridgeProperty:
    """Something a cartridge tells of itself once it is installed, such as the login of a database.

    `kind` is the field's word for where it comes from: `cart_data` or `environment`.
    """

    name: str
    kind: str
    description: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Cartridge:
    """One version of a cartridge as the catalogue has it, or as an application has downloaded it from `url`.

    `scales_from` and `scales_to` are the limits of its manifest (-1: no limit); `multiplier` other than 1
    makes it sparse: only some gears of its group carry it. `group_overrides` names what it must share a gear with.
    Of each of `requires` one must be in the same application, and of `conflicts` none may be; both hold names that
    cartridges answer to. `control_actions` are what can be asked of it beyond being started and stopped.
    """

    name: str
    cartridge_id: str
    base_name: str
    version: str
    display_name: str
    description: str = ""
    license: str = ""
    license_url: str = ""
    website: str = ""
    vendor: str = ""
    categories: tuple[str, ...] = ()
    provides: tuple[str, ...] = ()
    requires: tuple[tuple[str, ...], ...] = ()
    conflicts: tuple[str, ...] = ()
    scales_from: int = 1
    scales_to: int = -1
    multiplier: int = 1
    group_overrides: tuple[tuple[str, ...], ...] = ()
    endpoints: tuple[PublicEndpoint, ...] = ()
    created_at: str = "2014-01-01T00:00:00Z"
    help_topics: dict[str, str] = field(default_factory=dict)
    control_actions: tuple[str, ...] = ()
    properties: tuple[CartridgeProperty, ...] = ()
    obsolete: bool = False
    url: str | None = None

    @property
    def is_web_framework(self) -> bool:
        """Serves the application; an application has exactly one."""
        return WEB_FRAMEWORK in self.categories

    @property
    def is_web_proxy(self) -> bool:
        """Balances load over the web gears; comes with a scalable application and cannot be asked for."""
        return WEB_PROXY in self.categories

    @property
    def is_sparse(self) -> bool:
        """Only some gears of its group carry it."""
        return self.multiplier != 1

    @property
    def is_standalone(self) -> bool:
        """Shown as `standalone` by REST; all others are `embedded`."""
        return self.is_web_framework

    @property
    def is_plugin(self) -> bool:
        """Lives beside another cartridge and cannot be given scaling limits of its own."""
        return "plugin" in self.categories

    @property
    def maintained_by(self) -> str | None:
        """The field's own vendor where it is from there, which is all that is said of vendors."""
        return self.vendor if self.vendor == "redhat" else None

    @property
    def can_scale(self) -> bool:
        """Whether more than one gear may carry it."""
        return self.scales_to != 1 or self.is_sparse

    def answers_to(self, feature: str) -> bool:
        """Whether a requirement or a conflict that names this feature means it."""
        return feature in {self.name, self.base_name, *self.provides}

    def unmet(self, installed: "Iterable[Cartridge]") -> tuple[tuple[str, ...], ...]:
        """Those of its requirements that none of these cartridges meets, each with all its alternatives."""
        present = tuple(installed)
        return tuple(
            alternatives
            for alternatives in self.requires
            if not any(other.answers_to(feature) for other in present for feature in alternatives)
        )

    def conflicts_with(self, other: "Cartridge") -> bool:
        """Whether one of the two says that it cannot live beside the other."""
        return any(map(other.answers_to, self.conflicts)) or any(map(self.answers_to, other.conflicts))

    @property
    def endpoint_type(self) -> EndpointType:
        """The type of its endpoints: the first that matches, as the routing layer knows them."""
        if self.is_web_proxy:
            return EndpointType.LOAD_BALANCER
        if self.is_web_framework:
            return EndpointType.WEB_FRAMEWORK
        if "database" in self.categories:
            return EndpointType.DATABASE
        if self.is_plugin:
            return EndpointType.PLUGIN
        return EndpointType.OTHER
