"""Deployments of an application: deploying code, going back to earlier code, and what gears report of it."""

from dataclasses import replace

from broker.core.access import Permission
from broker.core.application import ApplicationParts
from broker.core.deployment import Deployment, news_of, to_be_forgotten
from broker.core.errors import ApplicationNotFound, ChangeNotShown, NotFound, StorageUnavailable
from broker.core.ids import DeploymentId, OperationId
from broker.core.operation import Ending, OperationKind
from broker.core.owner import User
from broker.interfaces import Json, Platform, UnitOfWork
from broker.usecases.activating import activated, new_deployment_id, tell_gears
from broker.usecases.applications import view_after
from broker.usecases.deployment_wishes import (
    DeploymentWish,
    check_deployment_wish,
    check_report,
    check_report_size,
    read_report,
    report_to_json,
)
from broker.usecases.finding import find_application
from broker.usecases.hidden import HIDDEN, hidden_in
from broker.usecases.operations import Intention, Plan, Planner, carry_out
from broker.usecases.permitted import NEEDED
from broker.usecases.times import timestamp
from broker.usecases.views import ApplicationView

# Of a report, as its operation shows them; it may be of many more.
MOST_IDS = 20


class DeploymentNotFound(NotFound):
    """The application does not have this deployment, or has it no more."""

    code = "deployment_not_found"

    def __init__(self) -> None:
        super().__init__("The requested deployment was not found.")


def list_deployments(
    platform: Platform, user: User, reference: str, namespace: str | None = None
) -> tuple[ApplicationParts, tuple[Deployment, ...]]:
    """The application with all its deployments, oldest first."""
    with platform.reading() as work:
        parts = find_application(work, user, reference, namespace, needs=Permission.READ_APPLICATION)
        return parts, work.deployments.of_application(parts.application.application_id)


def show_deployment(
    platform: Platform, user: User, reference: str, deployment_id: str, namespace: str | None = None
) -> tuple[ApplicationParts, Deployment]:
    """One deployment; raises `DeploymentNotFound`."""
    with platform.reading() as work:
        parts = find_application(work, user, reference, namespace, needs=Permission.READ_APPLICATION)
        return parts, _found(work, parts, deployment_id)


def show_deployed(
    platform: Platform, user: User, reference: str, operation_id: OperationId
) -> tuple[ApplicationParts, Deployment]:
    """The deployment that an operation has made; raises `DeploymentNotFound` once it is forgotten."""
    with platform.reading() as work:
        parts = find_application(work, user, reference, needs=Permission.READ_APPLICATION)
        operation = work.operations.by_id(operation_id)
        wish: Json = {} if operation is None else operation.wish
        return parts, _found(work, parts, str(wish.get("deployment_id", "")))


def deploy(
    platform: Platform, user: User, reference: str, wish: DeploymentWish, namespace: str | None = None
) -> tuple[ApplicationParts, Deployment]:
    """Give the application other code; when the call returns, every gear that could be reached runs it.

    A node that is not heard of is told later. Where a node refuses, all gears go back to what they ran before.
    """
    with platform.reading() as work:
        found = find_application(work, user, reference, namespace, needs=NEEDED[OperationKind.DEPLOY])
    check_deployment_wish(wish, found.application.deployment_type)
    arguments: dict[str, object] = {
        "deployment_id": new_deployment_id(platform),
        "ref": wish.ref,
        "artifact_url": wish.artifact_url,
        "hot_deploy": wish.hot_deploy,
        "force_clean_build": wish.force_clean_build,
    }
    intention = Intention(kind=OperationKind.DEPLOY, arguments=arguments)
    parts = carry_out(platform, found.application.application_id, intention, deploy_planner(platform, arguments))
    if parts is None:
        raise ApplicationNotFound(reference)
    try:
        with platform.reading() as work:
            stored = work.deployments.by_id(found.application.application_id, str(arguments["deployment_id"]))
    except StorageUnavailable as away:
        raise ChangeNotShown from away
    # Another deployment may have followed, and this one been forgotten, before it could be read.
    return parts, stored or _wished(platform, arguments, number=0)


def deploy_planner(platform: Platform, wish: Json) -> Planner:
    """How a deployment is recorded, and gears told of it."""

    def plan(work: UnitOfWork, parts: ApplicationParts, operation_id: OperationId) -> Plan:
        application_id = parts.application.application_id
        made = _wished(platform, wish, number=work.deployments.highest_number(application_id) + 1)
        work.deployments.add(application_id, made)
        return _activation(platform, work, parts, operation_id, made)

    return plan


