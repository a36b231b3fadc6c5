"""The limits nobody states: what cartridges, scaling and HA ask of the gear groups of an application."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from broker.core.limits import HA_MINIMUM, UNLIMITED, ComponentOverride, GroupOverride


@dataclass(frozen=True, kw_only=True, slots=True)
class CartridgeFacts:
    """What limits need to know of a cartridge of an application.

    `co_located` are the manifest's group overrides: each names cartridges, components or categories that
    share gears.
    """

    name: str
    component: str
    is_sparse: bool = False
    is_external: bool = False
    is_service: bool = False
    is_web_framework: bool = False
    is_web_proxy: bool = False
    min_gears: int = 1
    max_gears: int = UNLIMITED
    co_located: tuple[tuple[str, ...], ...] = ()

    @property
    def path(self) -> str:
        """How an override names the component."""
        return f"{self.name}/{self.component}"

    def answers_to(self, reference: str) -> bool:
        """Whether a manifest's reference means this cartridge."""
        return reference in {self.name, self.component, self.path} or (
            (reference == "web_framework" and self.is_web_framework) or (reference == "web_proxy" and self.is_web_proxy)
        )


def implicit_overrides(
    cartridges: Sequence[CartridgeFacts], *, scalable: bool, ha: bool, multiplier: int
) -> tuple[GroupOverride, ...]:
    """Everything that holds unsaid, computed anew at every use, so that ending HA leaves nothing behind.

    `multiplier` is the application's own; it matters in HA only. What a
    manifest says of cartridges that the application does not have is left out.
    """
    found = [*_of_cartridges(cartridges)]
    if not scalable:
        inside = [cartridge for cartridge in cartridges if not cartridge.is_external]
        found.append(_override(inside, max_gears=1))
    elif ha:
        found.extend(_of_high_availability(cartridges, multiplier))
    return tuple(override for override in found if override.components)


def _override(
    cartridges: Sequence[CartridgeFacts], *, min_gears: int | None = None, max_gears: int | None = None
) -> GroupOverride:
    components = tuple(ComponentOverride(path=cartridge.path) for cartridge in cartridges)
    return GroupOverride(components=components, min_gears=min_gears, max_gears=max_gears, is_implicit=True)


def _of_cartridges(cartridges: Sequence[CartridgeFacts]) -> Iterator[GroupOverride]:
    for cartridge in cartridges:
        for references in cartridge.co_located:
            yield _override([other for other in cartridges if any(map(other.answers_to, references))])
        if cartridge.is_external:
            yield _override([cartridge], min_gears=0, max_gears=0)
        elif cartridge.is_sparse:
            # No numbers: a manifest's "one proxy" counts proxies, and must not cap the gears of the group.
            yield _override([cartridge])
        else:
            yield _override([cartridge], min_gears=cartridge.min_gears, max_gears=cartridge.max_gears)


def _of_high_availability(cartridges: Sequence[CartridgeFacts], multiplier: int) -> Iterator[GroupOverride]:
    frameworks = [cartridge for cartridge in cartridges if cartridge.is_web_framework]
    services = [cartridge for cartridge in cartridges if cartridge.is_service]
    yield _override((frameworks or services)[:1], min_gears=HA_MINIMUM)
    for proxy in cartridges:
        if proxy.is_web_proxy:
            counted = ComponentOverride(
                path=proxy.path, min_gears=HA_MINIMUM, max_gears=UNLIMITED, multiplier=multiplier
            )
            yield GroupOverride(components=(counted,), is_implicit=True)
