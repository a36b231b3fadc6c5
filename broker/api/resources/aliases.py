"""Aliases of an application."""

from broker.api.call import Answer, Call, told
from broker.api.schemas.aliases import ShownAlias
from broker.usecases.aliases import add_alias, remove_alias, show_alias, update_alias
from broker.usecases.applications import show_application
from broker.usecases.revisions import revision_of
from broker.usecases.views import ApplicationView


def list_aliases(call: Call) -> Answer:
    """All aliases of the application."""
    view = show_application(call.platform, call.user, call.application, call.namespace)
    text = f"Listing aliases for application {_named(view)}"
    return Answer(data=[_shown(call, view, alias) for alias in view.aliases], messages=told(text))


def show_one_alias(call: Call) -> Answer:
    """One alias."""
    alias = call.path["alias"].lower()
    view = show_alias(call.platform, call.user, call.application, alias, call.namespace)
    text = f"Showing alias {alias} for application {_named(view)}"
    return Answer(data=_shown(call, view, alias), messages=told(text), revision=revision_of(view.parts))


def create_alias(call: Call) -> Answer:
    """A new alias."""
    alias = call.inputs["alias"].lower()
    view = add_alias(
        call.platform,
        call.user,
        call.application,
        alias,
        call.namespace,
        certificate=call.inputs["certificate"],
    )
    return _added(call, view, alias)


def show_created(call: Call) -> Answer:
    """The alias that the call has added."""
    alias = call.inputs["alias"].lower()
    return _added(call, show_alias(call.platform, call.user, call.application, alias, call.namespace), alias)


def _added(call: Call, view: ApplicationView, alias: str) -> Answer:
    text = f"Added {alias} to application {view.parts.application.name}"
    return Answer(data=_shown(call, view, alias), messages=told(text), status=201)


def update_certificate(call: Call) -> Answer:
    """The alias has another certificate, or none any more."""
    alias = call.path["alias"].lower()
    certificate = call.inputs["certificate"]
    view = update_alias(call.platform, call.user, call.application, alias, call.namespace, certificate=certificate)
    return _updated(call, view, alias)


def show_updated(call: Call) -> Answer:
    """The alias whose certificate the call has changed."""
    alias = call.path["alias"].lower()
    return _updated(call, show_alias(call.platform, call.user, call.application, alias, call.namespace), alias)


def _updated(call: Call, view: ApplicationView, alias: str) -> Answer:
    text = f"Updated {alias} to application {view.parts.application.name}"
    return Answer(data=_shown(call, view, alias), messages=told(text))


def delete_alias(call: Call) -> Answer:
    """The alias is gone."""
    alias = call.path["alias"].lower()
    view = remove_alias(call.platform, call.user, call.application, alias, call.namespace)
    return Answer(messages=told(f"Removed {alias} from application {view.parts.application.name}"))


def _named(view: ApplicationView) -> str:
    application = view.parts.application
    return f"{application.name} under domain {application.namespace}"


def _shown(call: Call, view: ApplicationView, alias: str) -> ShownAlias:
    return ShownAlias(
        id=alias,
        application_id=view.parts.application.application_id,
        added_at=view.certificates.get(alias),
        frame=call.frame,
    )
