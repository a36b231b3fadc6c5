"""Cartridges that somebody asks for, for a new application or for one that is there, and the rules for them."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations

from broker.core.cartridge import Cartridge
from broker.core.errors import IncompatibleGearSizes, Invalid
from broker.core.limit_wishes import LimitWish, check_manifest, check_may_scale, check_policy, check_proxy
from broker.core.owner import User
from broker.interfaces import Json, Platform

LONGEST_NAME_SHOWN = 100
# Each may take as long as a download is given, and nobody else is to wait for that.
MOST_DOWNLOADS = 5


@dataclass(frozen=True, kw_only=True)
class CartridgeWish:
    """A cartridge asked for by name or by id, or by the URL of its manifest, with what was asked for it.

    `manifest` is the text at the URL, once it was fetched. `colocate_with` is the name of a cartridge whose gears it is
    to share.
    """

    name: str = ""
    url: str | None = None
    manifest: str | None = None
    gear_size: str | None = None
    scales_from: int | None = None
    scales_to: int | None = None
    additional_storage: int = 0
    colocate_with: str | None = None

    @property
    def limits(self) -> LimitWish:
        """The scaling limits."""
        return LimitWish(scales_from=self.scales_from, scales_to=self.scales_to)

    def to_wish(self) -> dict[str, object]:
        """As the owner of an operation may read it; what was fetched is not part of it."""
        said: dict[str, object] = {
            "name": self.name,
            "url": self.url,
            "gear_size": self.gear_size,
            "scales_from": self.scales_from,
            "scales_to": self.scales_to,
            "additional_gear_storage": self.additional_storage,
            "colocate_with": self.colocate_with,
        }
        # A limit of 0 is said, so that it is refused; no storage beside the usual is not.
        return {key: value for key, value in said.items() if value not in (None, "") and (value or "scales" in key)}

    @classmethod
    def from_wish(cls, said: Json, manifest: str | None) -> "CartridgeWish":
        """The same, from what `to_wish` has said, and what was fetched."""
        known: dict[str, object] = dict(said)
        storage = known.pop("additional_gear_storage", 0)
        return cls(**known, additional_storage=storage, manifest=manifest)  # type: ignore[arg-type]  # as said above


# A cartridge that is meant, with what was asked for it, and all of them by name.
Meant = tuple[Cartridge, CartridgeWish]
Wished = dict[str, Meant]


def fetched(platform: Platform, user: User, wishes: Sequence[CartridgeWish]) -> tuple[CartridgeWish, ...]:
    """The wishes with the manifests of those that have a URL, fetched for that user.

    To be called while no transaction is open, and for who may have the cartridges.
    """
    if sum(each.url is not None for each in wishes) > MOST_DOWNLOADS:
        text = f"At most {MOST_DOWNLOADS} cartridges can be downloaded at once."
        raise Invalid(text, field="cartridge", exit_code=109)
    urls = dict.fromkeys(each.url for each in wishes if each.url is not None)
    texts = {url: platform.downloads.fetch(url, user.user_id) for url in urls}
    return tuple(each if each.url is None else replace(each, manifest=texts[each.url]) for each in wishes)


def resolve_cartridges(platform: Platform, wishes: Sequence[CartridgeWish]) -> Wished:
    """The cartridges meant, each once."""
    return each_once(meant_cartridges(platform, wishes))


def meant_cartridges(platform: Platform, wishes: Sequence[CartridgeWish]) -> tuple[Meant, ...]:
    """The cartridges meant: by URL, by id, in full, with the vendor in front, or without a version if there is one.

    One that does not exist is refused before any that could be several.
    """
    matches = [(_matches(platform, wish), wish) for wish in wishes]
    return tuple((_the_one(found, wish.name), wish) for found, wish in matches)


def each_once(meant: Iterable[Meant]) -> Wished:
    """The same by name; refuses one that is there twice."""
    found: Wished = {}
    for cartridge, wish in meant:
        if cartridge.name in found:
            raise _there_already(cartridge)
        found[cartridge.name] = (cartridge, wish)
    return found


def _matches(platform: Platform, wish: CartridgeWish) -> Sequence[Cartridge]:
    if wish.url is not None and wish.manifest is not None:
        return (platform.downloads.parse(wish.manifest, wish.url),)
    exact = platform.catalogue.get(wish.name)
    if exact is not None:
        return (exact,)
    matches = [cartridge for cartridge in platform.catalogue.values() if _is_called(cartridge, wish.name)]
    if not matches:
        text = f"Invalid cartridge '{wish.name[:LONGEST_NAME_SHOWN]}' specified."
        raise Invalid(text, field="cartridge", exit_code=109)
    return matches


def _the_one(matches: Sequence[Cartridge], name: str) -> Cartridge:
    if len(matches) > 1:
        names = [cartridge.name for cartridge in matches]
        choice = f"{', '.join(names[:-1])} and {names[-1]}"
        text = f"More than one cartridge was found matching {name}.  Please select one of {choice}"
        raise Invalid(text, exit_code=197)
    return matches[0]


def _is_called(cartridge: Cartridge, name: str) -> bool:
    if name == cartridge.cartridge_id:
        return True
    return not cartridge.obsolete and name in {cartridge.base_name, f"{cartridge.vendor}-{cartridge.name}"}


def _there_already(cartridge: Cartridge) -> Invalid:
    text = f"{cartridge.name} already exists in your application"
    return Invalid(text, field="cartridge", exit_code=136)


def check_web_framework(cartridges: Iterable[Cartridge], catalogue: Mapping[str, Cartridge]) -> None:
    """Refuses cartridges none of which serves the web."""
    if not any(cartridge.is_web_framework for cartridge in cartridges):
        offered = ", ".join(
            sorted(name for name, each in catalogue.items() if each.is_web_framework and not each.obsolete)
        )
        text = (
            "An application must contain one web cartridge. None of the specified cartridges is a web cartridge."
            f" Please include one of the following cartridges: {offered}."
        )
        raise Invalid(text, field="cartridge", exit_code=109)


def check_new_application(application: str, cartridges: Sequence[Cartridge], *, scalable: bool) -> None:
    """Refuses a set of cartridges, one of them a web framework, that makes no application."""
    frameworks = [cartridge for cartridge in cartridges if cartridge.is_web_framework]
    _check_conflicts(cartridges, ())
    if len(frameworks) > 1:
        raise _second_framework(application)
    proxies = [cartridge for cartridge in cartridges if cartridge.is_web_proxy]
    if len(proxies) > 1:
        text = f"You can only have one proxy cartridge in your application '{application}'."
        raise Invalid(text, field="cartridge", exit_code=109)
    if proxies and not scalable:
        text = f"{proxies[0].name} must be embedded in a scalable app."
        raise Invalid(text, field="cartridge", exit_code=109)
    if scalable and not frameworks[0].can_scale:
        text = f"The cartridge '{frameworks[0].name}' does not support being made scalable."
        raise Invalid(text, field="scalable", exit_code=109)


def check_addition(application: str, added: Sequence[Cartridge], present: Sequence[Cartridge]) -> None:
    """Refuses cartridges that an application which is there cannot be given."""
    names = {cartridge.name for cartridge in present}
    for cartridge in added:
        if cartridge.name in names:
            raise _there_already(cartridge)
    _check_conflicts(added, present)
    if any(each.is_web_framework for each in added) and any(each.is_web_framework for each in (*added, *present)):
        raise _second_framework(application)
    for cartridge in added:
        if cartridge.is_web_proxy:
            text = (
                f"{cartridge.name} cannot be added to existing applications."
                " It is automatically added when you create a scaling application."
            )
            raise Invalid(text, field="cartridge", exit_code=137)


def _check_conflicts(added: Sequence[Cartridge], present: Sequence[Cartridge]) -> None:
    for cartridge in added:
        for other in present:
            if cartridge.conflicts_with(other):
                text = f"{cartridge.name} cannot co-exist with cartridge {other.name} in your application"
                raise Invalid(text, field="cartridge", exit_code=136)
    for one, other in combinations(added, 2):
        if one.conflicts_with(other):
            text = f"{one.name} cannot co-exist with {other.name} in the same application"
            raise Invalid(text, field="cartridge", exit_code=136)


def _second_framework(application: str) -> Invalid:
    text = f"You can only have one web cartridge in your application '{application}'."
    return Invalid(text, field="cartridge", exit_code=109)


def check_available(cartridges: Iterable[Cartridge]) -> None:
    """Refuses cartridges that are kept for the applications that have them."""
    gone = [cartridge.name for cartridge in cartridges if cartridge.obsolete]
    if gone:
        text = f"The following cartridges are no longer available: {', '.join(gone)}"
        raise Invalid(text, field="cartridges", exit_code=109)


def check_requirements(added: Iterable[Cartridge], together: Sequence[Cartridge], *, doing: str) -> None:
    """Refuses a cartridge that needs another which is neither there nor asked for."""
    for cartridge in added:
        for alternatives in cartridge.unmet(together):
            text = f"{doing}: {cartridge.name} requires {' or '.join(alternatives)}"
            raise Invalid(text, field="cartridges", exit_code=109)


def check_shared_gears(
    application: str, groups: Iterable[Sequence[str]], cartridges: Mapping[str, Cartridge], added: Iterable[str]
) -> None:
    """Refuses a plugin that would keep the web framework of a scalable application on one gear."""
    new = set(added)
    for names in groups:
        members = [cartridges[name] for name in names]
        if any(each.is_web_framework and each.can_scale for each in members):
            for each in members:
                if each.name in new and each.is_plugin and not each.can_scale:
                    raise cannot_be_embedded(application, each.name)


def cannot_be_embedded(application: str, cartridge: str) -> Invalid:
    """The refusal of a cartridge that does not scale beside one that has to."""
    text = f"{cartridge} cannot be embedded in scalable app '{application}'."
    return Invalid(text, field="cartridge", exit_code=109)


def check_storage(owner: User, wishes: Iterable[CartridgeWish]) -> None:
    """Refuses storage beyond what the owner's gears may have."""
    if any(wish.additional_storage > owner.max_storage for wish in wishes):
        text = f"{owner.login} has requested more additional gear storage than allowed (max: {owner.max_storage} GB)"
        raise Invalid(text, exit_code=166)


