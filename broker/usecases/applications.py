"""Applications: creating, showing, listing and deleting them."""

from dataclasses import replace

from broker.core.application import (
    Application,
    ApplicationParts,
    ApplicationPhase,
    GearGroup,
    InstalledCartridge,
)
from broker.core.cartridge import Cartridge
from broker.core.errors import (
    ApplicationNotFound,
    ChangeNotShown,
    Forbidden,
    Invalid,
    LimitReached,
    ManyRefusals,
    OperationGoesOn,
    Refusal,
    StorageUnavailable,
)
from broker.core.gear import Lifecycle
from broker.core.gear_group import compose_groups, effective_limits
from broker.core.high_availability import MakeHaFacts, check_make_ha
from broker.core.ids import ApplicationId, GroupId, OperationId
from broker.core.limits import UNLIMITED
from broker.core.operation import OPERATION, Ending, OperationKind
from broker.core.owner import Namespace, User
from broker.core.routing_difference import Telling, difference
from broker.core.verdict import VerdictState
from broker.interfaces import Accepted, Json, OperationRecord, Platform, StepRecord, UnitOfWork
from broker.usecases.again import again
from broker.usecases.announcing import announce, table_of
from broker.usecases.deployment_config import SHOWN, check_deployment_config
from broker.usecases.finding import find_application
from broker.usecases.growing import check_room, grow_group, proxies_for
from broker.usecases.new_namespace import add_namespace
from broker.usecases.operations import Intention, Plan, Planner, begin_in, carry_out, finish, in_hand, planned, record
from broker.usecases.steps import destruction, new_operation_id
from broker.usecases.times import timestamp
from broker.usecases.views import ApplicationView
from broker.usecases.visibility import visible_namespace
from broker.usecases.wishes import (
    ApplicationWish,
    CartridgeWish,
    check_application_name,
    check_cartridges,
    check_git_url,
    check_storage,
    check_variables,
    check_wished_limits,
    resolve_cartridges,
)


def view(work: UnitOfWork, parts: ApplicationParts) -> ApplicationView:
    """The application as its owner sees it."""
    application_id = parts.application.application_id
    aliases = work.applications.aliases([application_id]).get(application_id, ())
    return ApplicationView(parts=parts, aliases=aliases)


def view_after(platform: Platform, parts: ApplicationParts) -> ApplicationView:
    """The application after a change that was made; raises `ChangeNotShown`, which does not ask for it again."""
    try:
        with platform.reading() as work:
            return view(work, parts)
    except StorageUnavailable as away:
        raise ChangeNotShown from away


def show_application(platform: Platform, user: User, reference: str, namespace: str | None = None) -> ApplicationView:
    """One application of the user."""
    with platform.reading() as work:
        return view(work, find_application(work, user, reference, namespace))


def list_applications(platform: Platform, user: User, namespace: str | None = None) -> tuple[ApplicationView, ...]:
    """All applications of the user, or those of one namespace, by name."""
    with platform.reading() as work:
        place = None if namespace is None else visible_namespace(work, user, namespace).namespace_id
        found = [
            parts
            for parts in work.applications.owned(user.user_id, place)
            if parts.application.phase is not ApplicationPhase.DELETING
        ]
        aliases = work.applications.aliases([parts.application.application_id for parts in found])
    return tuple(
        ApplicationView(parts=parts, aliases=aliases.get(parts.application.application_id, ())) for parts in found
    )


def create_application(platform: Platform, user: User, wish: ApplicationWish) -> ApplicationView:
    """Create an application with its first gears; when the call returns they serve.

    A namespace that does not exist is created. Nothing is left of an application whose gears could not be built.
    """
    operation_id = new_operation_id(platform)
    with in_hand(platform, operation_id):
        operation, plan = again(lambda: _commit_creation(platform, user, wish, operation_id))
        if platform.origin.respond_async:
            raise Accepted(operation_id)
        try:
            finished = finish(platform, operation, plan)
        except StorageUnavailable as away:
            raise OperationGoesOn(operation_id) from away
    if finished is None:
        raise ApplicationNotFound(operation.application_id)
    return ApplicationView(parts=finished)


def _commit_creation(
    platform: Platform, user: User, wish: ApplicationWish, operation_id: OperationId
) -> tuple[OperationRecord, Plan]:
    with platform.unit_of_work() as work:
        owner = work.users.by_id(user.user_id) or user
        parts, variables = _check_and_compose(platform, work, owner, wish)
        work.applications.add(parts.application, parts.groups, parts.cartridges)
        work.applications.set_variables(parts.application.application_id, variables)
        grown, steps = _first_gears(platform, work, owner, parts, operation_id)
        saved = work.applications.save(parts, grown)
        plan = Plan(ending=Ending.CREATE, parts=saved, steps=steps)
        cartridges = [cartridge.name for cartridge in saved.cartridges]
        intention = Intention(kind=OperationKind.CREATE, arguments={"cartridges": cartridges, "ha": wish.ha})
        operation = record(platform, saved.application, operation_id, intention, OPERATION.initial)
        operation = planned(platform, operation, plan)
        begin_in(platform, work, operation)
        work.commands.add(steps)
        work.commit()
    return operation, plan


