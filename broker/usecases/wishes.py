"""What a user asks for when creating an application, and the checks of it that need nothing stored."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from broker.core.errors import Forbidden, Invalid, ManyRefusals, Refusal
from broker.core.policy import Policy
from broker.usecases.cartridge_wishes import CartridgeWish
from broker.usecases.deployment_config import LONGEST_REF, is_git_ref

LONGEST_NAME = 32
LONGEST_VARIABLE_NAME = 128
LONGEST_VALUE = 512
# Of a value that comes alone more is refused in these words, and under this name, before the rule for all is looked at.
LONGEST_SINGLE_VALUE = 4096
_VARIABLE_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*", re.ASCII)
_GIT_URL = re.compile(r"(?:(?:git|https?|ftps?|rsync)://[^\s]+|[\w.-]+@[\w.-]+:[^\s]+)", re.ASCII)


@dataclass(frozen=True, kw_only=True)
class ApplicationWish:
    """An application to be created; `unread` are its lists and mappings that cannot be read, with their refusals."""

    name: str
    namespace: str
    cartridges: tuple[CartridgeWish, ...]
    scale: bool = False
    ha: bool = False
    gear_size: str | None = None
    region: str | None = None
    initial_git_url: str | None = None
    initial_git_branch: str | None = None
    environment_variables: tuple[tuple[str, str], ...] = ()
    config: Mapping[str, object] = field(default_factory=dict)
    unread: Mapping[str, Invalid] = field(default_factory=dict)

    def check_read(self, name: str) -> None:
        """Refuses a part that could not be read, now that it is its turn to be looked at."""
        if name in self.unread:
            raise self.unread[name]


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


def check_name_is_allowed(name: str, policy: Policy) -> None:
    """Raises `Forbidden` for a word that the operator does not want to see as a name."""
    if name.lower() in policy.blacklisted_words:
        raise Forbidden("Application name is not allowed. Please choose another.", exit_code=105)


def check_length_with_namespace(name: str, namespace: str, policy: Policy) -> None:
    """Refuses a name that is too long together with that of its domain, where the operator has a limit for both."""
    if 0 < policy.longest_names < len(name) + len(namespace):
        text = (
            f"Name '{name}' and domain namespace '{namespace}' cannot add up to more than"
            f" {policy.longest_names} characters."
        )
        raise Invalid(text, field="name", exit_code=105)


def check_git_url(url: str | None, branch: str | None = None) -> str | None:
    """The URL an application starts from, with its reference; None for none and for `empty`."""
    if url is None and branch is not None:
        text = "Initial git branch cannot be specified without specifying initial git URL"
        raise Invalid(text, field="initial_git_branch")
    if url is None or (url == "empty" and branch is None):
        return None
    address, _, ref = url.partition("#")
    if not _GIT_URL.fullmatch(address):
        raise Invalid("Invalid initial git URL", field="initial_git_url", exit_code=216)
    ref = branch or ref
    if ref and not is_git_ref(ref):
        text = (
            f"Invalid initial git branch '{ref[:100]}': it must be a git reference of at most {LONGEST_REF} characters"
        )
        raise Invalid(text, field="initial_git_branch", exit_code=-1)
    url = f"{address}#{branch}" if branch else url
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


def check_single_value(value: str) -> None:
    """Refuses a value that no gear could be given, of a variable that comes alone and not with others."""
    if len(value) > LONGEST_SINGLE_VALUE:
        text = f"Value must be {LONGEST_SINGLE_VALUE} characters or less."
        raise Invalid(text, field="value", exit_code=190)
    _check_characters(value, "value")
    check_value(value, "environment_variables")


def check_value(value: str, field: str) -> None:
    """Refuses a value that no gear could be given."""
    if len(value) > LONGEST_VALUE:
        text = f"Value must be {LONGEST_VALUE} characters or less."
        raise Invalid(text, field=field, exit_code=190)
    _check_characters(value, field)


def _check_characters(value: str, field: str) -> None:
    if "\0" in value or "\\000" in value:
        raise Invalid("Value cannot contain null characters.", field=field, exit_code=190)