def activate_deployment(
    platform: Platform, user: User, reference: str, deployment_id: str, namespace: str | None = None
) -> ApplicationView:
    """Let the application's gears run a deployment that it has, as `deploy` does; raises `DeploymentNotFound`."""
    with platform.reading() as work:
        found = find_application(work, user, reference, namespace, needs=NEEDED[OperationKind.ACTIVATE])
        wanted = _found(work, found, deployment_id)
    wish: dict[str, object] = {"deployment_id": wanted.deployment_id}
    intention = Intention(kind=OperationKind.ACTIVATE, arguments=wish)
    parts = carry_out(platform, found.application.application_id, intention, activation_planner(platform, wish))
    if parts is None:
        raise ApplicationNotFound(reference)
    return view_after(platform, parts)


def activation_planner(platform: Platform, wish: Json) -> Planner:
    """How gears are told to run a deployment that is there."""

    def plan(work: UnitOfWork, parts: ApplicationParts, operation_id: OperationId) -> Plan:
        deployment = _found(work, parts, str(wish["deployment_id"]))
        return _activation(platform, work, parts, operation_id, deployment)

    return plan


def report_deployments(
    platform: Platform,
    user: User,
    reference: str,
    entries: list[object],
    namespace: str | None = None,
) -> tuple[ApplicationParts, tuple[Deployment, ...]]:
    """Note what the application's gears say they have; returns the application with its deployments after it.

    It is a record: what gears are to run, and what they are known to run, is the same after it. It waits for its turn
    as every operation.
    """
    with platform.reading() as work:
        found = find_application(work, user, reference, namespace, needs=NEEDED[OperationKind.UPDATE_DEPLOYMENTS])
        known = work.deployments.of_application(found.application.application_id)
    check_report_size(entries, found.application.keep_deployments)
    reported = read_report(entries)
    check_report(reported, {each.deployment_id for each in known}, found.application.deployment_type)
    wish: dict[str, object] = {
        "count": len(reported),
        "ids": [each.deployment_id for each in reported[:MOST_IDS]],
        HIDDEN: {"deployments": report_to_json(reported)},
    }
    intention = Intention(kind=OperationKind.UPDATE_DEPLOYMENTS, arguments=wish)
    parts = carry_out(platform, found.application.application_id, intention, report_planner(platform, wish))
    if parts is None:
        raise ApplicationNotFound(reference)
    try:
        with platform.reading() as work:
            return parts, work.deployments.of_application(parts.application.application_id)
    except StorageUnavailable as away:
        raise ChangeNotShown from away


def report_planner(platform: Platform, wish: Json) -> Planner:
    """How what gears have reported is added to the record of deployments; no node has to do anything."""

    def plan(work: UnitOfWork, parts: ApplicationParts, operation_id: OperationId) -> Plan:
        del operation_id
        application, entries = parts.application, hidden_in(wish).get("deployments")
        reported = read_report(entries if isinstance(entries, list) else [])
        known = work.deployments.of_application(application.application_id)
        # Its type may be another than when the report came.
        check_report(reported, {each.deployment_id for each in known}, application.deployment_type)
        now = timestamp(platform.clock.now())
        news = news_of(known, reported, keep=application.keep_deployments, now=now)
        work.deployments.record(application.application_id, news)
        old = to_be_forgotten((*known, *news.added), application.deployment_id, application.keep_deployments)
        if old:
            work.deployments.remove(application.application_id, old)
        # Saved even if it is what it was: what is below it has another revision now.
        application = replace(application, generation=application.generation + 1)
        return Plan(ending=Ending.ACTIVATE, parts=replace(parts, application=application))

    return plan


def _activation(
    platform: Platform, work: UnitOfWork, parts: ApplicationParts, operation_id: OperationId, deployment: Deployment
) -> Plan:
    steps = tell_gears(platform, work, parts, operation_id, deployment)
    return Plan(
        ending=Ending.ACTIVATE,
        parts=parts if steps else activated(platform, work, parts, deployment.deployment_id),
        steps=steps,
        arguments={"deployment_id": deployment.deployment_id},
    )


def _wished(platform: Platform, wish: Json, *, number: int) -> Deployment:
    ref, artifact_url = wish["ref"], wish["artifact_url"]
    return Deployment(
        deployment_id=DeploymentId(str(wish["deployment_id"])),
        number=number,
        ref=None if ref is None else str(ref),
        sha1=None,
        artifact_url=None if artifact_url is None else str(artifact_url),
        hot_deploy=wish["hot_deploy"] is True,
        force_clean_build=wish["force_clean_build"] is True,
        created_at=timestamp(platform.clock.now()),
    )


def _found(work: UnitOfWork, parts: ApplicationParts, deployment_id: str) -> Deployment:
    found = work.deployments.by_id(parts.application.application_id, deployment_id)
    if found is None:
        raise DeploymentNotFound
    return found
