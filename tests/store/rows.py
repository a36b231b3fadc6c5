"""Values to be stored."""

from broker.core.application import (
    Application,
    ApplicationParts,
    ApplicationPhase,
    GearGroup,
    InstalledCartridge,
)
from broker.core.ids import ApplicationId, GroupId, NamespaceId, NodeId
from broker.core.owner import Namespace, User
from broker.interfaces import NodeRecord


def a_namespace(user: User, name: str, number: int = 1) -> Namespace:
    return Namespace(
        namespace_id=NamespaceId(f"{number:024x}"),
        name=name,
        owner_id=user.user_id,
        allowed_gear_sizes=("small",),
        created_at="2026-01-01T00:00:00Z",
    )


def a_node(name: str, *, zone: str | None = "a", capacity: int = 2, liveness: str = "responsive") -> NodeRecord:
    return NodeRecord(
        node_id=NodeId(name),
        public_address="127.0.1.1",
        profile="small",
        region="r1",
        zone=zone,
        capacity=capacity,
        gears=0,
        active=True,
        liveness=liveness,
    )


def an_application(user: User, namespace: Namespace, number: int = 1) -> ApplicationParts:
    """An application without gears yet."""
    application_id, group_id = ApplicationId(f"{number:024x}"), GroupId(f"{number + 100:024x}")
    application = Application(
        application_id=application_id,
        name="shop",
        namespace_id=namespace.namespace_id,
        namespace=namespace.name,
        owner_id=user.user_id,
        owner_login=user.login,
        phase=ApplicationPhase.READY,
        scalable=True,
        ha=False,
        running=True,
        profile="small",
        region=None,
        default_multiplier=0,
        multiplier=None,
        head_gear_id=None,
        verdict="not_ha",
        sequence=0,
        generation=0,
        initial_git_url=None,
        auto_deploy=True,
        deployment_branch="master",
        keep_deployments=1,
        deployment_type="git",
        created_at="2026-01-01T00:00:00Z",
    )
    group = GearGroup(
        group_id=group_id,
        application_id=application_id,
        ordinal=0,
        profile="small",
        explicit_minimum=None,
        explicit_maximum=None,
        gear_count=0,
        proxy_count=0,
        ordinals=0,
        proxies_out=False,
    )
    cartridge = InstalledCartridge(name="php-5.4", group_id=group_id, ordinal=0, added_at="2026-01-01T00:00:00Z")
    return ApplicationParts(application=application, groups=(group,), cartridges=(cartridge,))
