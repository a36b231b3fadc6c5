"""Deleting one gear that its owner names: it goes, or another takes its place before it does."""

from dataclasses import dataclass, replace

from broker.core.application import ApplicationParts, Gear
from broker.core.errors import ApplicationNotFound
from broker.core.gear import Lifecycle
from broker.core.gear_group import effective_limits, proxy_cartridge, web_group
from broker.core.gear_removal import GearRefused, RemovalFacts, keeps_zones, plan_removal, too_few_zones
from broker.core.high_availability import PromotionCandidate
from broker.core.ids import OperationId
from broker.core.operation import Ending, OperationKind
from broker.interfaces import Json, Platform, UnitOfWork
from broker.usecases.conclusions import count_by_node
from broker.usecases.gear_endings import needed_for_traffic
from broker.usecases.gears import GearTarget, gear_of
from broker.usecases.growing import as_if_gone, check_quota, grow_group, limits_of_proxies
from broker.usecases.operations import Intention, Plan, Planner, carry_out
from broker.usecases.permitted import NEEDED
from broker.usecases.shrinking import shrink
from broker.usecases.steps import promotion


def delete_gear(target: GearTarget) -> None:
    """Delete one gear: routers are told first, and where it is needed another takes its place before it goes.

    Raises `GearRefused` for a head gear and for the last gear that serves, `BelowMinimum` below the group's minimum.
    """
    application_id = target.found(NEEDED[OperationKind.DELETE_GEAR])
    intention = Intention(kind=OperationKind.DELETE_GEAR, arguments={"gear_id": target.gear_id})
    planner = gear_deletion_planner(target.platform, intention.arguments)
    if carry_out(target.platform, application_id, intention, planner) is None:
        raise ApplicationNotFound(target.reference)


def gear_deletion_planner(platform: Platform, wish: Json) -> Planner:
    """How the deletion of the gear `gear_id` of the wish is planned."""
    gear_id = str(wish["gear_id"])

    def plan(work: UnitOfWork, parts: ApplicationParts, operation_id: OperationId) -> Plan:
        gear = gear_of(work, parts, gear_id)
        gears = tuple(each for each in work.gears.of_group(gear.group_id) if each.lifecycle != Lifecycle.DESTROYING)
        return _Deletion(platform, work, parts, gear, gears, operation_id).plan()

    return plan


@dataclass(frozen=True)
class _Deletion:
    """The gear that goes, and all gears of its group."""

    platform: Platform
    work: UnitOfWork
    parts: ApplicationParts
    gear: Gear
    gears: tuple[Gear, ...]
    operation_id: OperationId

    def plan(self) -> Plan:
        removal = plan_removal(self._facts())
        if removal.builds:
            return self._replaced(carries_proxy=removal.carries_proxy)
        refusal = needed_for_traffic(self.work, self.parts, self.gear)
        if refusal is not None:
            raise refusal
        if removal.promote is None:
            return self._gone()
        return self._succeeded(next(each for each in self.gears if each.gear_id == removal.promote))

    def _facts(self) -> RemovalFacts:
        policy, application, catalogue = (
            self.platform.policy.placement,
            self.parts.application,
            self.platform.catalogue_of(self.parts),
        )
        group = web_group(self.parts, catalogue)
        is_web = group is not None and group.group_id == self.gear.group_id
        return RemovalFacts(
            gear_id=self.gear.gear_id,
            is_head=self.gear.is_head,
            is_lost=self._is_lost,
            is_web=is_web,
            gears=self._candidates(),
            limits=limits_of_proxies(self.platform, application),
            minimum_gears=effective_limits(self.parts, catalogue, ha=application.ha)[self.gear.group_id].minimum,
            minimum_zones=policy.minimum_zones if is_web else 1,
            allow_multiple_on_node=policy.allow_multiple_proxies_on_node,
        )

    def _candidates(self) -> tuple[PromotionCandidate, ...]:
        unresponsive = self.work.nodes.unresponsive()
        # A gear that is still to lose the proxy of an earlier try would lose this one.
        owing = self.work.commands.gears_owing(self.parts.application.application_id)
        wanted = Lifecycle.STARTED if self.parts.application.running else Lifecycle.STOPPED
        return tuple(
            PromotionCandidate(
                gear_id=gear.gear_id,
                ordinal=gear.ordinal,
                node_id=gear.node_id,
                zone=gear.zone,
                carries_proxy=gear.carries_proxy,
                usable=gear.lifecycle == wanted and gear.node_id not in unresponsive and gear.gear_id not in owing,
            )
            for gear in self.gears
        )

    @property
    def _is_lost(self) -> bool:
        return self.gear.node_id in self.work.nodes.unresponsive()

    def _gone(self) -> Plan:
        """The gear goes as when scaling down; for a node that is not heard of nobody waits."""
        shrinking = shrink(self.platform, self.work, self.parts, [self.gear], self.operation_id)
        if not self._is_lost:
            return Plan(ending=Ending.SHRINK, parts=shrinking.parts, steps=shrinking.steps)
        self.work.commands.add([replace(each, awaited=False) for each in shrinking.steps])
        self.work.gears.remove([self.gear.gear_id])
        self.work.users.consume_gears(self.parts.application.owner_id, -1)
        self.work.nodes.free(count_by_node([self.gear]))
        return Plan(ending=Ending.SHRINK, parts=shrinking.parts)

    def _succeeded(self, promoted: Gear) -> Plan:
        """Another gear is given the proxy first."""
        proxy = proxy_cartridge(self.parts, self.platform.catalogue_of(self.parts))
        if proxy is None:
            raise GearRefused(f"Gear '{self.gear.gear_id}' carries a proxy that its application does not have.")
        self.work.gears.change([promoted.gear_id], operation_id=self.operation_id)
        steps = promotion(self.platform, promoted, proxy, self.operation_id)
        return Plan(ending=Ending.REPLACE, parts=self.parts, steps=steps, arguments=self._leaving)

    @property
    def _leaving(self) -> dict[str, object]:
        return {"gear_id": self.gear.gear_id}

    def _replaced(self, *, carries_proxy: bool) -> Plan:
        """A new gear is built first, placed as if the old one were gone; for a moment the group has one more."""
        work, parts, gear = self.work, self.parts, self.gear
        check_quota(work, parts.application, 1)
        group = parts.group(gear.group_id)
        with as_if_gone(work, parts.application, gear):
            growth = grow_group(self.platform, work, parts, group, (carries_proxy,), operation_id=self.operation_id)
        zones = [each.zone for each in self.gears]
        rest = [each.zone for each in (*self.gears, *growth.gears) if each.gear_id != gear.gear_id]
        minimum = self.platform.policy.placement.minimum_zones
        if not keeps_zones(zones, rest, minimum):
            raise too_few_zones(gear.gear_id, minimum)
        return Plan(ending=Ending.REPLACE, parts=growth.parts, steps=growth.steps, arguments=self._leaving)
