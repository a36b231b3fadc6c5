"""The entry of the interface and its environment."""

from broker.api.call import Answer, Call, told
from broker.api.links import link_map
from broker.api.schemas.discovery import ShownEnvironment, entry_links


def show_entry(call: Call) -> Answer:
    """Everything a client can begin with."""
    return Answer(data=link_map(call.frame.base, entry_links(call.frame)))


def show_environment(call: Call) -> Answer:
    """The environment of all applications."""
    return Answer(data=ShownEnvironment(frame=call.frame), messages=told("Showing broker environment"))
