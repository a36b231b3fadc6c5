"""Scaling: the events `scale-up` and `scale-down`, and the limits of a cartridge."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from broker.core.application import ApplicationParts, GearGroup
from broker.core.cartridge import Cartridge
from broker.core.errors import (
    ApplicationNotFound,
    CartridgeNotInApplication,
    HighAvailabilityNeedsTwoGears,
    Invalid,
    LimitReached,
    ScalingRefused,
)
from broker.core.gear_group import effective_limits, web_cartridge, web_group
from broker.core.ids import OperationId
from broker.core.limits import UNLIMITED, target_gears
from broker.core.owner import User
from broker.core.scaling import ScaleDirection, check_scalable, parse_number, plan_scale
from broker.interfaces import Platform, UnitOfWork
from broker.usecases.applications import view
from broker.usecases.conclusions import Kind
from broker.usecases.finding import find_application
from broker.usecases.groups import cartridge_views
from broker.usecases.growing import check_quota, grow_group, proxies_for
from broker.usecases.operations import Plan, carry_out
from broker.usecases.shrinking import choose, shrink
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
    with platform.reading() as work:
        found = find_application(work, user, reference, namespace)
        caller = work.users.by_id(user.user_id) or user
    if direction is ScaleDirection.UP and not caller.has_room_for(1):
        raise LimitReached(f"Reached gear limit of {caller.max_gears}", exit_code=104)

    def plan(work: UnitOfWork, parts: ApplicationParts, operation_id: OperationId) -> Plan:
        framework = web_cartridge(parts, platform.catalogue)
        application = parts.application
        check_scalable(application.name, has_web_cartridge=framework is not None, scalable=application.scalable)
        group = web_group(parts, platform.catalogue)
        if group is None:
            raise ScalingRefused(f"Application {application.name} does not have a web cartridge to scale.")
        limits = effective_limits(parts, platform.catalogue, ha=application.ha)[group.group_id]
        change = plan_scale(direction, group.gear_count, minimum=limits.minimum, maximum=limits.maximum, by=by, to=to)
        return resize(platform, work, parts, group, change.target, operation_id=operation_id, minimum=limits.minimum)

    parts = carry_out(platform, found.application.application_id, plan)
    if parts is None:
        raise ApplicationNotFound(reference)
    group = web_group(parts, platform.catalogue)
    with platform.reading() as work:
        return Scaled(view=view(work, parts), gears=0 if group is None else group.gear_count)


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
        return Plan(kind=Kind.GROW, parts=parts)
    if delta > 0:
        check_quota(work, parts.application, delta)
        carry = proxies_for(platform, parts, group, delta)
        growth = grow_group(platform, work, parts, group, carry, operation_id=operation_id)
        arguments = {} if restore is None else {"restore": restore}
        return Plan(kind=Kind.GROW, parts=growth.parts, steps=growth.steps, arguments=arguments)
    victims = choose(platform, work, parts, group, -delta, minimum_gears=minimum)
    shrinking = shrink(platform, work, parts, victims, operation_id)
    return Plan(kind=Kind.SHRINK, parts=shrinking.parts, steps=shrinking.steps)


def set_limits(
    platform: Platform,
    user: User,
    reference: str,
    cartridge_name: str,
    *,
    scales_from: int | None,
    scales_to: int | None,
    additional_storage: str | None = None,
    namespace: str | None = None,
) -> CartridgeView:
    """Set how many gears a cartridge may have, and scale at once if it has fewer or more; returns it as it then is.

    The checks and their order are those of the REST contract for the update of an application's cartridge.
    """
    with platform.reading() as work:
        found = find_application(work, user, reference, namespace)
    if scales_from is None and scales_to is None and additional_storage is None:
        text = (
            "No update parameters specified."
            "  Valid update parameters are: scales_from, scales_to, additional_gear_storage"
        )
        raise Invalid(text, exit_code=168)
    if additional_storage is not None and parse_number(additional_storage) is None:
        raise Invalid("Invalid storage value provided.", field="additional_storage", exit_code=165)
    _check_numbers(found, scales_from, scales_to)

    def plan(work: UnitOfWork, parts: ApplicationParts, operation_id: OperationId) -> Plan:
        installed = parts.cartridge(cartridge_name)
        if installed is None:
            raise CartridgeNotInApplication(cartridge_name)
        group = parts.group(installed.group_id)
        cartridge = platform.catalogue[cartridge_name]
        _check_against(platform, parts, group, cartridge, scales_from=scales_from, scales_to=scales_to)
        if parse_number(additional_storage):
            text = "This application is not allowed to have additional gear storage"
            raise Invalid(text, exit_code=164)
        changed = replace(
            group,
            explicit_minimum=group.explicit_minimum if scales_from is None else scales_from,
            explicit_maximum=group.explicit_maximum if scales_to is None else scales_to,
        )
        limited = replace(parts, groups=tuple(changed if each == group else each for each in parts.groups))
        limits = effective_limits(limited, platform.catalogue, ha=parts.application.ha)[group.group_id]
        target = target_gears(group.gear_count, limits.minimum, limits.maximum)
        restore = {
            "group_id": group.group_id,
            "minimum": group.explicit_minimum,
            "maximum": group.explicit_maximum,
        }
        return resize(
            platform, work, limited, changed, target, operation_id=operation_id, minimum=limits.minimum, restore=restore
        )

    parts = carry_out(platform, found.application.application_id, plan)
    if parts is None:
        raise ApplicationNotFound(reference)
    return next(each for each in cartridge_views(platform, parts) if each.cartridge.name == cartridge_name)


def _check_numbers(parts: ApplicationParts, scales_from: int | None, scales_to: int | None) -> None:
    application = parts.application
    if not application.scalable and (scales_from not in (None, 1) or scales_to not in (None, 1, UNLIMITED)):
        raise Invalid(f"Application '{application.name}' is not scalable", field="name", exit_code=100)
    if scales_from is not None and scales_from < 1:
        text = f"Invalid scales_from factor {scales_from} provided"
        raise Invalid(text, field="scales_from", exit_code=168)
    if scales_to is not None and (scales_to == 0 or scales_to < UNLIMITED):
        raise Invalid(f"Invalid scales_to factor {scales_to} provided", field="scales_to", exit_code=168)
    if scales_from is not None and scales_to is not None and 1 <= scales_to < scales_from:
        raise Invalid("Invalid scales_(from|to) factor provided", field="scales_to", exit_code=168)


def _check_against(
    platform: Platform,
    parts: ApplicationParts,
    group: GearGroup,
    cartridge: Cartridge,
    *,
    scales_from: int | None,
    scales_to: int | None,
) -> None:
    if cartridge.is_sparse:
        for name, value in (("scales_to", scales_to), ("scales_from", scales_from)):
            if value not in (None, 1):
                text = f"The cartridge {cartridge.name} cannot be scaled."
                raise Invalid(text, field=name, exit_code=168)
    limits = effective_limits(parts, platform.catalogue, ha=parts.application.ha)[group.group_id]
    if scales_from is None and scales_to is not None and UNLIMITED != scales_to < limits.minimum:
        text = (
            "The scales_to factor currently provided cannot be lower than the scales_from factor previously"
            " provided. Please specify both scales_(from|to) factors together to override."
        )
        raise Invalid(text, field="scales_to", exit_code=168)
    if scales_to is None and scales_from is not None and UNLIMITED != limits.maximum < scales_from:
        text = (
            "The scales_from factor currently provided cannot be higher than the scales_to factor previously"
            " provided. Please specify both scales_(from|to) factors together to override."
        )
        raise Invalid(text, field="scales_from", exit_code=168)
    if parts.application.ha and scales_to == 1:
        raise HighAvailabilityNeedsTwoGears
    if cartridge.is_plugin:
        text = (
            f"You can not set scaling policies for {cartridge.name}."
            " Generally, you can set it only for web_framework or service cartridges."
        )
        raise Invalid(text)


def check_multiplier(parts: ApplicationParts, cartridge: Cartridge) -> None:
    """Refuses a multiplier for a cartridge that every gear carries."""
    if not cartridge.is_sparse or parts.cartridge(cartridge.name) is None:
        raise Invalid(f"Cannot set multiplier factor. Cartridge {cartridge.name} needs to be a sparse cart.")
