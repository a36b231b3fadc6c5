"""Environment variables of an application; the gear ratio among them rotates its proxy gears at once."""

from collections.abc import Callable, Mapping, Sequence

from broker.core.access import Permission
from broker.core.application import ApplicationParts
from broker.core.errors import Conflict, EnvironmentVariableNotFound
from broker.core.operation import OperationKind
from broker.core.owner import User
from broker.interfaces import Platform, UnitOfWork
from broker.usecases.finding import find_application
from broker.usecases.operations import Intention, change
from broker.usecases.permitted import NEEDED
from broker.usecases.standing import tell_and_settle
from broker.usecases.wishes import check_single_value, check_variable_name, check_variables


def list_variables(
    platform: Platform, user: User, reference: str, namespace: str | None = None
) -> tuple[ApplicationParts, dict[str, str]]:
    """All variables of the application, by name."""
    with platform.reading() as work:
        found = find_application(work, user, reference, namespace, needs=Permission.VIEW_VARIABLES)
        return found, work.applications.variables(found.application.application_id)


def show_variable(
    platform: Platform, user: User, reference: str, name: str, namespace: str | None = None
) -> tuple[ApplicationParts, str]:
    """The value of one variable; raises `EnvironmentVariableNotFound`."""
    with platform.reading() as work:
        found = find_application(work, user, reference, namespace, needs=Permission.VIEW_VARIABLES)
        value = work.applications.variable(found.application.application_id, name)
    if value is None:
        raise EnvironmentVariableNotFound(name)
    return found, value


def add_variable(
    platform: Platform, user: User, reference: str, name: str, value: str, *, namespace: str | None = None
) -> ApplicationParts:
    """Set a variable that must not exist yet."""
    check_variable_name(name, "name")
    check_single_value(value)

    def check(work: UnitOfWork, parts: ApplicationParts) -> None:
        if work.applications.variable(parts.application.application_id, name) is not None:
            text = f"Environment variable named '{name}' already exists in application"
            raise Conflict(text, exit_code=188)

    return _change(platform, user, reference, {name: value}, namespace=namespace, check=check)


def update_variable(
    platform: Platform, user: User, reference: str, name: str, value: str, *, namespace: str | None = None
) -> ApplicationParts:
    """Set a variable that must exist."""
    check_single_value(value)

    def check(work: UnitOfWork, parts: ApplicationParts) -> None:
        if work.applications.variable(parts.application.application_id, name) is None:
            raise EnvironmentVariableNotFound(name)

    return _change(platform, user, reference, {name: value}, namespace=namespace, check=check)


def patch_variables(
    platform: Platform,
    user: User,
    reference: str,
    values: Sequence[tuple[str, str]],
    unset: Sequence[str],
    *,
    namespace: str | None = None,
) -> tuple[ApplicationParts, dict[str, str]]:
    """Set some variables, whatever they were, and remove others; returns those that were set."""
    names = [name for name, _ in values]
    checked = check_variables([*values, *((name, "") for name in unset)], "environment_variables")
    wanted = {name: checked[name] for name in names}
    return _change(platform, user, reference, wanted, tuple(unset), namespace=namespace), wanted


def remove_variable(
    platform: Platform, user: User, reference: str, name: str, namespace: str | None = None
) -> ApplicationParts:
    """Remove a variable; one that does not exist is no error."""
    return _change(platform, user, reference, {}, (name,), namespace=namespace)


def _change(
    platform: Platform,
    user: User,
    reference: str,
    values: Mapping[str, str],
    unset: Sequence[str] = (),
    *,
    namespace: str | None = None,
    check: Callable[[UnitOfWork, ApplicationParts], None] | None = None,
) -> ApplicationParts:
    with platform.reading() as work:
        found = find_application(work, user, reference, namespace, needs=NEEDED[OperationKind.SET_VARIABLES])

    def make(work: UnitOfWork, parts: ApplicationParts) -> ApplicationParts:
        if check is not None:
            check(work, parts)
        work.applications.set_variables(parts.application.application_id, values, unset)
        return tell_and_settle(platform, work, parts, ())

    # Their values are secrets as often as not, and an operation is kept for a long time.
    named = {"set": sorted(values), "unset": sorted(unset)}
    intention = Intention(kind=OperationKind.SET_VARIABLES, arguments=named)
    return change(platform, found.application.application_id, intention, make)
