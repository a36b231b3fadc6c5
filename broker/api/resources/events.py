"""The events of an application."""

from broker.api.call import Answer, Call, Message, told
from broker.api.resources.applications import shown_application
from broker.usecases.events import perform_event


def post_event(call: Call) -> Answer:
    """The application after the event."""
    happened = perform_event(call.platform, call.user, call.application, call.inputs["wish"], call.namespace)
    said = (Message(severity="result", text=happened.said),) if happened.said else ()
    return Answer(data=shown_application(call, happened.view), messages=told(happened.text, *said))
