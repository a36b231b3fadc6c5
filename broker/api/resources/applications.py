"""Applications."""

from broker.api.call import Answer, Call, told
from broker.api.schemas.applications import ShownApplication
from broker.usecases.applications import (
    create_application,
    delete_application,
    list_applications,
    show_application,
)
from broker.usecases.groups import cartridge_views
from broker.usecases.views import ApplicationView


def list_all(call: Call) -> Answer:
    """The applications of the caller, or those of one domain."""
    views = list_applications(call.platform, call.user, call.namespace)
    shown = [shown_application(call, each) for each in views]
    return Answer(data=shown, messages=told(f"Found {len(shown)} applications."))


def show_one(call: Call) -> Answer:
    """One application."""
    view = show_application(call.platform, call.user, call.application, call.namespace)
    text = f"Application '{view.parts.application.name}' found"
    return Answer(data=shown_application(call, view), messages=told(text))


def create(call: Call) -> Answer:
    """A new application, served when the answer comes."""
    view = create_application(call.platform, call.user, call.inputs["wish"])
    text = f"Application {view.parts.application.name} was created."
    return Answer(data=shown_application(call, view), messages=told(text), status=201)


def delete(call: Call) -> Answer:
    """The application is gone."""
    delete_application(call.platform, call.user, call.application, call.namespace)
    return Answer(messages=told(f"Application {call.application.lower()} is deleted."))


def shown_application(call: Call, view: ApplicationView) -> ShownApplication:
    """The application as it is shown, with its cartridges where `include` asks for them."""
    wanted = "cartridges" in call.inputs.get("include", ())
    installed = cartridge_views(call.platform, view.parts) if wanted else None
    return ShownApplication(view=view, frame=call.frame, installed=installed)
