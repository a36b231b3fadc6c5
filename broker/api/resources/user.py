"""The caller's own account."""

from broker.api.call import Answer, Call, told
from broker.api.schemas.user import ShownUser
from broker.usecases.sub_accounts import delete_sub_account


def show_user(call: Call) -> Answer:
    """The account that asks."""
    return Answer(data=ShownUser(user=call.user, frame=call.frame))


def delete_user(call: Call) -> Answer:
    """The account is gone, with its domains if that was forced."""
    delete_sub_account(call.platform, call.user, force=call.inputs["force"])
    return Answer(messages=told(f"User {call.user.login} deleted."))
