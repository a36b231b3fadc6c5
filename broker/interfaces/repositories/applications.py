"""Applications with what is their own, their gears, and the nodes these are on."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Protocol

from broker.core.application import Application, ApplicationParts, Gear, GearGroup, InstalledCartridge
from broker.core.deployment import Deployment, ReportedNews
from broker.core.ids import (
    ApplicationId,
    CertificateId,
    DeploymentId,
    GearId,
    GroupId,
    NamespaceId,
    NodeId,
    OperationId,
    UserId,
)
from broker.core.placement.fleet import Fleet
from broker.core.placement.model import Placement
from broker.core.placement.spread import GroupSpread
from broker.core.routing_table import RoutedCertificate
from broker.interfaces.records import AliasCertificate, NodeRecord, StoredEndpoint


class Applications(Protocol):
    """Applications with their groups and cartridges."""

    def by_id(self, application_id: ApplicationId) -> ApplicationParts | None: ...
    def locked(self, application_id: ApplicationId) -> ApplicationParts | None:
        """The same, with its row held until the unit of work ends."""

    def id_by_name(self, namespace_id: NamespaceId, name: str) -> ApplicationId | None: ...
    def named_in(self, namespace_ids: Collection[NamespaceId], name: str) -> tuple[ApplicationParts, ...]:
        """Those of that name in these namespaces."""

    def owned_named(self, owner_id: UserId, name: str) -> tuple[ApplicationParts, ...]:
        """Those of that name in all the owner's namespaces."""

    def owned(self, owner_id: UserId, namespace_id: NamespaceId | None = None) -> tuple[ApplicationParts, ...]:
        """All of an owner, or of one namespace of theirs, by name."""

    def listed(
        self,
        user_id: UserId,
        others: Collection[NamespaceId],
        *,
        namespace_id: NamespaceId | None = None,
        limit: int | None = None,
        after: tuple[str, ApplicationId] | None = None,
    ) -> tuple[ApplicationParts, ...]:
        """Those that the account owns and those of the namespaces of `others`, or those of one namespace only.

        By name, at most `limit` of them that come behind (name, id); none that is being deleted. The cost does not
        grow with how many come before.
        """

    def all_named(self, name: str) -> tuple[ApplicationParts, ...]: ...
    def all(self) -> tuple[ApplicationParts, ...]:
        """Every application that is ready; for snapshots."""

    def of_gears(self) -> tuple[ApplicationParts, ...]:
        """Every application that has gears, in whatever phase."""

    def many(self, application_ids: Iterable[ApplicationId]) -> tuple[ApplicationParts, ...]: ...
    def add(
        self, application: Application, groups: Sequence[GearGroup], cartridges: Sequence[InstalledCartridge]
    ) -> None:
        """Raises `Conflict` when the namespace has that name already."""

    def save(self, before: ApplicationParts, after: ApplicationParts) -> ApplicationParts:
        """Store what differs, with the next generation; raises `ApplicationBusy` if another was faster."""

    def add_cartridges(
        self, group: GearGroup | None, cartridges: Sequence[InstalledCartridge], application_id: ApplicationId
    ) -> None:
        """Store cartridges that come to an application, with their new group unless they join one that is there."""

    def remove_cartridge(self, application_id: ApplicationId, name: str, *, with_group: GroupId | None = None) -> None:
        """Remove a cartridge, and its group where that is left without any."""

    def change_cartridge(self, application_id: ApplicationId, name: str, **values: object) -> None:
        """Set `running` or `data` of an installed cartridge."""

    def delete(self, application_id: ApplicationId) -> None:
        """Remove the application with all that is its own: groups, cartridges, gears, endpoints, variables, aliases."""

    def aliases(self, application_ids: Sequence[ApplicationId]) -> dict[ApplicationId, tuple[str, ...]]: ...
    def alias_owner(self, alias: str) -> ApplicationId | None: ...
    def add_alias(self, application_id: ApplicationId, alias: str) -> None:
        """Raises `Conflict` when any application has it."""

    def remove_alias(self, application_id: ApplicationId, alias: str) -> None: ...
    def variables(self, application_id: ApplicationId) -> dict[str, str]: ...
    def variable(self, application_id: ApplicationId, name: str) -> str | None: ...
    def set_variables(
        self, application_id: ApplicationId, values: Mapping[str, str], unset: Sequence[str] = ()
    ) -> None: ...


