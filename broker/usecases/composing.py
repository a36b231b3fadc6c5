"""New gear groups and newly installed cartridges: what is stored of what was asked for."""

from collections.abc import Iterable, Sequence

from broker.core.application import Application, GearGroup, InstalledCartridge
from broker.core.cartridge import Cartridge
from broker.core.errors import Forbidden, Invalid
from broker.core.ids import GroupId
from broker.core.limits import UNLIMITED
from broker.core.owner import Namespace
from broker.interfaces import Platform
from broker.usecases.cartridge_data import new_data
from broker.usecases.cartridge_wishes import CartridgeWish, Wished, common_size
from broker.usecases.deployment_config import SHOWN


def check_sizes(namespace: Namespace, sizes: Iterable[str], *, field: str) -> None:
    """Refuses gear sizes that the domain does not have, and any if it has none."""
    allowed = namespace.allowed_gear_sizes
    if not allowed:
        text = (
            f"The owner of the domain {namespace.name} has disabled all gear sizes from being created."
            "  You will not be able to add any cartridges in this domain."
        )
        raise Forbidden(text, exit_code=134)
    foreign = list(dict.fromkeys(each for each in sizes if each not in allowed))
    if foreign:
        named = ", ".join(f"'{each[:SHOWN]}'" for each in foreign[:SHOWN])
        what = f"The gear size {named} is" if len(foreign) == 1 else f"The gear sizes {named} are"
        text = f"{what} not valid for this domain. Allowed sizes: {', '.join(allowed)}."
        raise Invalid(text, field=field, exit_code=134)


def check_cartridge_sizes(platform: Platform, names: Iterable[str], size: str) -> None:
    """Refuses gears of a size on which the operator does not let one of these cartridges be."""
    for name in names:
        allowed = platform.policy.cartridge_gear_sizes.get(name)
        if allowed and size not in allowed:
            text = (
                f"The gear size '{size}' is not valid for the cartridge '{name}'. Allowed sizes: {', '.join(allowed)}."
            )
            raise Invalid(text, field="gear_size", exit_code=134)


def new_group(
    platform: Platform, application: Application, wished: Wished, names: Sequence[str], *, ordinal: int
) -> GearGroup:
    """A gear group for these cartridges, without gears yet."""
    wishes = [wished[name][1] for name in names]
    # A sparse cartridge's limits count proxies, not the gears of its group.
    limits = [wished[name][1].limits for name in names if not wished[name][0].is_sparse]
    minima = [each.scales_from for each in limits if each.scales_from is not None]
    maxima = [each.scales_to for each in limits if each.scales_to is not None and each.scales_to != UNLIMITED]
    profile = common_size(wished, names) or application.profile
    check_cartridge_sizes(platform, names, profile)
    return GearGroup(
        group_id=GroupId(platform.new_id()),
        application_id=application.application_id,
        ordinal=ordinal,
        profile=profile,
        explicit_minimum=max(minima) if minima else None,
        explicit_maximum=min(maxima) if maxima else None,
        gear_count=0,
        proxy_count=0,
        ordinals=0,
        proxies_out=False,
        additional_storage=max(each.additional_storage for each in wishes),
    )


def new_cartridge(
    platform: Platform,
    application: Application,
    wished: tuple[Cartridge, CartridgeWish],
    group_id: GroupId,
    *,
    ordinal: int,
    at: str,
) -> InstalledCartridge:
    """The cartridge in its group, with what it tells and, if it was downloaded, where from."""
    cartridge, wish = wished
    return InstalledCartridge(
        name=cartridge.name,
        group_id=group_id,
        ordinal=ordinal,
        added_at=at,
        url=wish.url,
        manifest=wish.manifest,
        data=new_data(platform, application, cartridge),
    )
