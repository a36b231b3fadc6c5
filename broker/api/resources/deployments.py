"""Deployments of an application."""

from broker.api.call import Answer, Call, told
from broker.core.application import ApplicationParts
from broker.core.ids import OperationId
from broker.usecases.deployments import (
    deploy,
    list_deployments,
    report_deployments,
    show_deployed,
    show_deployment,
)
from broker.usecases.revisions import revision_of

ONE, SEVERAL = "deployment", "deployments"


def list_all(call: Call) -> Answer:
    """All deployments, oldest first."""
    parts, found = list_deployments(call.platform, call.user, call.application, call.namespace)
    text = f"Listing deployments for application {_named(parts)}"
    return Answer(data=list(found), messages=told(text), revision=revision_of(parts))


def show_one(call: Call) -> Answer:
    """One deployment."""
    wanted = call.path["deployment_id"]
    parts, found = show_deployment(call.platform, call.user, call.application, wanted, call.namespace)
    text = f"Showing deployment {found.deployment_id} for application {_named(parts)}"
    return Answer(data=found, messages=told(text), revision=revision_of(parts))


def post(call: Call) -> Answer:
    """The new deployment, which is active; or all of them, where gears have reported."""
    return _deploy(call) if call.inputs["deployments"] is None else _report(call)


def show_posted(call: Call) -> Answer:
    """The deployment that the call has made, or all of them."""
    if call.inputs["deployments"] is not None:
        _, known = list_deployments(call.platform, call.user, call.application)
        return Answer(data=list(known), status=200, kind=SEVERAL)
    operation_id = OperationId(call.became or "")
    _, found = show_deployed(call.platform, call.user, call.application, operation_id)
    return Answer(data=found, kind=ONE)


def _deploy(call: Call) -> Answer:
    parts, made = deploy(call.platform, call.user, call.application, call.inputs["wish"], call.namespace)
    text = f"Added {made.deployment_id} to application {parts.application.name}"
    return Answer(data=made, messages=told(text), status=201, kind=ONE)


def _report(call: Call) -> Answer:
    entries = call.inputs["deployments"]
    parts, known = report_deployments(call.platform, call.user, call.application, entries, call.namespace)
    text = f"Updated deployments for application {_named(parts)}"
    return Answer(data=list(known), messages=told(text), kind=SEVERAL)


def _named(parts: ApplicationParts) -> str:
    return f"{parts.application.name} under domain {parts.application.namespace}"