def _check_and_compose(
    platform: Platform, work: UnitOfWork, owner: User, wish: ApplicationWish
) -> tuple[ApplicationParts, dict[str, str]]:
    policy = platform.policy
    region = _region(platform, work, wish.region)
    git_url = check_git_url(wish.initial_git_url)
    namespace = _namespace(platform, work, owner, wish.namespace)
    profile = _profiles(platform, namespace, wish)
    if wish.ha:
        _check_ha(platform, owner)
    name = check_application_name(wish.name)
    config = check_deployment_config(wish.config)
    if not owner.has_room_for(1):
        text = f"{owner.login} has already reached the gear limit of {owner.max_gears}"
        raise LimitReached(text, exit_code=104)
    variables = check_variables(wish.environment_variables, "environment_variables")
    scalable = wish.scale or wish.ha
    wished = _cartridges(platform, owner, name, wish, scalable=scalable)
    _check_name_is_free(work, namespace, name)
    application = Application(
        application_id=ApplicationId(platform.new_id()),
        name=name,
        namespace_id=namespace.namespace_id,
        namespace=namespace.name,
        owner_id=owner.user_id,
        owner_login=owner.login,
        phase=ApplicationPhase.CREATING,
        scalable=scalable,
        ha=wish.ha,
        running=True,
        profile=profile,
        region=region,
        default_multiplier=policy.default_ha_multiplier,
        multiplier=None,
        head_gear_id=None,
        verdict=VerdictState.NOT_HA.value,
        sequence=0,
        generation=0,
        initial_git_url=git_url,
        auto_deploy=config.auto_deploy,
        deployment_branch=config.deployment_branch,
        keep_deployments=config.keep_deployments,
        deployment_type=config.deployment_type,
        created_at=timestamp(platform.clock.now()),
    )
    return _compose(platform, application, wished), variables


def _region(platform: Platform, work: UnitOfWork, wished: str | None) -> str | None:
    policy = platform.policy
    if wished is None:
        return policy.default_region
    if not policy.allow_region_selection:
        text = (
            "Specifying a region on application creation has been disabled."
            " A region may be automatically assigned for you."
        )
        raise Invalid(text)
    known = sorted(work.nodes.regions())
    if not known:
        raise Invalid("Server does not support explicit regions.")
    if wished not in known:
        text = f"Could not find region '{wished[:100]}'. Available regions are: {', '.join(known)}."
        raise Invalid(text)
    return wished


def _namespace(platform: Platform, work: UnitOfWork, owner: User, name: str) -> Namespace:
    found = work.namespaces.by_name(name.lower())
    if found is not None:
        return visible_namespace(work, owner, name)
    try:
        return add_namespace(platform, work, owner, name)
    except ManyRefusals as several:
        first = several.refusals[0]
        raise type(first)(first.text, field="domain_id", exit_code=first.exit_code) from several
    except Refusal as refusal:
        refusal.field = "domain_id"
        raise


def _profiles(platform: Platform, namespace: Namespace, wish: ApplicationWish) -> str:
    """The gear size of the application; refuses those of it and its cartridges that the domain does not have."""
    allowed = namespace.allowed_gear_sizes
    if not allowed:
        text = (
            f"The owner of the domain {namespace.name} has disabled all gear sizes from being created."
            "  You will not be able to add any cartridges in this domain."
        )
        raise Forbidden(text, exit_code=134)
    default = platform.policy.default_gear_size
    size = (wish.gear_size or (default if default in allowed else allowed[0])).lower()
    sizes = (size, *(each.gear_size.lower() for each in wish.cartridges if each.gear_size))
    foreign = list(dict.fromkeys(each for each in sizes if each not in allowed))
    if foreign:
        named = ", ".join(f"'{each[:SHOWN]}'" for each in foreign[:SHOWN])
        what = f"The gear size {named} is" if len(foreign) == 1 else f"The gear sizes {named} are"
        text = f"{what} not valid for this domain. Allowed sizes: {', '.join(allowed)}."
        raise Invalid(text, field="cartridges" if size in allowed else "gear_size", exit_code=134)
    return size


def _check_ha(platform: Platform, owner: User) -> None:
    check_make_ha(
        MakeHaFacts(
            allowed_on_platform=platform.policy.allow_ha,
            allowed_to_owner=owner.may_use_ha,
            owner_login=owner.login,
            scalable=True,
            ha=False,
            has_web_proxy=True,
            max_gears=-1,
        )
    )


