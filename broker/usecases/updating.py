"""Changing how an application's code is deployed, once it is there."""

from collections.abc import Mapping
from dataclasses import replace

from broker.core.application import Application, ApplicationParts
from broker.core.operation import OperationKind
from broker.core.owner import User
from broker.interfaces import Platform, UnitOfWork
from broker.usecases.activating import forget_old
from broker.usecases.applications import view_after
from broker.usecases.deployment_config import DeploymentConfig, check_config_changes
from broker.usecases.finding import find_application
from broker.usecases.operations import Intention, change
from broker.usecases.permitted import NEEDED
from broker.usecases.views import ApplicationView

# While one of these runs it may still need the deployment before; it forgets old ones itself when it ends.
_FORGETS = (OperationKind.DEPLOY, OperationKind.ACTIVATE)


def update_application(
    platform: Platform, user: User, reference: str, given: Mapping[str, object], namespace: str | None = None
) -> ApplicationView:
    """Change the settings that are given, and only those. Fewer deployments to keep are fewer from now on."""
    with platform.reading() as work:
        found = find_application(work, user, reference, namespace, needs=NEEDED[OperationKind.UPDATE_APPLICATION])
    wanted = check_config_changes(given, _config(found.application))

    def make(work: UnitOfWork, parts: ApplicationParts) -> ApplicationParts:
        config = check_config_changes(given, _config(parts.application))
        application = replace(
            parts.application,
            auto_deploy=config.auto_deploy,
            deployment_branch=config.deployment_branch,
            keep_deployments=config.keep_deployments,
            deployment_type=config.deployment_type,
        )
        if application.keep_deployments < parts.application.keep_deployments and _may_forget(work, application):
            forget_old(work, application)
        return replace(parts, application=application)

    wish = {name: getattr(wanted, name) for name, value in given.items() if value is not None}
    intention = Intention(kind=OperationKind.UPDATE_APPLICATION, arguments=wish)
    return view_after(platform, change(platform, found.application.application_id, intention, make))


def _config(application: Application) -> DeploymentConfig:
    return DeploymentConfig(
        auto_deploy=application.auto_deploy,
        deployment_branch=application.deployment_branch,
        keep_deployments=application.keep_deployments,
        deployment_type=application.deployment_type,
    )


def _may_forget(work: UnitOfWork, application: Application) -> bool:
    running = work.operations.queue(application.application_id).running
    operation = None if running is None else work.operations.by_id(running)
    return operation is None or operation.kind not in _FORGETS
