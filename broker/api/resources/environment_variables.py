"""Environment variables of an application."""

from collections.abc import Mapping

from broker.api.call import Answer, Call, told
from broker.api.schemas.environment_variables import ShownVariable
from broker.core.application import ApplicationParts
from broker.usecases.environment import (
    add_variable,
    list_variables,
    patch_variables,
    remove_variable,
    show_variable,
    update_variable,
)
from broker.usecases.revisions import revision_of

ONE, SEVERAL = "environment-variable", "environment-variables"


def list_all(call: Call) -> Answer:
    """All variables."""
    parts, variables = list_variables(call.platform, call.user, call.application, call.namespace)
    text = f"Listing environment variables for application {parts.application.name}"
    shown = [_shown(call, parts, name, value) for name, value in variables.items()]
    return Answer(data=shown, messages=told(text))


def show_one(call: Call) -> Answer:
    """One variable."""
    name = call.path["name"]
    parts, value = show_variable(call.platform, call.user, call.application, name, call.namespace)
    text = f"Showing environment variable '{name}' for application {parts.application.name}"
    return Answer(data=_shown(call, parts, name, value), messages=told(text), revision=revision_of(parts))


def set_and_unset(call: Call) -> Answer:
    """One new variable, or several that are set whatever they were and others that are removed."""
    return _patch(call) if call.inputs["environment_variables"] else _add(call)


def _add(call: Call) -> Answer:
    name, value = call.inputs["name"], call.inputs["value"]
    parts = add_variable(call.platform, call.user, call.application, name, value, namespace=call.namespace)
    return _added(call, parts, name, value)


def _added(call: Call, parts: ApplicationParts, name: str, value: str) -> Answer:
    text = f"Added environment variable '{name}' to application {parts.application.name}"
    return Answer(data=_shown(call, parts, name, value), messages=told(text), status=201, kind=ONE)


def _patch(call: Call) -> Answer:
    wished = call.inputs["environment_variables"]
    parts, wanted = patch_variables(
        call.platform,
        call.user,
        call.application,
        [(name, value) for name, value in wished if value is not None],
        [name for name, value in wished if value is None],
        namespace=call.namespace,
    )
    return _patched(call, parts, wanted)


def _patched(call: Call, parts: ApplicationParts, wanted: Mapping[str, str]) -> Answer:
    text = f"Patched environment variables for application {parts.application.name}"
    shown = [_shown(call, parts, name, value) for name, value in wanted.items()]
    return Answer(data=shown, messages=told(text), status=201, kind=SEVERAL)


def show_changed(call: Call) -> Answer:
    """What the call has added or set, as it is now."""
    wished = call.inputs["environment_variables"]
    if not wished:
        name = call.inputs["name"]
        parts, value = show_variable(call.platform, call.user, call.application, name, call.namespace)
        return _added(call, parts, name, value)
    parts, variables = list_variables(call.platform, call.user, call.application, call.namespace)
    wanted = [name for name, value in wished if value is not None and name in variables]
    return _patched(call, parts, {name: variables[name] for name in wanted})


def update(call: Call) -> Answer:
    """The variable with its new value."""
    name, value = call.path["name"], call.inputs["value"]
    parts = update_variable(call.platform, call.user, call.application, name, value, namespace=call.namespace)
    return _updated(call, parts, name, value)


def show_updated(call: Call) -> Answer:
    """The variable that the call has changed, as it is now."""
    name = call.path["name"]
    parts, value = show_variable(call.platform, call.user, call.application, name, call.namespace)
    return _updated(call, parts, name, value)


def _updated(call: Call, parts: ApplicationParts, name: str, value: str) -> Answer:
    text = f"Updated environment variable '{name}' in application {parts.application.name}"
    return Answer(data=_shown(call, parts, name, value), messages=told(text))


def delete(call: Call) -> Answer:
    """The variable is gone, if it was ever there."""
    name = call.path["name"]
    parts = remove_variable(call.platform, call.user, call.application, name, call.namespace)
    text = f"Removed environment variable '{name}' from application {parts.application.name}"
    return Answer(messages=told(text))


def _shown(call: Call, parts: ApplicationParts, name: str, value: str) -> ShownVariable:
    return ShownVariable(name=name, value=value, application_id=parts.application.application_id, frame=call.frame)
