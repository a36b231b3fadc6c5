"""Whether an application is HA now."""

from broker.api.call import Answer, Call, told
from broker.api.schemas.ha import ShownVerdict
from broker.usecases.ha_verdict import show_verdict


def show_ha(call: Call) -> Answer:
    """The verdict, why it is not better, and what would help."""
    view = show_verdict(call.platform, call.user, call.application, call.namespace)
    application = view.parts.application
    text = f"Showing whether application '{application.name}' with domain '{application.namespace}' is HA"
    return Answer(data=ShownVerdict(view=view, frame=call.frame), messages=told(text))
