"""Applications: creating, showing, listing and deleting them."""

from dataclasses import replace

from broker.core.access import Permission
from broker.core.application import ApplicationParts, ApplicationPhase
from broker.core.errors import ApplicationNotFound, ChangeNotShown, OperationGoesOn, StorageUnavailable
from broker.core.gear import Lifecycle
from broker.core.gear_group import effective_limits
from broker.core.ids import OperationId
from broker.core.operation import OPERATION, Ending, OperationKind
from broker.core.owner import User
from broker.core.routing_difference import Telling, difference
from broker.interfaces import Accepted, Json, OperationRecord, Platform, StepRecord, UnitOfWork
from broker.usecases.activating import add_first_deployment
from broker.usecases.again import again
from broker.usecases.announcing import announce, table_of
from broker.usecases.cartridge_wishes import fetched
from broker.usecases.finding import find_application
from broker.usecases.growing import grow_group, proxies_for
from broker.usecases.new_application import check_wish, compose_application
from broker.usecases.operations import Intention, Plan, Planner, begin_in, carry_out, finish, in_hand, planned, record
from broker.usecases.permitted import NEEDED, check_creator
from broker.usecases.showing import page_of_applications, views_of
from broker.usecases.steps import destruction, new_operation_id
from broker.usecases.views import ApplicationView
from broker.usecases.wishes import ApplicationWish


def view(work: UnitOfWork, parts: ApplicationParts) -> ApplicationView:
    """The application as it is shown."""
    (shown,) = views_of(work, (parts,))
    return shown


def view_after(platform: Platform, parts: ApplicationParts) -> ApplicationView:
    """The application after a change that was made; raises `ChangeNotShown`, which does not ask for it again."""
    try:
        with platform.reading() as work:
            return view(work, parts)
    except StorageUnavailable as away:
        raise ChangeNotShown from away


def show_application(platform: Platform, user: User, reference: str, namespace: str | None = None) -> ApplicationView:
    """One application of the user."""
    with platform.reading() as work:
        return view(work, find_application(work, user, reference, namespace, needs=Permission.READ_APPLICATION))


def list_applications(platform: Platform, user: User, namespace: str | None = None) -> tuple[ApplicationView, ...]:
    """All applications that the user may see, or those of one namespace, by name."""
    return page_of_applications(platform, user, namespace).views


def create_application(platform: Platform, user: User, wish: ApplicationWish) -> ApplicationView:
    """Create an application with its first gears; when the call returns they serve.

    A namespace that does not exist is created. Nothing is left of an application whose gears could not be built.
    """
    wish = _with_downloads(platform, user, wish)
    operation_id = new_operation_id(platform)
    with in_hand(platform, operation_id):
        operation, plan = again(lambda: _commit_creation(platform, user, wish, operation_id))
        if platform.origin.respond_async:
            raise Accepted(operation_id)
        try:
            finished = finish(platform, operation, plan)
        except StorageUnavailable as away:
            raise OperationGoesOn(operation_id) from away
    if finished is None:
        raise ApplicationNotFound(operation.application_id)
    return view_after(platform, finished)


def _with_downloads(platform: Platform, user: User, wish: ApplicationWish) -> ApplicationWish:
    """The wish with what its URLs hold: nobody makes the broker fetch who could not have the application anyway."""
    if not any(each.url is not None for each in wish.cartridges):
        return wish
    with platform.reading() as work:
        check_wish(platform, work, user, wish, adds=False)
    return replace(wish, cartridges=fetched(platform, user, wish.cartridges))


def _commit_creation(
    platform: Platform, user: User, wish: ApplicationWish, operation_id: OperationId
) -> tuple[OperationRecord, Plan]:
    with platform.unit_of_work() as work:
        checked = check_wish(platform, work, user, wish)
        parts = compose_application(platform, work, wish, checked)
        work.applications.add(parts.application, parts.groups, parts.cartridges)
        check_creator(work, user, parts.application)
        add_first_deployment(work, parts.application)
        work.applications.set_variables(parts.application.application_id, checked.variables)
        grown, steps = _first_gears(platform, work, parts, operation_id)
        saved = work.applications.save(parts, grown)
        plan = Plan(ending=Ending.CREATE, parts=saved, steps=steps)
        cartridges = [cartridge.name for cartridge in saved.cartridges]
        intention = Intention(kind=OperationKind.CREATE, arguments={"cartridges": cartridges, "ha": wish.ha})
        operation = record(platform, saved.application, operation_id, intention, OPERATION.initial)
        operation = planned(platform, operation, plan)
        begin_in(platform, work, operation)
        work.commands.add(steps)
        work.commit()
    return operation, plan


def _first_gears(
    platform: Platform, work: UnitOfWork, parts: ApplicationParts, operation_id: OperationId
) -> tuple[ApplicationParts, tuple[StepRecord, ...]]:
    limits = effective_limits(parts, platform.catalogue_of(parts), ha=parts.application.ha)
    steps: list[StepRecord] = []
    for group in parts.groups:
        carry = proxies_for(platform, parts, group, limits[group.group_id].minimum)
        growth = grow_group(platform, work, parts, group, carry, operation_id=operation_id)
        parts = growth.parts
        steps += growth.steps
    return parts, tuple(steps)


def delete_application(
    platform: Platform, user: User, reference: str, namespace: str | None = None
) -> ApplicationParts:
    """Delete an application with everything that is its own; routers are told before its gears go.

    A node that does not answer destroys its gears when it is heard of again.
    """
    with platform.reading() as work:
        found = find_application(work, user, reference, namespace, needs=NEEDED[OperationKind.DELETE])
    try:
        intention = Intention(kind=OperationKind.DELETE)
        carry_out(platform, found.application.application_id, intention, deletion_planner(platform, {}))
    except ApplicationNotFound:
        # Somebody else was faster; the caller knows the application by the name it was asked for.
        raise ApplicationNotFound(reference.lower()) from None
    return found


def deletion_planner(platform: Platform, _wish: Json) -> Planner:
    """How the deletion of an application is planned."""

    def plan(work: UnitOfWork, parts: ApplicationParts, operation_id: OperationId) -> Plan:
        application_id = parts.application.application_id
        gears = work.gears.of_application(application_id)
        before = table_of(
            platform,
            parts,
            gears=gears,
            endpoints=work.gears.endpoints_of_application(application_id),
            addresses={gear.node_id: work.nodes.address(gear.node_id) for gear in gears},
            unresponsive=work.nodes.unresponsive(),
            aliases=work.applications.aliases([application_id]).get(application_id, ()),
            certificates=work.certificates.routed([application_id]).get(application_id, ()),
        )
        telling = Telling(managed_dns=platform.policy.manage_ha_dns, router_hostname=platform.policy.router_hostname)
        after = announce(platform, work, parts, difference(before, None, telling))
        work.names.remove_of(application_id, operation_id=operation_id)
        ids = [gear.gear_id for gear in gears]
        work.gears.change(ids, lifecycle=Lifecycle.DESTROYING.value, operation_id=operation_id)
        deleting = replace(after.application, phase=ApplicationPhase.DELETING)
        steps = tuple(destruction(platform, gear, operation_id) for gear in gears)
        return Plan(ending=Ending.DELETE, parts=replace(after, application=deleting), steps=steps)

    return plan