class Gears(Protocol):
    """Gears and their endpoints. Every method is a fixed number of statements, whatever the number of gears."""

    def of_application(self, application_id: ApplicationId) -> tuple[Gear, ...]: ...
    def of_group(self, group_id: GroupId) -> tuple[Gear, ...]: ...
    def of_operation(self, operation_id: OperationId) -> tuple[Gear, ...]: ...
    def of_nodes(self, node_ids: Sequence[NodeId]) -> tuple[Gear, ...]: ...
    def proxies_of(self, application_id: ApplicationId) -> tuple[Gear, ...]: ...
    def apart_of(self, group_id: GroupId) -> tuple[Gear, ...]:
        """Those that are not started, or rotated out by hand; but not those about to go."""

    def held_out_of(self, group_id: GroupId) -> tuple[Gear, ...]: ...
    def by_ids(self, gear_ids: Sequence[GearId]) -> tuple[Gear, ...]: ...
    def of_owner(self, owner_id: UserId) -> tuple[Gear, ...]: ...
    def all(self) -> tuple[Gear, ...]: ...
    def add(self, gears: Sequence[Gear]) -> None: ...
    def change(self, gear_ids: Sequence[GearId], **values: object) -> None:
        """Set the same columns to the same values on all of them."""

    def move(self, moved: Sequence[Gear]) -> None:
        """Store the nodes on which these gears are to be."""

    def set_uids(self, uids: Mapping[GearId, int]) -> None: ...
    def remove(self, gear_ids: Sequence[GearId]) -> None:
        """Delete the gears with their endpoints."""

    def endpoints_of(self, gear_ids: Sequence[GearId]) -> tuple[StoredEndpoint, ...]: ...
    def endpoints_of_application(self, application_id: ApplicationId) -> tuple[StoredEndpoint, ...]: ...
    def endpoints_of_owner(self, owner_id: UserId) -> tuple[StoredEndpoint, ...]: ...
    def all_endpoints(self) -> tuple[StoredEndpoint, ...]: ...
    def add_endpoints(self, endpoints: Sequence[StoredEndpoint]) -> None: ...
    def remove_endpoints(self, gear_ids: Sequence[GearId], cartridge: str) -> None:
        """Delete those of a cartridge on these gears."""


class Nodes(Protocol):
    """The fleet: rows, and the structure that placement reads, kept in step with them."""

    def fleet(self) -> Fleet:
        """The fleet as of now, for who may write; what is reserved and not committed is released at the end."""

    def learn_anew(self) -> bool: ...
    def spread(self, group_id: GroupId, generation: int, home_region: str | None) -> GroupSpread:
        """Where the group's gears are, for the application's `generation`; changes are dropped on rollback."""

    def placed(self, spread: GroupSpread, placements: tuple[Placement, ...]) -> None:
        """Note what placement reserved in memory, to be released unless this unit of work commits."""

    def reserve(self, counts: Mapping[NodeId, int]) -> None:
        """Take what was placed; others may place now. The commit raises `FleetMoved` where it is gone."""

    def free(self, counts: Mapping[NodeId, int]) -> None:
        """Give gears of nodes back; placement sees the room once this unit of work has committed."""

    def address(self, node_id: NodeId) -> str: ...
    def zone(self, node_id: NodeId) -> str | None: ...
    def unresponsive(self) -> frozenset[NodeId]: ...
    def ids(self) -> Collection[NodeId]: ...
    def regions(self) -> frozenset[str]: ...
    def zones_by_region(self) -> Mapping[str, frozenset[str]]: ...
    def records(self, node_ids: Iterable[NodeId]) -> dict[NodeId, NodeRecord]: ...
    def all(self) -> tuple[NodeRecord, ...]: ...
    def add(self, nodes: Sequence[NodeRecord]) -> None: ...
    def set_liveness(self, node_ids: Sequence[NodeId], liveness: str) -> tuple[NodeId, ...]: ...


class Deployments(Protocol):
    """What was deployed to applications, and when each deployment became the one that gears are to run."""

    def of_application(self, application_id: ApplicationId) -> tuple[Deployment, ...]:
        """All of an application with their activations, oldest first."""

    def by_id(self, application_id: ApplicationId, deployment_id: str) -> Deployment | None: ...
    def highest_number(self, application_id: ApplicationId) -> int:
        """The number of the application's newest one, 0 without any."""

    def add(self, application_id: ApplicationId, deployment: Deployment) -> None:
        """Store a deployment with its activations; raises `Conflict` when the application has its id."""

    def activate(self, application_id: ApplicationId, deployment_id: DeploymentId, at: str) -> None:
        """Note that it became the one that gears are to run; of many times it did so the newest are kept."""

    def record(self, application_id: ApplicationId, news: ReportedNews) -> None:
        """Store what a report adds to what is known."""

    def remove(self, application_id: ApplicationId, deployment_ids: Collection[DeploymentId]) -> None: ...


class AliasCertificates(Protocol):
    """Certificates of aliases; private keys are sealed. Aliases without a certificate are in no answer."""

    def added_at(self, application_ids: Collection[ApplicationId]) -> dict[ApplicationId, dict[str, str]]:
        """When the aliases of these applications were given theirs, by alias."""

    def routed(self, application_ids: Collection[ApplicationId]) -> dict[ApplicationId, tuple[RoutedCertificate, ...]]:
        """The certificates of these applications as routers are told them; private keys are not read."""

    def by_id(self, certificate_id: CertificateId) -> AliasCertificate | None: ...
    def put(self, certificate: AliasCertificate) -> None:
        """Give an alias a certificate, in place of any that it had."""

    def remove(self, application_id: ApplicationId, alias: str) -> None: ...