def _cartridges(
    platform: Platform, owner: User, name: str, wish: ApplicationWish, *, scalable: bool
) -> dict[str, tuple[Cartridge, CartridgeWish]]:
    wished = resolve_cartridges(wish.cartridges, platform.catalogue)
    check_storage(owner.login, wish.cartridges)
    check_cartridges(name, [cartridge for cartridge, _ in wished.values()], platform.catalogue, scalable=scalable)
    for cartridge, each in wished.values():
        check_wished_limits(name, cartridge, each, scalable=scalable, ha=wish.ha)
    if scalable and not any(cartridge.is_web_proxy for cartridge, _ in wished.values()):
        for cartridge in platform.catalogue.values():
            if cartridge.is_web_proxy and not cartridge.obsolete:
                wished[cartridge.name] = (cartridge, CartridgeWish(name=cartridge.name))
                break
    return wished


def _check_name_is_free(work: UnitOfWork, namespace: Namespace, name: str) -> None:
    if work.applications.id_by_name(namespace.namespace_id, name) is not None:
        raise Invalid(f"The supplied application name '{name}' already exists", field="name", exit_code=100)


def _compose(
    platform: Platform,
    application: Application,
    wished: dict[str, tuple[Cartridge, CartridgeWish]],
) -> ApplicationParts:
    cartridges = [cartridge for cartridge, _ in wished.values()]
    groups: list[GearGroup] = []
    installed: list[InstalledCartridge] = []
    for ordinal, names in enumerate(
        compose_groups(cartridges, scalable=application.scalable, profile=application.profile)
    ):
        wishes = [wished[name][1] for name in names]
        sizes = [wish.gear_size.lower() for wish in wishes if wish.gear_size]
        # A sparse cartridge's limits count proxies, not the gears of its group.
        limits = [wished[name][1].limits for name in names if not wished[name][0].is_sparse]
        minima = [each.scales_from for each in limits if each.scales_from is not None]
        maxima = [each.scales_to for each in limits if each.scales_to is not None and each.scales_to != UNLIMITED]
        group_id = GroupId(platform.new_id())
        groups.append(
            GearGroup(
                group_id=group_id,
                application_id=application.application_id,
                ordinal=ordinal,
                profile=sizes[0] if sizes else application.profile,
                explicit_minimum=max(minima) if minima else None,
                explicit_maximum=min(maxima) if maxima else None,
                gear_count=0,
                proxy_count=0,
                ordinals=0,
                proxies_out=False,
            )
        )
        installed += [
            InstalledCartridge(
                name=name,
                group_id=group_id,
                ordinal=len(installed) + number,
                added_at=application.created_at,
            )
            for number, name in enumerate(names)
        ]
    return ApplicationParts(application=application, groups=tuple(groups), cartridges=tuple(installed))


def _first_gears(
    platform: Platform,
    work: UnitOfWork,
    owner: User,
    parts: ApplicationParts,
    operation_id: OperationId,
) -> tuple[ApplicationParts, tuple[StepRecord, ...]]:
    limits = effective_limits(parts, platform.catalogue, ha=parts.application.ha)
    total = sum(each.minimum for each in limits.values())
    check_room(owner, total)
    steps: list[StepRecord] = []
    for group in parts.groups:
        carry = proxies_for(platform, parts, group, limits[group.group_id].minimum)
        growth = grow_group(platform, work, parts, group, carry, operation_id=operation_id)
        parts = growth.parts
        steps += growth.steps
    return parts, tuple(steps)


def delete_application(
    platform: Platform, user: User, reference: str, namespace: str | None = None
) -> ApplicationParts:
    """Delete an application with everything that is its own; routers are told before its gears go.

    A node that does not answer destroys its gears when it is heard of again.
    """
    with platform.reading() as work:
        found = find_application(work, user, reference, namespace)
    try:
        intention = Intention(kind=OperationKind.DELETE)
        carry_out(platform, found.application.application_id, intention, deletion_planner(platform, {}))
    except ApplicationNotFound:
        # Somebody else was faster; the caller knows the application by the name it was asked for.
        raise ApplicationNotFound(reference.lower()) from None
    return found


def deletion_planner(platform: Platform, _wish: Json) -> Planner:
    """How the deletion of an application is planned."""

    def plan(work: UnitOfWork, parts: ApplicationParts, operation_id: OperationId) -> Plan:
        application_id = parts.application.application_id
        gears = work.gears.of_application(application_id)
        before = table_of(
            platform,
            parts.application,
            gears=gears,
            endpoints=work.gears.endpoints_of_application(application_id),
            addresses={gear.node_id: work.nodes.address(gear.node_id) for gear in gears},
            unresponsive=work.nodes.unresponsive(),
            aliases=work.applications.aliases([application_id]).get(application_id, ()),
        )
        telling = Telling(managed_dns=platform.policy.manage_ha_dns, router_hostname=platform.policy.router_hostname)
        after = announce(platform, work, parts, difference(before, None, telling))
        work.names.remove_of(application_id, operation_id=operation_id)
        ids = [gear.gear_id for gear in gears]
        work.gears.change(ids, lifecycle=Lifecycle.DESTROYING.value, operation_id=operation_id)
        deleting = replace(after.application, phase=ApplicationPhase.DELETING)
        steps = tuple(destruction(platform, gear, operation_id) for gear in gears)
        return Plan(ending=Ending.DELETE, parts=replace(after, application=deleting), steps=steps)

    return plan
