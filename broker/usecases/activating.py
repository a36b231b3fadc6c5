"""Gears are told which deployment to run, and what they answer is noted: who has it, and who is still behind."""

import hashlib
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import replace

from broker.core.application import Application, ApplicationParts, Gear
from broker.core.deployment import Deployment, to_be_forgotten
from broker.core.errors import EventFailed, NodeFailed
from broker.core.gear import Lifecycle
from broker.core.gear_group import web_group
from broker.core.ids import DeploymentId, GearId, OperationId
from broker.core.operation import OperationKind
from broker.interfaces import OperationRecord, Platform, StepRecord, UnitOfWork
from broker.usecases.concluded import Conclusion
from broker.usecases.steps import Outcomes, step
from broker.usecases.times import timestamp
from node_agent.protocol import CommandKind, DeploymentSpec

ID_LENGTH = 8


def new_deployment_id(platform: Platform) -> DeploymentId:
    """An id as users type it: eight hexadecimal digits."""
    return DeploymentId(hashlib.sha256(platform.new_id().encode()).hexdigest()[:ID_LENGTH])


def add_first_deployment(work: UnitOfWork, application: Application) -> None:
    """A new application has one deployment, which its gears are built with."""
    if application.deployment_id is None:
        return
    is_git = application.deployment_type == "git"
    first = Deployment(
        deployment_id=application.deployment_id,
        number=1,
        ref=application.deployment_branch if is_git else None,
        sha1=None,
        artifact_url=None,
        hot_deploy=False,
        force_clean_build=False,
        created_at=application.created_at,
        activations=(application.created_at,),
    )
    work.deployments.add(application.application_id, first)


def code_gears(platform: Platform, work: UnitOfWork, parts: ApplicationParts) -> tuple[Gear, ...]:
    """The gears that a deployment concerns: those that carry the web framework, whose code it is.

    A database has none of that code, and to restart it would end its connections for nothing.
    """
    group = web_group(parts, platform.catalogue_of(parts))
    if group is None:
        return ()
    return tuple(gear for gear in work.gears.of_group(group.group_id) if gear.lifecycle != Lifecycle.DESTROYING)


def tell_gears(
    platform: Platform,
    work: UnitOfWork,
    parts: ApplicationParts,
    operation_id: OperationId,
    deployment: Deployment,
) -> tuple[StepRecord, ...]:
    """The steps that let gears run a deployment; the gears of silent nodes are told once these are heard of again.

    It takes the place of any other that gears have not been told of yet.
    """
    gears = code_gears(platform, work, parts)
    unresponsive = work.nodes.unresponsive()
    _supersede(work, parts, gears)
    steps = tuple(
        step(
            platform,
            CommandKind.ACTIVATE_DEPLOYMENT,
            gear,
            operation_id,
            _arguments(deployment),
            awaited=gear.node_id not in unresponsive,
            issued=_issued(parts),
        )
        for gear in gears
    )
    work.commands.add([each for each in steps if not each.awaited])
    return tuple(each for each in steps if each.awaited)


def activated(
    platform: Platform, work: UnitOfWork, parts: ApplicationParts, deployment_id: DeploymentId
) -> ApplicationParts:
    """The application whose gears are to run this deployment from now on; older ones than it keeps are forgotten.

    It is to be saved even if it is what it was: the next activation has a higher number then.
    """
    application = parts.application
    at = timestamp(platform.clock.now())
    work.deployments.activate(application.application_id, deployment_id, at)
    application = replace(application, deployment_id=deployment_id, generation=application.generation + 1)
    forget_old(work, application)
    return replace(parts, application=application)


def forget_old(work: UnitOfWork, application: Application) -> None:
    """Forget the deployments beyond those that the application keeps."""
    known = work.deployments.of_application(application.application_id)
    old = to_be_forgotten(known, application.deployment_id, application.keep_deployments)
    if old:
        work.deployments.remove(application.application_id, old)


