"""A new namespace: the rules for its name, its gear sizes and how many an owner may have."""

from broker.core.errors import Conflict, Invalid, ManyRefusals, Refusal, TooManyNamespaces
from broker.core.ids import NamespaceId
from broker.core.owner import Namespace, User
from broker.core.policy import Policy
from broker.interfaces import Platform, UnitOfWork
from broker.usecases.times import timestamp

LONGEST_NAMESPACE = 16


def check_namespace_name(name: str) -> str:
    """The name in lower case; refuses what is not 1 to 16 letters and digits, saying each thing that is wrong."""
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
    checked = check_namespace_name(name)
    if work.namespaces.by_name(checked) is not None:
        text = f"Namespace '{checked}' is already in use. Please choose another."
        raise Conflict(text, field="id", exit_code=103)
    work.users.locked(user.login)  # so that two at once are counted one after the other
    if not user.may_add_namespace(work.users.count_namespaces(user.user_id)):
        raise TooManyNamespaces(user.max_namespaces)
    namespace = Namespace(
        namespace_id=NamespaceId(platform.new_id()),
        name=checked,
        owner_id=user.user_id,
        allowed_gear_sizes=check_gear_sizes(platform.policy, user, gear_sizes),
        created_at=timestamp(platform.clock.now()),
    )
    work.namespaces.add(namespace)
    return namespace


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
