"""High availability: enabling and disabling it, and its multiplier."""

from dataclasses import replace

from broker.core.application import ApplicationParts, Gear
from broker.core.errors import ApplicationNotFound, CartridgeNotInApplication, HighAvailabilityRefused
from broker.core.gear import Lifecycle
from broker.core.gear_group import effective_limits, proxy_cartridge, web_group
from broker.core.high_availability import (
    DisableHaFacts,
    EnablePlan,
    MakeHaFacts,
    PromotionCandidate,
    check_disable_ha,
    check_make_ha,
    plan_enable,
)
from broker.core.ids import ApplicationId, OperationId
from broker.core.operation import Ending, OperationKind
from broker.core.owner import User
from broker.core.scaling import ScaleChange, check_change
from broker.core.sparse import proxy_limits, wanted_proxies
from broker.interfaces import Json, Platform, StepRecord, UnitOfWork
from broker.usecases.announcing import ha_name, table_of
from broker.usecases.applications import view_after
from broker.usecases.conclusions import announce_and_settle
from broker.usecases.finding import find_application
from broker.usecases.growing import grow_group, limits_of_proxies
from broker.usecases.operations import Intention, Plan, Planner, carry_out, change
from broker.usecases.permitted import NEEDED
from broker.usecases.scaling import check_multiplier
from broker.usecases.shrinking import choose, shrink
from broker.usecases.standing import tell_and_settle
from broker.usecases.steps import promotion
from broker.usecases.views import ApplicationView


def enable_ha(platform: Platform, user: User, reference: str, namespace: str | None = None) -> ApplicationView:
    """Make an application HA: when the call returns at least two proxy gears on different nodes serve it.

    The proxy is put on gears that exist, in other zones where there are any; only where none qualifies is a gear added.
    """
    with platform.reading() as work:
        found = find_application(work, user, reference, namespace, needs=NEEDED[OperationKind.ENABLE_HA])
    return _carried_out(
        platform,
        found.application.application_id,
        Intention(kind=OperationKind.ENABLE_HA),
        enabling_planner(platform, {}),
    )


def enabling_planner(platform: Platform, _wish: Json) -> Planner:
    """How HA is enabled."""

    def plan(work: UnitOfWork, parts: ApplicationParts, operation_id: OperationId) -> Plan:
        _check_enabling(platform, work, parts)
        group = web_group(parts, platform.catalogue_of(parts))
        if group is None:
            raise HighAvailabilityRefused("Cannot make the application HA because there is no web cartridge.")
        gears = {gear.gear_id: gear for gear in work.gears.of_group(group.group_id)}
        wanted = _promotions(platform, work, parts, tuple(gears.values()))
        limits = effective_limits(parts, platform.catalogue_of(parts), ha=True)[group.group_id]
        resized = ScaleChange(current=group.gear_count, target=group.gear_count + wanted.add_proxy_gears)
        check_change(resized, limits.minimum, limits.maximum)
        growth = grow_group(platform, work, parts, group, (True,) * wanted.add_proxy_gears, operation_id=operation_id)
        promoted = [gears[gear_id] for gear_id in wanted.promote]
        work.gears.change([gear.gear_id for gear in promoted], operation_id=operation_id)
        steps = (*_promote(platform, parts, promoted, operation_id), *growth.steps)
        return (
            Plan(ending=Ending.ENABLE_HA, parts=growth.parts, steps=steps)
            if steps
            else _enabled(platform, work, growth.parts, operation_id)
        )

    return plan


def _check_enabling(platform: Platform, work: UnitOfWork, parts: ApplicationParts) -> None:
    application = parts.application
    owner = work.users.by_id(application.owner_id)
    group = web_group(parts, platform.catalogue_of(parts))
    limits = effective_limits(parts, platform.catalogue_of(parts), ha=False)
    check_make_ha(
        MakeHaFacts(
            allowed_on_platform=platform.policy.allow_ha,
            allowed_to_owner=owner is not None and owner.may_use_ha,
            owner_login=application.owner_login,
            scalable=application.scalable,
            ha=application.ha,
            has_web_proxy=proxy_cartridge(parts, platform.catalogue_of(parts)) is not None,
            max_gears=-1 if group is None else limits[group.group_id].maximum,
        )
    )


def _promotions(platform: Platform, work: UnitOfWork, parts: ApplicationParts, gears: tuple[Gear, ...]) -> EnablePlan:
    unresponsive = work.nodes.unresponsive()
    # A gear that is still to lose the proxy of an earlier try would lose this one.
    owing = work.commands.gears_owing(parts.application.application_id)
    wanted = Lifecycle.STARTED if parts.application.running else Lifecycle.STOPPED
    candidates = [
        PromotionCandidate(
            gear_id=gear.gear_id,
            ordinal=gear.ordinal,
            node_id=gear.node_id,
            zone=gear.zone,
            carries_proxy=gear.carries_proxy,
            usable=gear.lifecycle == wanted and gear.node_id not in unresponsive and gear.gear_id not in owing,
        )
        for gear in gears
    ]
    limits = proxy_limits(
        ha=True, multiplier=parts.application.effective_multiplier, rule=platform.policy.multiplier_rule
    )
    allowed = platform.policy.placement.allow_multiple_proxies_on_node
    return plan_enable(candidates, limits, allow_multiple_on_node=allowed)


