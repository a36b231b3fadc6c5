"""What a user asks for when creating an application, and the checks of it that need nothing stored."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from broker.core.cartridge import Cartridge
from broker.core.errors import Invalid, ManyRefusals, Refusal
from broker.core.limit_wishes import LimitWish, check_manifest, check_may_scale, check_policy
from broker.usecases.deployment_config import LONGEST_REF, is_git_ref

LONGEST_NAME = 32
LONGEST_VARIABLE_NAME = 128
LONGEST_VALUE = 512
_VARIABLE_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*", re.ASCII)
_GIT_URL = re.compile(r"(?:(?:git|https?|ftps?|rsync)://[^\s]+|[\w.-]+@[\w.-]+:[^\s]+)", re.ASCII)


@dataclass(frozen=True, kw_only=True)
class CartridgeWish:
    """A cartridge asked for by name, with its gear size and scaling limits where given."""

    name: str
    gear_size: str | None = None
    scales_from: int | None = None
    scales_to: int | None = None
    additional_storage: int = 0

    @property
    def limits(self) -> LimitWish:
        """The scaling limits."""
        return LimitWish(scales_from=self.scales_from, scales_to=self.scales_to)


@dataclass(frozen=True, kw_only=True)
class ApplicationWish:
    """An application to be created."""

    name: str
    namespace: str
    cartridges: tuple[CartridgeWish, ...]
    scale: bool = False
    ha: bool = False
    gear_size: str | None = None
    region: str | None = None
    initial_git_url: str | None = None
    environment_variables: tuple[tuple[str, str], ...] = ()
    config: Mapping[str, object] = field(default_factory=dict)


def check_application_name(name: str) -> str:
    """The name in lower case; refuses what is not 1 to 32 letters and digits, saying each thing that is wrong."""
    if not name:
        raise Invalid("Application name is required and cannot be blank.", field="name", exit_code=105)
    wrong: list[Refusal] = []
    if not (name.isascii() and name.isalnum()):
        text = "Application name must contain only alphanumeric characters (a-z, A-Z, or 0-9)."
        wrong.append(Invalid(text, field="name", exit_code=105))
    if len(name) > LONGEST_NAME:
        text = f"Application name must be a minimum of 1 and maximum of {LONGEST_NAME} characters."
        wrong.append(Invalid(text, field="name", exit_code=105))
    if wrong:
        raise wrong[0] if len(wrong) == 1 else ManyRefusals(tuple(wrong))
    return name.lower()


def check_git_url(url: str | None) -> str | None:
    """The URL an application starts from; None for none and for `empty`."""
    if url is None or url == "empty":
        return None
    address, _, ref = url.partition("#")
    if not _GIT_URL.fullmatch(address):
        raise Invalid("Invalid initial git URL", field="initial_git_url", exit_code=216)
    if ref and not is_git_ref(ref):
        text = (
            f"Invalid initial git branch '{ref[:100]}': it must be a git reference of at most {LONGEST_REF} characters"
        )
        raise Invalid(text, field="initial_git_branch", exit_code=-1)
    return re.sub(r"(://)[^/@\s]+@", r"\1", url)  # a password in the URL is not kept


def check_variables(variables: Sequence[tuple[str, str]], field: str) -> dict[str, str]:
    """Environment variables by name; refuses repeated and malformed names and values that are too long."""
    checked: dict[str, str] = {}
    for name, value in variables:
        if name in checked:
            text = f"Invalid environment variable name {name}: specified multiple times"
            raise Invalid(text, field=field, exit_code=188)
        check_variable_name(name, field)
        check_value(value, field)
        checked[name] = value
    return checked


def check_variable_name(name: str, field: str) -> None:
    """Refuses what is no name of an environment variable."""
    if len(name) > LONGEST_VARIABLE_NAME:
        text = f"Name must be {LONGEST_VARIABLE_NAME} characters or less."
        raise Invalid(text, field=field, exit_code=188)
    if not _VARIABLE_NAME.fullmatch(name):
        text = "Name can only contain letters, digits and underscore and can't begin with a digit."
        raise Invalid(text, field=field, exit_code=188)


def check_value(value: str, field: str) -> None:
    """Refuses a value that no gear could be given."""
    if len(value) > LONGEST_VALUE:
        text = f"Value must be {LONGEST_VALUE} characters or less."
        raise Invalid(text, field=field, exit_code=190)
    if "\0" in value or "\\000" in value:
        raise Invalid("Value cannot contain null characters.", field=field, exit_code=190)


def resolve_cartridges(
    wishes: Sequence[CartridgeWish], catalogue: Mapping[str, Cartridge]
) -> dict[str, tuple[Cartridge, CartridgeWish]]:
    """The cartridges meant, by name: in full, with the vendor in front, or without a version where there is but one."""
    found: dict[str, tuple[Cartridge, CartridgeWish]] = {}
    for wish in wishes:
        cartridge = _resolve(wish.name, catalogue)
        if cartridge.name in found:
            text = f"{cartridge.name} already exists in your application"
            raise Invalid(text, field="cartridge", exit_code=136)
        found[cartridge.name] = (cartridge, wish)
    return found


def _resolve(name: str, catalogue: Mapping[str, Cartridge]) -> Cartridge:
    exact = catalogue.get(name)
    if exact is not None:
        return exact
    matches = [
        cartridge
        for cartridge in catalogue.values()
        if not cartridge.obsolete and name in {cartridge.base_name, f"{cartridge.vendor}-{cartridge.name}"}
    ]
    if not matches:
        raise Invalid(f"Invalid cartridge '{name[:100]}' specified.", field="cartridge", exit_code=109)
    if len(matches) > 1:
        names = [cartridge.name for cartridge in matches]
        choice = f"{', '.join(names[:-1])} and {names[-1]}"
        text = f"More than one cartridge was found matching {name}.  Please select one of {choice}"
        raise Invalid(text, exit_code=197)
    return matches[0]


def check_cartridges(
    application: str,
    cartridges: Sequence[Cartridge],
    catalogue: Mapping[str, Cartridge],
    *,
    scalable: bool,
) -> None:
    """Refuses a set of cartridges that makes no application."""
    frameworks = [cartridge for cartridge in cartridges if cartridge.is_web_framework]
    if not frameworks:
        offered = ", ".join(sorted(name for name, cartridge in catalogue.items() if cartridge.is_web_framework))
        text = (
            "An application must contain one web cartridge. None of the specified cartridges is a web cartridge."
            f" Please include one of the following cartridges: {offered}."
        )
        raise Invalid(text, field="cartridge", exit_code=109)
    if len(frameworks) > 1:
        text = f"You can only have one web cartridge in your application '{application}'."
        raise Invalid(text, field="cartridge", exit_code=109)
    proxies = [cartridge for cartridge in cartridges if cartridge.is_web_proxy]
    if len(proxies) > 1:
        text = f"You can only have one proxy cartridge in your application '{application}'."
        raise Invalid(text, field="cartridge", exit_code=109)
    if proxies and not scalable:
        text = f"{proxies[0].name} must be embedded in a scalable app."
        raise Invalid(text, field="cartridge", exit_code=109)


def check_storage(login: str, wishes: Sequence[CartridgeWish]) -> None:
    """Refuses storage beyond what every gear has: nobody may have any."""
    if any(wish.additional_storage > 0 for wish in wishes):
        text = f"{login} has requested more additional gear storage than allowed (max: 0 GB)"
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
    check_manifest(cartridge, wish.limits)
    check_policy(cartridge, wish.limits, ha=ha)
