"""The limits of a gear group, and how the user's, the cartridges' and HA's become one; -1 is infinity."""

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Final

from broker.core.errors import IncompatibleGearSizes

UNLIMITED: Final = -1
HA_MINIMUM: Final = 2
_INFINITY: Final = float("inf")


def _merged(choose: Callable[[float, float], float], one: int | None, other: int | None, floor: int) -> int | None:
    known = [_INFINITY if value == UNLIMITED else float(value) for value in (one, other) if value is not None]
    if not known:
        return None
    chosen = choose(known[0], known[-1])
    return UNLIMITED if chosen == _INFINITY else max(int(chosen), floor)


def larger(one: int | None, other: int | None, *, floor: int) -> int | None:
    """The larger of two values, at least `floor`; None is ignored, -1 is above everything."""
    return _merged(max, one, other, floor)


def smaller(one: int | None, other: int | None) -> int | None:
    """The smaller of two values; None is ignored, -1 is above everything."""
    return _merged(min, one, other, 0)


@dataclass(frozen=True, kw_only=True, slots=True)
class ComponentOverride:
    """A component by its path (`cartridge/component`), with limits of its own or, without any, just named."""

    path: str
    min_gears: int | None = None
    max_gears: int | None = None
    multiplier: int | None = None

    @property
    def is_plain(self) -> bool:
        """Whether the component is named without limits of its own."""
        return self.min_gears is None and self.max_gears is None and self.multiplier is None

    @property
    def cartridge(self) -> str:
        """The cartridge's name."""
        return self.path.partition("/")[0]

    def merge(self, other: "ComponentOverride") -> "ComponentOverride":
        """Both in one; a plain one adds nothing."""
        if other.is_plain:
            return self
        if self.is_plain:
            return other
        return ComponentOverride(
            path=self.path,
            min_gears=larger(self.min_gears, other.min_gears, floor=1),
            max_gears=smaller(self.max_gears, other.max_gears),
            multiplier=larger(self.multiplier, other.multiplier, floor=0),
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class GroupOverride:
    """Components that live on the same gears, and what is asked of those gears; None asks nothing.

    `is_implicit` marks what the broker derives itself: it is computed whenever it is needed, and never
    stored.
    """

    components: tuple[ComponentOverride, ...]
    min_gears: int | None = None
    max_gears: int | None = None
    gear_size: str | None = None
    additional_filesystem_gb: int | None = None
    is_implicit: bool = False

    @property
    def paths(self) -> frozenset[str]:
        """The paths of the components."""
        return frozenset(component.path for component in self.components)

    def component(self, path: str) -> ComponentOverride | None:
        """The component with this path, if it is one of these."""
        return next((component for component in self.components if component.path == path), None)

    def merge(self, other: "GroupOverride") -> "GroupOverride":
        """Both in one, components sorted by path. IncompatibleGearSizes when the sizes differ.

        The result is implicit when this one is and the other is too or changes nothing.
        """
        components = _united(self.components, other.components)
        merged = GroupOverride(
            components=components,
            min_gears=larger(self.min_gears, other.min_gears, floor=0),
            max_gears=smaller(self.max_gears, other.max_gears),
            gear_size=_agreed_size(self.gear_size, other.gear_size, components),
            additional_filesystem_gb=larger(self.additional_filesystem_gb, other.additional_filesystem_gb, floor=0),
            is_implicit=self.is_implicit,
        )
        changed = merged != replace(self, components=_united(self.components, ()))
        return replace(merged, is_implicit=self.is_implicit and (other.is_implicit or not changed))


def _united(one: Iterable[ComponentOverride], other: Iterable[ComponentOverride]) -> tuple[ComponentOverride, ...]:
    by_path: dict[str, ComponentOverride] = {}
    for component in (*one, *other):
        known = by_path.get(component.path)
        by_path[component.path] = component if known is None else known.merge(component)
    return tuple(by_path[path] for path in sorted(by_path))


def _agreed_size(one: str | None, other: str | None, components: Iterable[ComponentOverride]) -> str | None:
    if one is not None and other is not None and one != other:
        raise IncompatibleGearSizes((one, other), tuple(sorted({component.cartridge for component in components})))
    return one if one is not None else other


@dataclass(frozen=True, kw_only=True, slots=True)
class LimitDefaults:
    """What holds where nobody asks for anything."""

    gear_size: str
    min_gears: int = 1
    max_gears: int = UNLIMITED
    additional_filesystem_gb: int = 0

    def applied_to(self, override: GroupOverride) -> GroupOverride:
        """The override with a value in every place."""
        return replace(
            override,
            min_gears=_or(override.min_gears, self.min_gears),
            max_gears=_or(override.max_gears, self.max_gears),
            gear_size=override.gear_size or self.gear_size,
            additional_filesystem_gb=_or(override.additional_filesystem_gb, self.additional_filesystem_gb),
        )


def _or(value: int | None, default: int) -> int:
    return default if value is None else value


def reduce_overrides(
    overrides: Iterable[GroupOverride],
    *,
    limit_to: Collection[str] | None = None,
    defaults: LimitDefaults | None = None,
) -> tuple[GroupOverride, ...]:
    """The fewest overrides that say the same, each component in one only, in order of first appearance.

    Those that share a component become one, at the place of the earlier. Components outside `limit_to` are
    dropped at the end, and an override that has none left with them. Last, `defaults` fill what nobody asked
    for.
    """
    merged: list[GroupOverride | None] = []
    place_of: dict[str, int] = {}
    for override in overrides:
        if override.components:
            _merge_in(override, merged, place_of)
    reduced = [override for override in merged if override is not None]
    if limit_to is not None:
        reduced = [_limited(override, limit_to) for override in reduced if override.paths & set(limit_to)]
    return tuple(reduced if defaults is None else map(defaults.applied_to, reduced))


def _merge_in(override: GroupOverride, merged: list[GroupOverride | None], place_of: dict[str, int]) -> None:
    places = sorted({place_of[path] for path in override.paths if path in place_of})
    home = places[0] if places else len(merged)
    if not places:
        merged.append(replace(override, components=_united(override.components, ())))
    for other in (override, *(merged[place] for place in places[1:])):
        known = merged[home]
        if places and known is not None and other is not None:
            merged[home] = known.merge(other)
    for place in places[1:]:
        merged[place] = None
    result = merged[home]
    if result is not None:
        place_of.update(dict.fromkeys(result.paths, home))


def _limited(override: GroupOverride, paths: Collection[str]) -> GroupOverride:
    kept = tuple(component for component in override.components if component.path in paths)
    return replace(override, components=kept)


def reduce_to(
    targets: Sequence[GroupOverride],
    overrides: Iterable[GroupOverride],
    *,
    defaults: LimitDefaults | None = None,
) -> tuple[GroupOverride, ...]:
    """The targets, one for each gear group, with every override that touches them merged in.

    A target never gains a component; what an override asks of components elsewhere does not reach it.
    """
    results = list(targets)
    for override in overrides:
        for place, target in enumerate(results):
            if override.paths & target.paths:
                results[place] = target.merge(_limited(override, target.paths))
    return tuple(results if defaults is None else map(defaults.applied_to, results))


def target_gears(current: int, minimum: int, maximum: int) -> int:
    """How many gears a group of `current` comes to under new limits; the minimum wins over the maximum."""
    capped = current if maximum == UNLIMITED else min(current, maximum)
    return max(capped, minimum)
