"""Scaling: the events `scale-up` and `scale-down`, and the limits of a cartridge."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from broker.core.access import Permission
from broker.core.application import ApplicationParts, GearGroup
from broker.core.cartridge import Cartridge
from broker.core.errors import (
    ApplicationNotFound,
    CartridgeNotInApplication,
    Invalid,
    LimitReached,
    ScalingRefused,
)
from broker.core.gear_group import GroupLimits, effective_limits, web_cartridge, web_group
from broker.core.ids import OperationId
from broker.core.limit_wishes import (
    LIMIT_REFUSED,
    LimitWish,
    check_manifest,
    check_may_scale,
    check_policy,
    check_proxy,
)
from broker.core.limits import UNLIMITED, target_gears
from broker.core.operation import Ending, OperationKind
from broker.core.owner import User
from broker.core.scaling import ScaleDirection, check_scalable, parse_number, plan_scale
from broker.interfaces import Json, Platform, UnitOfWork
from broker.usecases.applications import view_after
from broker.usecases.finding import find_application
from broker.usecases.groups import cartridge_views, values_of
from broker.usecases.growing import check_quota, grow_group, proxies_for
from broker.usecases.operations import Intention, Plan, Planner, carry_out
from broker.usecases.permitted import NEEDED
from broker.usecases.shrinking import choose, shrink
from broker.usecases.storage import check_storage_of, tell_storage
from broker.usecases.views import ApplicationView, CartridgeView


@dataclass(frozen=True, kw_only=True)
class Scaled:
    """An application after scaling, and how many gears its web framework then has."""

    view: ApplicationView
    gears: int


def scale(
    platform: Platform,
    user: User,
    reference: str,
    direction: ScaleDirection,
    *,
    by: str | int | None = None,
    to: str | int | None = None,
    namespace: str | None = None,
) -> Scaled:
    """Scale the web framework; when the call returns the new gears serve, or those that went get no traffic."""
    kind = OperationKind.SCALE_UP if direction is ScaleDirection.UP else OperationKind.SCALE_DOWN
    with platform.reading() as work:
        found = find_application(work, user, reference, namespace, needs=NEEDED[kind])
        caller = work.users.by_id(user.user_id) or user
    if direction is ScaleDirection.UP and not caller.has_room_for(1):
        raise LimitReached(f"Reached gear limit of {caller.max_gears}", exit_code=104)
    intention = Intention(kind=kind, arguments={"by": by, "to": to})
    planner = scale_planner(platform, direction, intention.arguments)
    parts = carry_out(platform, found.application.application_id, intention, planner)
    if parts is None:
        raise ApplicationNotFound(reference)
    group = web_group(parts, platform.catalogue_of(parts))
    return Scaled(view=view_after(platform, parts), gears=0 if group is None else group.gear_count)


def scale_planner(platform: Platform, direction: ScaleDirection, wish: Json) -> Planner:
    """How scaling is planned; `by` and `to` of the wish are numbers as they were given, or None."""
    by, to = _given(wish, "by"), _given(wish, "to")

    def plan(work: UnitOfWork, parts: ApplicationParts, operation_id: OperationId) -> Plan:
        framework = web_cartridge(parts, platform.catalogue_of(parts))
        application = parts.application
        check_scalable(application.name, has_web_cartridge=framework is not None, scalable=application.scalable)
        group = web_group(parts, platform.catalogue_of(parts))
        if group is None:
            raise ScalingRefused(f"Application {application.name} does not have a web cartridge to scale.")
        limits = effective_limits(parts, platform.catalogue_of(parts), ha=application.ha)[group.group_id]
        change = plan_scale(direction, group.gear_count, minimum=limits.minimum, maximum=limits.maximum, by=by, to=to)
        return resize(platform, work, parts, group, change.target, operation_id=operation_id, minimum=limits.minimum)

    return plan


def _given(wish: Json, name: str) -> str | int | None:
    value = wish.get(name)
    return value if isinstance(value, str | int) else None


def resize(
    platform: Platform,
    work: UnitOfWork,
    parts: ApplicationParts,
    group: GearGroup,
    target: int,
    *,
    operation_id: OperationId,
    minimum: int,
    restore: Mapping[str, object] | None = None,
) -> Plan:
    """The plan that brings a gear group to `target` gears; `restore` is what to put back if that fails."""
    delta = target - group.gear_count
    if delta == 0:
        return Plan(ending=Ending.GROW, parts=parts)
    if delta > 0:
        check_quota(work, parts.application, delta)
        carry = proxies_for(platform, parts, group, delta)
        growth = grow_group(platform, work, parts, group, carry, operation_id=operation_id)
        arguments = {} if restore is None else {"restore": restore}
        return Plan(ending=Ending.GROW, parts=growth.parts, steps=growth.steps, arguments=arguments)
    victims = choose(platform, work, parts, group, -delta, minimum_gears=minimum)
    shrinking = shrink(platform, work, parts, victims, operation_id)
    return Plan(ending=Ending.SHRINK, parts=shrinking.parts, steps=shrinking.steps)


def set_limits(
    platform: Platform,
    user: User,
    reference: str,
    cartridge_name: str,
    *,
    scales_from: int | None,
    scales_to: int | None,
    additional_storage: str | int | None = None,
    namespace: str | None = None,
) -> CartridgeView:
    """Set how many gears a cartridge may have, and scale at once if it has fewer or more; returns it as it then is.

    The checks and their order are those of the REST contract for the update of an application's cartridge.
    """
    with platform.reading() as work:
        found = find_application(work, user, reference, namespace, needs=Permission.READ_APPLICATION)
    if scales_from is None and scales_to is None and additional_storage is None:
        text = (
            "No update parameters specified."
            "  Valid update parameters are: scales_from, scales_to, additional_gear_storage"
        )
        raise Invalid(text, exit_code=168)
    with platform.reading() as work:
        for asked, needs in (
            (scales_from if scales_to is None else scales_to, NEEDED[OperationKind.SET_LIMITS]),
            (additional_storage, Permission.CHANGE_GEAR_QUOTA),
        ):
            if asked is not None:
                found = find_application(work, user, reference, namespace, needs=needs)
    storage = _gigabytes(additional_storage)
    wish = LimitWish(scales_from=scales_from, scales_to=scales_to)
    _check_numbers(found, wish)
    arguments = {"cartridge": cartridge_name, "scales_from": scales_from, "scales_to": scales_to}
    if storage is not None:
        arguments["additional_gear_storage"] = storage
    intention = Intention(kind=OperationKind.SET_LIMITS, arguments=arguments)
    planner = limits_planner(platform, arguments)
    parts = carry_out(platform, found.application.application_id, intention, planner)
    if parts is None:
        raise ApplicationNotFound(reference)
    views = cartridge_views(platform, parts, values_of(platform, user, parts))
    return next(each for each in views if each.cartridge.name == cartridge_name)


def _gigabytes(given: str | int | None) -> int | None:
    number = parse_number(given)
    if given is not None and (number is None or number < 0):
        raise Invalid("Invalid storage value provided.", field="additional_storage", exit_code=165)
    return number


def limits_planner(platform: Platform, asked: Json) -> Planner:
    """How new limits are planned: `cartridge`, `scales_from`, `scales_to` and `additional_gear_storage` of the wish."""
    cartridge_name = str(asked["cartridge"])
    wish = LimitWish(scales_from=_number(asked, "scales_from"), scales_to=_number(asked, "scales_to"))
    storage = _number(asked, "additional_gear_storage")

    def plan(work: UnitOfWork, parts: ApplicationParts, operation_id: OperationId) -> Plan:
        installed = parts.cartridge(cartridge_name)
        if installed is None:
            raise CartridgeNotInApplication(cartridge_name)
        group = parts.group(installed.group_id)
        cartridge = platform.catalogue_of(parts)[cartridge_name]
        present = effective_limits(parts, platform.catalogue_of(parts), ha=parts.application.ha)[group.group_id]
        check_proxy(cartridge, wish)
        _check_beside(present, wish)
        _check_storage(work, parts, storage)
        check_policy(cartridge, wish, ha=parts.application.ha)
        check_manifest(cartridge, wish)
        # The limits of a group are those of its gears: a sparse cartridge's one counts proxies, and must not cap them.
        changed = group if cartridge.is_sparse else _limited(group, wish)
        changed = changed if storage is None else replace(changed, additional_storage=storage)
        limited = replace(parts, groups=tuple(changed if each == group else each for each in parts.groups))
        limits = effective_limits(limited, platform.catalogue_of(limited), ha=parts.application.ha)[group.group_id]
        target = target_gears(group.gear_count, limits.minimum, limits.maximum)
        restore = {
            "group_id": group.group_id,
            "minimum": group.explicit_minimum,
            "maximum": group.explicit_maximum,
            "additional_storage": group.additional_storage,
        }
        if changed.additional_storage != group.additional_storage:
            alone = target == group.gear_count
            told = tell_storage(platform, work, limited, changed, operation_id, awaited=alone)
            if alone:
                return Plan(ending=Ending.TELL, parts=limited, steps=told)
        return resize(
            platform, work, limited, changed, target, operation_id=operation_id, minimum=limits.minimum, restore=restore
        )

    return plan


def _check_storage(work: UnitOfWork, parts: ApplicationParts, storage: int | None) -> None:
    owner = work.users.by_id(parts.application.owner_id)
    if storage is not None and owner is not None:
        check_storage_of(owner, storage)


def _number(asked: Json, name: str) -> int | None:
    value = asked.get(name)
    return value if isinstance(value, int) else None


def _limited(group: GearGroup, wish: LimitWish) -> GearGroup:
    return replace(
        group,
        explicit_minimum=group.explicit_minimum if wish.scales_from is None else wish.scales_from,
        explicit_maximum=group.explicit_maximum if wish.scales_to is None else wish.scales_to,
    )


def _check_numbers(parts: ApplicationParts, wish: LimitWish) -> None:
    application, scales_from, scales_to = parts.application, wish.scales_from, wish.scales_to
    check_may_scale(application.name, wish, scalable=application.scalable)
    if scales_from is not None and scales_from < 1:
        text = f"Invalid scales_from factor {scales_from} provided"
        raise Invalid(text, field="scales_from", exit_code=LIMIT_REFUSED)
    if scales_to is not None and (scales_to == 0 or scales_to < UNLIMITED):
        raise Invalid(f"Invalid scales_to factor {scales_to} provided", field="scales_to", exit_code=LIMIT_REFUSED)
    if scales_from is not None and scales_to is not None and 1 <= scales_to < scales_from:
        raise Invalid("Invalid scales_(from|to) factor provided", field="scales_to", exit_code=LIMIT_REFUSED)


def _check_beside(present: GroupLimits, wish: LimitWish) -> None:
    """Refuses one limit alone that contradicts the other, which was set before."""
    scales_from, scales_to = wish.scales_from, wish.scales_to
    if scales_from is None and scales_to is not None and UNLIMITED != scales_to < present.minimum:
        text = (
            "The scales_to factor currently provided cannot be lower than the scales_from factor previously"
            " provided. Please specify both scales_(from|to) factors together to override."
        )
        raise Invalid(text, field="scales_to", exit_code=LIMIT_REFUSED)
    if scales_to is None and scales_from is not None and UNLIMITED != present.maximum < scales_from:
        text = (
            "The scales_from factor currently provided cannot be higher than the scales_to factor previously"
            " provided. Please specify both scales_(from|to) factors together to override."
        )
        raise Invalid(text, field="scales_from", exit_code=LIMIT_REFUSED)


def check_multiplier(parts: ApplicationParts, cartridge: Cartridge) -> None:
    """Refuses a multiplier for a cartridge that every gear carries."""
    if not cartridge.is_sparse or parts.cartridge(cartridge.name) is None:
        raise Invalid(f"Cannot set multiplier factor. Cartridge {cartridge.name} needs to be a sparse cart.")
