"""Cartridges that come to an application that is there: on its own gears, or with new gears of their own."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from broker.core.application import ApplicationParts, Gear, GearGroup, InstalledCartridge
from broker.core.cartridge import Cartridge
from broker.core.errors import ApplicationNotFound, Invalid, LimitReached, NodeFailed, QuotaExceeded
from broker.core.gear import Lifecycle
from broker.core.gear_group import compose_groups, effective_limits
from broker.core.ids import GroupId, OperationId
from broker.core.limits import UNLIMITED
from broker.core.operation import Ending, OperationKind
from broker.core.owner import User
from broker.interfaces import Json, Platform, StepRecord, UnitOfWork
from broker.usecases.cartridge_data import credentials_of, data_for
from broker.usecases.cartridge_wishes import (
    CartridgeWish,
    Wished,
    cannot_be_embedded,
    check_addition,
    check_available,
    check_requirements,
    check_shared_gears,
    check_storage,
    check_wished_limits,
    common_size,
    fetched,
    resolve_cartridges,
)
from broker.usecases.composing import check_cartridge_sizes, check_sizes, new_cartridge, new_group
from broker.usecases.finding import find_application
from broker.usecases.groups import cartridge_views
from broker.usecases.growing import check_room, grow_group, proxies_for
from broker.usecases.hidden import HIDDEN, hidden_in, sealed_variables
from broker.usecases.operations import Intention, Plan, Planner, carry_out
from broker.usecases.permitted import NEEDED
from broker.usecases.steps import specification, step
from broker.usecases.times import timestamp
from broker.usecases.views import CartridgeView
from broker.usecases.wishes import check_variables
from node_agent.protocol import CommandKind


@dataclass(frozen=True, kw_only=True)
class Addition:
    """Cartridges that are to come to an application, and variables that are set with them."""

    cartridges: tuple[CartridgeWish, ...]
    variables: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, kw_only=True)
class Added:
    """The cartridges that have come, and what their owner is told of them once, such as credentials."""

    parts: ApplicationParts
    views: tuple[CartridgeView, ...]
    told: str = ""


def add_cartridges(
    platform: Platform, user: User, reference: str, addition: Addition, namespace: str | None = None
) -> Added:
    """Add cartridges, all or none; when the call returns they are on their gears, and those serve.

    A database gets gears of its own in a scalable application; what shares gears is put on those that are there.
    """
    with platform.reading() as work:
        found = find_application(work, user, reference, namespace, needs=NEEDED[OperationKind.ADD_CARTRIDGE])
    variables = check_variables(addition.variables, "environment_variables")
    asked = _asked(platform, replace(addition, cartridges=fetched(platform, user, addition.cartridges)), variables)
    intention = Intention(kind=OperationKind.ADD_CARTRIDGE, arguments=asked)
    planner = addition_planner(platform, asked)
    parts = carry_out(platform, found.application.application_id, intention, planner)
    if parts is None:
        raise ApplicationNotFound(reference)
    before = {each.name for each in found.cartridges}
    return _added(platform, user, parts, [name for name in _names(platform, asked) if name not in before])


def show_added(
    platform: Platform, user: User, reference: str, addition: Addition, namespace: str | None = None
) -> Added:
    """What was added earlier, as it is now, for a caller whom the answer did not reach."""
    with platform.reading() as work:
        parts = find_application(work, user, reference, namespace, needs=NEEDED[OperationKind.ADD_CARTRIDGE])
    return _added(platform, user, parts, names_meant(platform, parts, addition.cartridges))


def names_meant(platform: Platform, parts: ApplicationParts, wishes: Sequence[CartridgeWish]) -> tuple[str, ...]:
    """Which cartridges an application was given for these wishes, without fetching anything again."""
    urls = {each.url for each in wishes if each.url is not None}
    named = [each for each in wishes if each.url is None]
    downloaded = [each.name for each in parts.cartridges if each.url in urls]
    return (*downloaded, *resolve_cartridges(platform, named))


def _added(platform: Platform, user: User, parts: ApplicationParts, names: Sequence[str]) -> Added:
    values = data_for(platform, user, [parts]).get(parts.application.application_id, {})
    views = {each.cartridge.name: each for each in cartridge_views(platform, parts, values)}
    there = [name for name in names if name in views]
    told = credentials_of(platform, user, parts, there)
    return Added(parts=parts, views=tuple(views[name] for name in there), told=told)


def _asked(platform: Platform, addition: Addition, variables: Mapping[str, str]) -> Json:
    """The wish of the operation: any process can plan from it, and its owner may read all but what is hidden."""
    return {
        "cartridges": [each.to_wish() for each in addition.cartridges],
        "environment_variables": sorted(variables),
        HIDDEN: {
            "manifests": {each.url: each.manifest for each in addition.cartridges if each.url is not None},
            "variables": sealed_variables(platform, variables),
        },
    }


def _wishes(asked: Json) -> tuple[CartridgeWish, ...]:
    said, manifests = asked["cartridges"], hidden_in(asked).get("manifests")
    if not isinstance(said, list) or not isinstance(manifests, Mapping):
        raise TypeError("an addition whose wish is none")
    return tuple(CartridgeWish.from_wish(each, manifests.get(each.get("url"))) for each in said)


def _names(platform: Platform, asked: Json) -> tuple[str, ...]:
    return tuple(resolve_cartridges(platform, _wishes(asked)))


def addition_planner(platform: Platform, asked: Json) -> Planner:
    """How cartridges are added: rows and counters at once, then the commands for new gears and for those there."""

    def plan(work: UnitOfWork, parts: ApplicationParts, operation_id: OperationId) -> Plan:
        wished = _checked(platform, work, parts, _wishes(asked))
        composed = _composed(platform, work, parts, wished)
        try:
            return _plan_gears(platform, work, composed, operation_id)
        except QuotaExceeded as exceeded:
            raise LimitReached(f"Unable to add cartridge: {exceeded.text}", exit_code=104) from exceeded

    return plan


def _checked(
    platform: Platform, work: UnitOfWork, parts: ApplicationParts, wishes: tuple[CartridgeWish, ...]
) -> Wished:
    application, catalogue = parts.application, platform.catalogue_of(parts)
    try:
        wished = resolve_cartridges(platform, wishes)
    except Invalid as refusal:
        if not any(each.url for each in wishes):
            refusal.field = None  # as the contract has it here, other than for a new application
        raise
    added = [cartridge for cartridge, _ in wished.values()]
    present = [catalogue[each.name] for each in parts.cartridges]
    namespace = work.namespaces.by_name(application.namespace)
    if namespace is not None:
        check_sizes(namespace, [each.gear_size.lower() for each in wishes if each.gear_size], field="gear_size")
    owner = work.users.by_id(application.owner_id)
    if owner is not None:
        check_storage(owner, wishes)
    check_available(added)
    check_addition(application.name, added, present)
    for cartridge, wish in wished.values():
        check_wished_limits(application.name, cartridge, wish, scalable=application.scalable, ha=application.ha)
        _check_neighbour(wish, {*wished, *(each.name for each in present)})
    check_requirements(added, [*present, *added], doing="Unable to add cartridge")
    return wished


def _check_neighbour(wish: CartridgeWish, there: set[str]) -> None:
    if wish.colocate_with is not None and wish.colocate_with not in there:
        text = f"Invalid colocation specified. No component matches {wish.colocate_with[:100]}"
        raise Invalid(text, field="colocate_with", exit_code=135)


@dataclass(frozen=True, kw_only=True)
class _Composed:
    """The application with its new cartridges, which of its groups are new, and which are joined by which of them."""

    parts: ApplicationParts
    wished: Wished
    new: tuple[GroupId, ...]
    joined: Mapping[GroupId, tuple[str, ...]]


def _composed(platform: Platform, work: UnitOfWork, parts: ApplicationParts, wished: Wished) -> _Composed:
    application = parts.application
    catalogue = {**platform.catalogue_of(parts), **{name: cartridge for name, (cartridge, _) in wished.items()}}
    together = [parts.cartridges_of(group.group_id) for group in parts.groups]
    together += [(name, wish.colocate_with) for name, (_, wish) in wished.items() if wish.colocate_with]
    everything = [catalogue[name] for name in (*(each.name for each in parts.cartridges), *wished)]
    sharing = compose_groups(everything, scalable=application.scalable, profile=application.profile, together=together)
    if application.scalable:
        check_shared_gears(application.name, sharing, catalogue, wished)
    new: list[GroupId] = []
    joined: dict[GroupId, tuple[str, ...]] = {}
    for names in sharing:
        coming = tuple(name for name in names if name in wished)
        if not coming:
            continue
        homes = [each.group_id for each in parts.cartridges if each.name in names]
        group = _fresh(platform, parts, wished, coming) if not homes else parts.group(homes[0])
        if homes:
            common_size(wished, names, given=group.profile)
            check_cartridge_sizes(platform, coming, group.profile)
            joined[group.group_id] = coming
        else:
            new.append(group.group_id)
        parts = _installed(platform, work, parts, wished, coming, group=group)
    return _Composed(parts=parts, wished=wished, new=tuple(new), joined=joined)


def _fresh(platform: Platform, parts: ApplicationParts, wished: Wished, names: Sequence[str]) -> GearGroup:
    ordinal = 1 + max((group.ordinal for group in parts.groups), default=-1)
    return new_group(platform, parts.application, wished, names, ordinal=ordinal)


def _installed(
    platform: Platform,
    work: UnitOfWork,
    parts: ApplicationParts,
    wished: Wished,
    names: Sequence[str],
    *,
    group: GearGroup,
) -> ApplicationParts:
    """The application with these cartridges in that group, stored: gears refer to their group."""
    application = parts.application
    at = timestamp(platform.clock.now())
    ordinal = 1 + max((each.ordinal for each in parts.cartridges), default=-1)
    installed: list[InstalledCartridge] = [
        new_cartridge(platform, application, wished[name], group.group_id, ordinal=ordinal + number, at=at)
        for number, name in enumerate(names)
    ]
    is_there = group in parts.groups
    work.applications.add_cartridges(None if is_there else group, installed, application.application_id)
    return replace(
        parts,
        groups=parts.groups if is_there else (*parts.groups, group),
        cartridges=(*parts.cartridges, *installed),
    )


def _plan_gears(platform: Platform, work: UnitOfWork, composed: _Composed, operation_id: OperationId) -> Plan:
    parts, application = composed.parts, composed.parts.application
    limits = effective_limits(parts, platform.catalogue_of(parts), ha=application.ha)
    for group_id, names in composed.joined.items():
        most = limits[group_id].maximum
        if application.scalable and most != UNLIMITED and parts.group(group_id).gear_count > most:
            raise cannot_be_embedded(application.name, names[0])
    missing = {
        group_id: max(0, limits[group_id].minimum - parts.group(group_id).gear_count)
        for group_id in (*composed.new, *composed.joined)
    }
    owner = work.users.by_id(application.owner_id)
    if owner is not None:
        check_room(owner, sum(missing.values()))
    steps: list[StepRecord] = []
    for group_id, names in composed.joined.items():
        gears = _there(work, parts.group(group_id))
        _check_owing(work, parts, gears)
        work.gears.change([gear.gear_id for gear in gears], operation_id=operation_id)
        steps += _installing(platform, parts, composed.wished, names, gears, operation_id=operation_id)
    for group_id, count in missing.items():
        group = parts.group(group_id)
        carry = proxies_for(platform, parts, group, count)
        growth = grow_group(platform, work, parts, group, carry, operation_id=operation_id)
        parts = growth.parts
        steps += growth.steps
    arguments = {
        "cartridges": list(composed.wished),
        "groups": list(composed.new),
        "storage": {group_id: _storage(composed.wished, names) for group_id, names in composed.joined.items()},
    }
    return Plan(ending=Ending.ADD_CARTRIDGE, parts=parts, steps=tuple(steps), arguments=arguments)


def _there(work: UnitOfWork, group: GearGroup) -> tuple[Gear, ...]:
    return tuple(gear for gear in work.gears.of_group(group.group_id) if gear.lifecycle != Lifecycle.DESTROYING)


def _check_owing(work: UnitOfWork, parts: ApplicationParts, gears: Sequence[Gear]) -> None:
    """Refuses gears whose nodes have still to be told to remove what may be the same cartridge of an earlier time."""
    owing = work.commands.gears_owing(parts.application.application_id)
    for gear in gears:
        if gear.gear_id in owing:
            raise NodeFailed(f"Node {gear.node_id} has still to be told of an earlier change. Please try again later.")


def _storage(wished: Wished, names: Sequence[str]) -> int:
    return max(wished[name][1].additional_storage for name in names)


def _installing(
    platform: Platform,
    parts: ApplicationParts,
    wished: Wished,
    names: Sequence[str],
    gears: Sequence[Gear],
    *,
    operation_id: OperationId,
) -> list[StepRecord]:
    """Put the cartridges on gears that are there, sparse ones on proxy gears only, and expose their endpoints."""
    public = parts.application.scalable
    steps: list[StepRecord] = []
    for gear in gears:
        for name in names:
            cartridge: Cartridge = wished[name][0]
            if cartridge.is_sparse and not gear.carries_proxy:
                continue
            put = {"cartridge": specification(cartridge, public=public)}
            add = step(platform, CommandKind.ADD_CARTRIDGE, gear, operation_id, put)
            steps.append(add)
            if public and cartridge.endpoints:
                kind, shown = CommandKind.EXPOSE_ENDPOINTS, {"cartridge": name}
                steps.append(step(platform, kind, gear, operation_id, shown, after=add.command_id))
    return steps
