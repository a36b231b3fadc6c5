"""How an application's cartridges become gear groups, and which limits hold for each group."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from broker.core.application import ApplicationParts, GearGroup
from broker.core.cartridge import WEB_PROXY, Cartridge
from broker.core.ids import GroupId
from broker.core.implicit_limits import CartridgeFacts, implicit_overrides
from broker.core.limits import (
    UNLIMITED,
    ComponentOverride,
    GroupOverride,
    LimitDefaults,
    reduce_overrides,
    reduce_to,
)

Catalogue = Mapping[str, Cartridge]


@dataclass(frozen=True, kw_only=True, slots=True)
class GroupLimits:
    """How many gears a group may have; a maximum of -1 is none."""

    minimum: int
    maximum: int


def compose_groups(
    cartridges: Sequence[Cartridge], *, scalable: bool, profile: str, together: Iterable[Collection[str]] = ()
) -> tuple[tuple[str, ...], ...]:
    """Names of the cartridges that share gears, a tuple a gear group, the web framework's group first.

    A database gets a group of its own in a scalable application; without scaling everything lives on one gear.
    Cartridges that are named `together` share gears whatever their manifests say.
    """
    facts = [_facts(cartridge) for cartridge in cartridges]
    joined = (
        GroupOverride(components=tuple(ComponentOverride(path=each.path) for each in facts if each.name in names))
        for names in together
    )
    overrides = (*joined, *implicit_overrides(facts, scalable=scalable, ha=False, multiplier=0))
    groups = reduce_overrides(overrides, defaults=LimitDefaults(gear_size=profile))
    order = {cartridge.name: place for place, cartridge in enumerate(cartridges)}
    named = [tuple(sorted({c.cartridge for c in group.components}, key=order.__getitem__)) for group in groups]
    web = {cartridge.name for cartridge in cartridges if cartridge.is_web_framework}
    return tuple(sorted(named, key=lambda names: (not web & set(names), order[names[0]])))


def effective_limits(parts: ApplicationParts, catalogue: Catalogue, *, ha: bool) -> dict[GroupId, GroupLimits]:
    """The limits of every group: the manifests', the owner's, and, if `ha`, those of high availability."""
    cartridges = [catalogue[installed.name] for installed in parts.cartridges]
    facts = {cartridge.name: _facts(cartridge) for cartridge in cartridges}
    implicit = implicit_overrides(
        list(facts.values()),
        scalable=parts.application.scalable,
        ha=ha,
        multiplier=parts.application.effective_multiplier,
    )
    targets = [
        _explicit(group, [facts[name] for name in parts.cartridges_of(group.group_id)]) for group in parts.groups
    ]
    reduced = reduce_to(targets, implicit, defaults=LimitDefaults(gear_size=parts.application.profile))
    return {
        group.group_id: GroupLimits(
            minimum=1 if limits.min_gears is None else limits.min_gears,
            maximum=UNLIMITED if limits.max_gears is None else limits.max_gears,
        )
        for group, limits in zip(parts.groups, reduced, strict=True)
    }


def web_cartridge(parts: ApplicationParts, catalogue: Catalogue) -> Cartridge | None:
    """The application's web framework, if it has one."""
    return _first(parts, catalogue, lambda cartridge: cartridge.is_web_framework)


def proxy_cartridge(parts: ApplicationParts, catalogue: Catalogue) -> Cartridge | None:
    """The application's web proxy, if it has one."""
    return _first(parts, catalogue, lambda cartridge: cartridge.is_web_proxy)


def web_group(parts: ApplicationParts, catalogue: Catalogue) -> GearGroup | None:
    """The gear group that carries the web framework."""
    framework = web_cartridge(parts, catalogue)
    installed = None if framework is None else parts.cartridge(framework.name)
    return None if installed is None else parts.group(installed.group_id)


def carried_cartridges(names: Iterable[str], catalogue: Catalogue, *, carries_proxy: bool) -> tuple[Cartridge, ...]:
    """Which of its group's cartridges a gear carries: all but the sparse ones it has not been given."""
    cartridges = [catalogue[name] for name in names]
    return tuple(cartridge for cartridge in cartridges if carries_proxy or not cartridge.is_sparse)


def _first(parts: ApplicationParts, catalogue: Catalogue, wanted: Callable[[Cartridge], bool]) -> Cartridge | None:
    cartridges = (catalogue[installed.name] for installed in parts.cartridges)
    return next((cartridge for cartridge in cartridges if wanted(cartridge)), None)


def _facts(cartridge: Cartridge) -> CartridgeFacts:
    return CartridgeFacts(
        name=cartridge.name,
        component=WEB_PROXY if cartridge.is_web_proxy else cartridge.name,
        is_sparse=cartridge.is_sparse,
        is_service=not cartridge.is_plugin and not cartridge.is_web_proxy,
        is_web_framework=cartridge.is_web_framework,
        is_web_proxy=cartridge.is_web_proxy,
        min_gears=cartridge.scales_from,
        max_gears=cartridge.scales_to,
        co_located=cartridge.group_overrides,
    )


def _explicit(group: GearGroup, cartridges: Sequence[CartridgeFacts]) -> GroupOverride:
    return GroupOverride(
        components=tuple(ComponentOverride(path=facts.path) for facts in cartridges),
        min_gears=group.explicit_minimum,
        max_gears=group.explicit_maximum,
    )