def check_wished_limits(
    application: str, cartridge: Cartridge, wish: CartridgeWish, *, scalable: bool, ha: bool
) -> None:
    """Refuses scaling limits that no group could have, or that could not be set afterwards."""
    check_may_scale(application, wish.limits, scalable=scalable)
    if wish.scales_from is not None and wish.scales_from < 1:
        raise Invalid("Scales from must be greater than 0", field="cartridge")
    lowest = wish.scales_from or 1
    if wish.scales_to is not None and wish.scales_to != -1 and wish.scales_to < lowest:
        raise Invalid("scales_to must be -1 or greater than or equal to scales_from", field="cartridge")
    check_proxy(cartridge, wish.limits)
    check_policy(cartridge, wish.limits, ha=ha)
    check_manifest(cartridge, wish.limits)


def common_size(wished: Wished, names: Sequence[str], *, given: str | None = None) -> str | None:
    """The gear size that these cartridges want for the gears they share; None if they want none in particular.

    With `given` the gears are there and have that size. Raises `IncompatibleGearSizes`.
    """
    sizes = dict.fromkeys(_sizes(wished, names, given))
    if len(sizes) > 1:
        one, other = list(sizes)[:2]
        raise IncompatibleGearSizes((one, other), tuple(sorted(names)))
    return next(iter(sizes), None)


def _sizes(wished: Wished, names: Sequence[str], given: str | None) -> Iterator[str]:
    if given is not None:
        yield given
    for name in names:
        size = wished[name][1].gear_size if name in wished else None
        if size:
            yield size.lower()
