"""A new application: the checks of what is asked for, in the order of the contract, and what is made of it."""

from collections.abc import Sequence
from dataclasses import dataclass

from broker.core.access import Permission
from broker.core.application import Application, ApplicationParts, ApplicationPhase, GearGroup, InstalledCartridge
from broker.core.errors import Invalid, LimitReached, ManyRefusals, Refusal
from broker.core.gear_group import compose_groups, effective_limits
from broker.core.high_availability import MakeHaFacts, check_make_ha
from broker.core.ids import ApplicationId
from broker.core.owner import Namespace, User
from broker.core.verdict import VerdictState
from broker.interfaces import Platform, UnitOfWork
from broker.usecases.activating import new_deployment_id
from broker.usecases.cartridge_wishes import (
    CartridgeWish,
    Wished,
    check_available,
    check_new_application,
    check_requirements,
    check_shared_gears,
    check_storage,
    check_web_framework,
    check_wished_limits,
    each_once,
    meant_cartridges,
)
from broker.usecases.composing import check_sizes, new_cartridge, new_group
from broker.usecases.deployment_config import DeploymentConfig, check_deployment_config
from broker.usecases.growing import check_room
from broker.usecases.new_namespace import add_namespace, new_namespace
from broker.usecases.times import timestamp
from broker.usecases.visibility import visible_namespace
from broker.usecases.wishes import (
    ApplicationWish,
    check_application_name,
    check_git_url,
    check_length_with_namespace,
    check_name_is_allowed,
    check_variables,
)


@dataclass(frozen=True, kw_only=True)
class CheckedWish:
    """What a wish comes to before its cartridges are looked at; the quota is that of the `owner` of the domain."""

    name: str
    namespace: Namespace
    owner: User
    profile: str
    region: str | None
    git_url: str | None
    config: DeploymentConfig
    variables: dict[str, str]
    scalable: bool


def check_wish(
    platform: Platform, work: UnitOfWork, user: User, wish: ApplicationWish, *, adds: bool = True
) -> CheckedWish:
    """All of a wish but its cartridges.

    A namespace that does not exist is added; without `adds` it is only looked whether it could be, and nothing is
    changed.
    """
    policy = platform.policy
    region = _region(platform, work, wish.region)
    check_name_is_allowed(wish.name, policy)
    git_url = check_git_url(wish.initial_git_url, wish.initial_git_branch)
    wish.check_read("cartridges")
    namespace = _namespace(platform, work, user, wish.namespace, adds=adds)
    owner = work.users.by_id(namespace.owner_id) or user
    profile = _profile(platform, namespace, wish)
    if wish.ha:
        _check_ha(platform, owner)
    name = check_application_name(wish.name)
    check_length_with_namespace(name, namespace.name, policy)
    wish.check_read("config")
    config = check_deployment_config(wish.config)
    if not owner.has_room_for(1):
        text = f"{user.login} has already reached the gear limit of {owner.max_gears}"
        raise LimitReached(text, exit_code=104)
    wish.check_read("environment_variables")
    return CheckedWish(
        name=name,
        namespace=namespace,
        owner=owner,
        profile=profile,
        region=region,
        git_url=git_url,
        config=config,
        variables=check_variables(wish.environment_variables, "environment_variables"),
        scalable=wish.scale or wish.ha,
    )


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


def _namespace(platform: Platform, work: UnitOfWork, user: User, name: str, *, adds: bool) -> Namespace:
    found = work.namespaces.by_name(name.lower())
    if found is not None:
        return visible_namespace(work, user, name, needs=Permission.CREATE_APPLICATION)
    make = add_namespace if adds else new_namespace
    try:
        return make(platform, work, user, name)
    except ManyRefusals as several:
        first = several.refusals[0]
        raise type(first)(first.text, field="domain_id", exit_code=first.exit_code) from several
    except Refusal as refusal:
        refusal.field = "domain_id"
        raise


def _profile(platform: Platform, namespace: Namespace, wish: ApplicationWish) -> str:
    """The gear size of the application; refuses those of it and its cartridges that the domain does not have."""
    allowed = namespace.allowed_gear_sizes
    default = platform.policy.default_gear_size
    usual = default if default in allowed else next(iter(allowed), default)
    size = (wish.gear_size or usual).lower()
    sizes = (size, *(each.gear_size.lower() for each in wish.cartridges if each.gear_size))
    check_sizes(namespace, sizes, field="cartridges" if size in allowed else "gear_size")
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


