"""What an application is made of, whether its name is in DNS, and its settings changed."""

import yaml

from broker.api.call import Answer, Call, told
from broker.api.resources.applications import shown_application
from broker.usecases.inspecting import check_name, describe_application
from broker.usecases.updating import update_application


def show_descriptor(call: Call) -> Answer:
    """The descriptor, as YAML in one string."""
    parts, described = describe_application(call.platform, call.user, call.application, call.namespace)
    application = parts.application
    text = f"Show descriptor for application '{application.name}' for domain '{application.namespace}'"
    written = yaml.safe_dump(described, sort_keys=False, explicit_start=True)
    return Answer(data=written, messages=told(text))


def check_dns(call: Call) -> Answer:
    """True: whoever asks for the application's name is answered."""
    name = check_name(call.platform, call.user, call.application, call.namespace)
    return Answer(data=True, messages=told(f"Resolved DNS {name}"))


def update(call: Call) -> Answer:
    """The application with its new settings."""
    settings = call.inputs["settings"]
    view = update_application(call.platform, call.user, call.application, settings, call.namespace)
    text = f"Application {view.parts.application.name} was updated."
    return Answer(data=shown_application(call, view), messages=told(text))
