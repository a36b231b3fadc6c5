"""A new namespace: the rules for its name, its gear sizes and how many an owner may have."""

from collections.abc import Callable

from broker.core.access import Permission, Role, check_permission
from broker.core.errors import Conflict, Forbidden, Invalid, ManyRefusals, Refusal, TooManyNamespaces
from broker.core.ids import NamespaceId
from broker.core.owner import Namespace, User
from broker.core.policy import Policy
from broker.interfaces import Platform, UnitOfWork
from broker.usecases.accounts import held_account
from broker.usecases.times import timestamp

LONGEST_NAMESPACE = 16


def check_namespace_name(name: str, policy: Policy) -> str:
    """The name in lower case; refuses what is not 1 to 16 letters and digits, saying each thing that is wrong.

    A word that the operator does not want to see there is refused before, as `Forbidden`.
    """
    if name.lower() in policy.blacklisted_words:
        raise Forbidden("Namespace is not allowed.  Please choose another.", exit_code=106)
    wrong: list[Refusal] = []
    if not (name.isascii() and name.isalnum()):
        text = "Invalid namespace. Namespace must only contain alphanumeric characters."
        wrong.append(Invalid(text, field="name", exit_code=106))
    if not 1 <= len(name) <= LONGEST_NAMESPACE:
        text = f"Must be a minimum of 1 and maximum of {LONGEST_NAMESPACE} characters."
        wrong.append(Invalid(text, field="name", exit_code=106))
    if wrong:
        raise wrong[0] if len(wrong) == 1 else ManyRefusals(tuple(wrong))
    return name.lower()


def add_namespace(
    platform: Platform, work: UnitOfWork, user: User, name: str, gear_sizes: tuple[str, ...] | None = None
) -> Namespace:
    """The same inside a unit of work that goes on."""
    # The account is held, so that two at once are counted one after the other.
    namespace = new_namespace(platform, work, user, name, gear_sizes, hold=held_account)
    work.namespaces.add(namespace)
    return namespace


def new_namespace(
    platform: Platform,
    work: UnitOfWork,
    user: User,
    name: str,
    gear_sizes: tuple[str, ...] | None = None,
    *,
    hold: Callable[[UnitOfWork, User], object] | None = None,
) -> Namespace:
    """The namespace as it would be added, refused if it could not be; nothing is changed.

    `hold` keeps others from adding one of the same account's meanwhile.
    """
    check_permission(Permission.CREATE_DOMAIN, Role.OWNER, user.scopes)
    checked = check_namespace_name(name, platform.policy)
    if work.namespaces.by_name(checked) is not None:
        text = f"Namespace '{checked}' is already in use. Please choose another."
        raise Conflict(text, field="id", exit_code=103)
    if hold is not None:
        hold(work, user)
    # How many is as the caller came with it: for clients of old versions it is one.
    if not user.may_add_namespace(work.users.count_namespaces(user.user_id)):
        raise TooManyNamespaces(user.max_namespaces)
    return Namespace(
        namespace_id=NamespaceId(platform.new_id()),
        name=checked,
        owner_id=user.user_id,
        allowed_gear_sizes=check_gear_sizes(platform.policy, user, gear_sizes),
        created_at=timestamp(platform.clock.now()),
    )


def check_gear_sizes(policy: Policy, user: User, sizes: tuple[str, ...] | None) -> tuple[str, ...]:
    """The sizes, the user's own unless given; refuses those that do not exist or that the user may not have."""
    if sizes is None:
        return user.gear_sizes
    unknown = [size for size in sizes if size not in policy.valid_gear_sizes]
    if unknown:
        text = f"The following gear sizes are invalid: {', '.join(unknown)}"
        raise Invalid(text, field="allowed_gear_sizes", exit_code=110)
    foreign = [size for size in sizes if size not in user.gear_sizes]
    if foreign:
        text = f"The following gear sizes are not available to this account: {', '.join(foreign)}"
        raise Invalid(text, field="allowed_gear_sizes", exit_code=110)
    return sizes