def compose_application(
    platform: Platform, work: UnitOfWork, wish: ApplicationWish, checked: CheckedWish
) -> ApplicationParts:
    """The application as it will be at first; the checks of its cartridges and of what they need are made here."""
    wished, sharing = _cartridges(platform, wish, checked)
    for cartridge, each in wished.values():
        check_wished_limits(checked.name, cartridge, each, scalable=checked.scalable, ha=wish.ha)
    parts = _composed(platform, _application(platform, wish, checked), wished, sharing)
    limits = effective_limits(parts, platform.catalogue_of(parts), ha=wish.ha)
    check_room(checked.owner, sum(each.minimum for each in limits.values()))
    _check_name_is_free(work, checked.namespace, checked.name)
    together = [cartridge for cartridge, _ in wished.values()]
    check_requirements(together, together, doing="Unable to create application")
    return parts


def _cartridges(
    platform: Platform, wish: ApplicationWish, checked: CheckedWish
) -> tuple[Wished, Sequence[Sequence[str]]]:
    """The cartridges of the application, its proxy among them, and which of them share gears."""
    meant = meant_cartridges(platform, wish.cartridges)
    cartridges = [cartridge for cartridge, _ in meant]
    check_storage(checked.owner, wish.cartridges)
    check_web_framework(cartridges, platform.catalogue)
    check_available(cartridges)
    wished = each_once(meant)
    check_new_application(checked.name, cartridges, scalable=checked.scalable)
    if checked.scalable and not any(cartridge.is_web_proxy for cartridge in cartridges):
        proxies = (each for each in platform.catalogue.values() if each.is_web_proxy and not each.obsolete)
        for proxy in (*proxies,)[:1]:
            wished[proxy.name] = (proxy, CartridgeWish(name=proxy.name))
    together = [(name, each.colocate_with) for name, (_, each) in wished.items() if each.colocate_with]
    by_name = {name: cartridge for name, (cartridge, _) in wished.items()}
    sharing = compose_groups(
        list(by_name.values()), scalable=checked.scalable, profile=checked.profile, together=together
    )
    if checked.scalable:
        check_shared_gears(checked.name, sharing, by_name, wished)
    return wished, sharing


def _application(platform: Platform, wish: ApplicationWish, checked: CheckedWish) -> Application:
    owner, namespace, config = checked.owner, checked.namespace, checked.config
    return Application(
        application_id=ApplicationId(platform.new_id()),
        name=checked.name,
        namespace_id=namespace.namespace_id,
        namespace=namespace.name,
        owner_id=owner.user_id,
        owner_login=owner.login,
        phase=ApplicationPhase.CREATING,
        scalable=checked.scalable,
        ha=wish.ha,
        running=True,
        profile=checked.profile,
        region=checked.region,
        default_multiplier=platform.policy.default_ha_multiplier,
        multiplier=None,
        head_gear_id=None,
        verdict=VerdictState.NOT_HA.value,
        verdict_since=timestamp(platform.clock.now()),
        sequence=0,
        generation=0,
        initial_git_url=checked.git_url,
        auto_deploy=config.auto_deploy,
        deployment_branch=config.deployment_branch,
        keep_deployments=config.keep_deployments,
        deployment_type=config.deployment_type,
        created_at=timestamp(platform.clock.now()),
        deployment_id=new_deployment_id(platform),
    )


def _composed(
    platform: Platform, application: Application, wished: Wished, sharing: Sequence[Sequence[str]]
) -> ApplicationParts:
    groups: list[GearGroup] = []
    installed: list[InstalledCartridge] = []
    for ordinal, names in enumerate(sharing):
        group = new_group(platform, application, wished, names, ordinal=ordinal)
        groups.append(group)
        for name in names:
            place = len(installed)
            at = application.created_at
            made = new_cartridge(platform, application, wished[name], group.group_id, ordinal=place, at=at)
            installed.append(made)
    return ApplicationParts(application=application, groups=tuple(groups), cartridges=tuple(installed))


def _check_name_is_free(work: UnitOfWork, namespace: Namespace, name: str) -> None:
    if work.applications.id_by_name(namespace.namespace_id, name) is not None:
        raise Invalid(f"The supplied application name '{name}' already exists", field="name", exit_code=100)
