"""An application: what a user runs, made of gear groups, and the parts of it that rules read."""

from dataclasses import dataclass, field
from enum import StrEnum

from broker.core.ids import ApplicationId, DeploymentId, GearId, GroupId, NamespaceId, NodeId, OperationId, UserId


class ApplicationPhase(StrEnum):
    """Where the application as a whole is in its life."""

    CREATING = "creating"
    READY = "ready"
    DELETING = "deleting"


@dataclass(frozen=True, kw_only=True, slots=True)
class Application:
    """The application itself; its gears are counted in its groups, and loaded only by who needs them.

    `default_multiplier` was the operator's default when it was created; `multiplier` is what an administrator
    has set since, and wins. `sequence` is the number of its last routing event, `generation` that of its last change.
    `deployment_id` is the deployment that its gears are to run; `verdict_since` is when `verdict` became what it is.
    """

    application_id: ApplicationId
    name: str
    namespace_id: NamespaceId
    namespace: str
    owner_id: UserId
    owner_login: str
    phase: ApplicationPhase
    scalable: bool
    ha: bool
    running: bool
    profile: str
    region: str | None
    default_multiplier: int
    multiplier: int | None
    head_gear_id: GearId | None
    verdict: str
    sequence: int
    generation: int
    initial_git_url: str | None
    auto_deploy: bool
    deployment_branch: str
    keep_deployments: int
    deployment_type: str
    created_at: str
    deployment_id: DeploymentId | None = None
    verdict_since: str | None = None

    @property
    def effective_multiplier(self) -> int:
        """The HA multiplier in force: the administrator's, else the one of its creation."""
        return self.default_multiplier if self.multiplier is None else self.multiplier


@dataclass(frozen=True, kw_only=True, slots=True)
class InstalledCartridge:
    """A cartridge of an application, in the gear group that carries it.

    One that was downloaded has the `url` it came from, and its `manifest`. `running` is whether its owner wants it to;
    `data` are its own values, such as credentials, sealed.
    """

    name: str
    group_id: GroupId
    ordinal: int
    added_at: str
    running: bool = True
    url: str | None = None
    manifest: str | None = field(default=None, repr=False)
    data: str | None = field(default=None, repr=False)


@dataclass(frozen=True, kw_only=True, slots=True)
class GearGroup:
    """Gears that carry the same cartridges and scale together.

    `explicit_minimum` and `explicit_maximum` are what the owner has set, None for never set. `ordinals` is the number
    of gears it has ever had, so that a new gear's ordinal is unique. `proxies_out` tells that the gear ratio has
    rotated its proxy gears out. `additional_storage` is in gigabytes for each gear, beside what every gear has.
    """

    group_id: GroupId
    application_id: ApplicationId
    ordinal: int
    profile: str
    explicit_minimum: int | None
    explicit_maximum: int | None
    gear_count: int
    proxy_count: int
    ordinals: int
    proxies_out: bool
    additional_storage: int = 0


@dataclass(frozen=True, kw_only=True, slots=True)
class Gear:
    """One container of an application on one node; `ordinal` is its place in the order of creation in its group.

    `deployment_id` is the deployment that it is known to run. One that is `held_out` was rotated out by hand, and stays
    so whatever the gear ratio says; until `drained_at` the requests that it had before are given time.
    """

    gear_id: GearId
    application_id: ApplicationId
    group_id: GroupId
    node_id: NodeId
    zone: str | None
    region: str | None
    ordinal: int
    is_head: bool
    carries_proxy: bool
    lifecycle: str
    rotation: str
    uid: int | None
    operation_id: OperationId | None
    created_at: str
    deployment_id: DeploymentId | None = None
    held_out: bool = False
    drained_at: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class ApplicationParts:
    """An application with its groups and cartridges: what almost every decision about it starts from."""

    application: Application
    groups: tuple[GearGroup, ...]
    cartridges: tuple[InstalledCartridge, ...] = field(default=())

    def group(self, group_id: GroupId) -> GearGroup:
        """The group of that id, which must be one of its own."""
        return next(group for group in self.groups if group.group_id == group_id)

    def cartridges_of(self, group_id: GroupId) -> tuple[str, ...]:
        """Names of the cartridges of a group, in the order they were installed."""
        return tuple(cart.name for cart in self.cartridges if cart.group_id == group_id)

    def stopped_cartridges(self, group_id: GroupId) -> tuple[str, ...]:
        """Names of those cartridges of a group that are not to run even while its gears do."""
        return tuple(cart.name for cart in self.cartridges if cart.group_id == group_id and not cart.running)

    def cartridge(self, name: str) -> InstalledCartridge | None:
        """The installed cartridge of that name, or None."""
        return next((cart for cart in self.cartridges if cart.name == name), None)

    @property
    def gear_count(self) -> int:
        """All gears of all groups."""
        return sum(group.gear_count for group in self.groups)