def conclude_activation(
    platform: Platform,
    work: UnitOfWork,
    parts: ApplicationParts,
    operation: OperationRecord,
    result: Outcomes,
) -> Conclusion:
    """The deployment is active, for the gears of silent nodes too, which are told again.

    Unless a node has refused it: then no gear is to run other code than the rest, and those that have it are told the
    former one. The deployment stays, so that it can be activated once its fault is mended.
    """
    note_deployments(work, result)
    if result.failures:
        return _undone(platform, work, parts, operation, result)
    after = activated(platform, work, parts, DeploymentId(str(operation.arguments["deployment_id"])))
    return Conclusion(parts=work.applications.save(parts, after), again=result.silent)


def _undone(
    platform: Platform,
    work: UnitOfWork,
    parts: ApplicationParts,
    operation: OperationRecord,
    result: Outcomes,
) -> Conclusion:
    application = parts.application
    gears = code_gears(platform, work, parts)
    _supersede(work, parts, gears)
    refused = {each.gear_id for each in result.steps if each.command_id in result.failures}
    told = {each.gear_id: each for each in result.steps}
    wanted = application.deployment_id
    former = None if wanted is None else work.deployments.by_id(application.application_id, wanted)
    back = (
        ()
        if former is None
        else tuple(
            step(
                platform,
                CommandKind.ACTIVATE_DEPLOYMENT,
                gear,
                operation.operation_id,
                _arguments(former),
                awaited=False,
                undone=told.get(gear.gear_id),
                issued=_issued(parts) + 1,
            )
            for gear in gears
            if gear.gear_id not in refused or gear.deployment_id != former.deployment_id
        )
    )
    reason = next(result.failures[each.command_id] for each in result.steps if each.command_id in result.failures)
    forget_old(work, application)
    saved = work.applications.save(parts, parts)
    error = NodeFailed(reason)
    if operation.kind == OperationKind.ACTIVATE:
        error = EventFailed(f"Error occurred while processing event 'activate': {reason}")
    return Conclusion(parts=saved, afterwards=back, error=error)


def note_deployments(work: UnitOfWork, result: Outcomes) -> None:
    """Gears that have answered that they run a deployment are known to."""
    for deployment_id, gear_ids in gears_by_deployment(result, CommandKind.ACTIVATE_DEPLOYMENT).items():
        work.gears.change(gear_ids, deployment_id=deployment_id)


def gears_by_deployment(result: Outcomes, kind: CommandKind) -> dict[DeploymentId | None, list[GearId]]:
    """The gears whose command of this kind was done, by the deployment that was in it, if there was one."""
    told: dict[GearId, DeploymentId | None] = {}
    for each in result.steps:
        arguments = each.body["arguments"]
        if each.kind == kind and each.command_id in result.done and isinstance(arguments, Mapping):
            told[each.gear_id] = arguments.get("deployment_id")
    found: dict[DeploymentId | None, list[GearId]] = defaultdict(list)
    for gear_id, deployment_id in told.items():
        found[deployment_id].append(gear_id)
    return dict(found)


def _supersede(work: UnitOfWork, parts: ApplicationParts, gears: tuple[Gear, ...]) -> None:
    ids = [gear.gear_id for gear in gears]
    work.commands.supersede(parts.application.application_id, ids, (CommandKind.ACTIVATE_DEPLOYMENT,))


def _issued(parts: ApplicationParts) -> int:
    """The number of an activation that is wished now: an even one, so that what undoes it has one of its own."""
    return 2 * (parts.application.generation + 1)


def _arguments(deployment: Deployment) -> dict[str, object]:
    return DeploymentSpec(
        deployment_id=deployment.deployment_id,
        ref=deployment.ref,
        artifact_url=deployment.artifact_url,
        hot_deploy=deployment.hot_deploy,
        force_clean_build=deployment.force_clean_build,
    ).to_wire()
