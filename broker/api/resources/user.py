"""The caller's own account."""

from broker.api.call import Answer, Call
from broker.api.schemas.user import ShownUser


def show_user(call: Call) -> Answer:
    """The account that asks."""
    return Answer(data=ShownUser(user=call.user, frame=call.frame))