def _promote(
    platform: Platform, parts: ApplicationParts, gears: list[Gear], operation_id: OperationId
) -> tuple[StepRecord, ...]:
    proxy = proxy_cartridge(parts, platform.catalogue_of(parts))
    if proxy is None:
        return ()
    return tuple(step for gear in gears for step in promotion(platform, gear, proxy, operation_id))


def _enabled(platform: Platform, work: UnitOfWork, parts: ApplicationParts, operation_id: OperationId) -> Plan:
    """There are proxy gears enough already, left from an earlier time as HA."""
    after = replace(parts, application=replace(parts.application, ha=True))
    if platform.policy.manage_ha_dns:
        record = (ha_name(platform.policy, after.application), "CNAME", platform.policy.router_hostname)
        work.names.put([record], after.application.application_id, operation_id=operation_id)
    return Plan(ending=Ending.ENABLE_HA, parts=_announced(platform, work, parts, after))


def _announced(
    platform: Platform, work: UnitOfWork, before: ApplicationParts, after: ApplicationParts
) -> ApplicationParts:
    return announce_and_settle(
        platform,
        work,
        table_of(platform, before, addresses={}),
        after,
        table_of(platform, after, addresses={}),
    )


def disable_ha(
    platform: Platform,
    user: User,
    reference: str,
    namespace: str | None = None,
    *,
    scale_down: bool = False,
) -> ApplicationView:
    """End HA: the minimum is one again and the HA name is gone; gears stay, and the multiplier is kept for next time.

    With `scale_down` the gears whose proxy is now surplus go too, as far as the group's minimum allows.
    """
    with platform.reading() as work:
        found = find_application(work, user, reference, namespace, needs=NEEDED[OperationKind.DISABLE_HA])
    intention = Intention(kind=OperationKind.DISABLE_HA, arguments={"scale_down": scale_down})
    planner = disabling_planner(platform, intention.arguments)
    return _carried_out(platform, found.application.application_id, intention, planner)


def disabling_planner(platform: Platform, wish: Json) -> Planner:
    """How HA is disabled; with `scale_down` in the wish, surplus gears go too."""
    scale_down = wish.get("scale_down") is True

    def plan(work: UnitOfWork, parts: ApplicationParts, operation_id: OperationId) -> Plan:
        application = parts.application
        check_disable_ha(
            DisableHaFacts(
                ha=application.ha,
                scalable=application.scalable,
                has_web_proxy=proxy_cartridge(parts, platform.catalogue_of(parts)) is not None,
            )
        )
        after = replace(parts, application=replace(application, ha=False))
        work.names.remove([ha_name(platform.policy, application)], operation_id=operation_id)
        victims = _surplus(platform, work, after) if scale_down else ()
        if not victims:
            return Plan(ending=Ending.SHRINK, parts=_announced(platform, work, parts, after))
        shrinking = shrink(platform, work, parts, victims, operation_id, after=after)
        return Plan(ending=Ending.SHRINK, parts=shrinking.parts, steps=shrinking.steps)

    return plan


def _surplus(platform: Platform, work: UnitOfWork, parts: ApplicationParts) -> tuple[Gear, ...]:
    group = web_group(parts, platform.catalogue_of(parts))
    if group is None:
        return ()
    minimum = effective_limits(parts, platform.catalogue_of(parts), ha=False)[group.group_id].minimum
    limits = limits_of_proxies(platform, parts.application)
    surplus = group.proxy_count - wanted_proxies(group.gear_count, limits)
    count = max(0, min(surplus, group.gear_count - minimum))
    return choose(platform, work, parts, group, count, minimum_gears=minimum, limits=limits) if count else ()


def _carried_out(
    platform: Platform, application_id: ApplicationId, intention: Intention, planner: Planner
) -> ApplicationView:
    parts = carry_out(platform, application_id, intention, planner)
    if parts is None:
        raise ApplicationNotFound(application_id)
    return view_after(platform, parts)


def set_multiplier(platform: Platform, application_id: ApplicationId, cartridge: str, multiplier: int) -> None:
    """Set the application's multiplier; it acts on the next change of its gears, and on the verdict now."""

    def make(work: UnitOfWork, parts: ApplicationParts) -> ApplicationParts:
        if parts.cartridge(cartridge) is None:
            raise CartridgeNotInApplication(cartridge)
        check_multiplier(parts, platform.catalogue_of(parts)[cartridge])
        changed = replace(parts, application=replace(parts.application, multiplier=multiplier))
        return tell_and_settle(platform, work, changed, ())

    arguments = {"cartridge": cartridge, "multiplier": multiplier}
    change(platform, application_id, Intention(kind=OperationKind.SET_MULTIPLIER, arguments=arguments), make)
