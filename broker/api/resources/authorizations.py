"""Authorizations of the caller, who is shown their tokens again; scopes let nobody here but with a whole session."""

from broker.api.call import Answer, Call, told
from broker.api.paging import cursor_of, next_page
from broker.api.schemas.authorizations import ShownAuthorization
from broker.core.owner import Authorization
from broker.usecases.authorizations import (
    change_note,
    create_authorization,
    list_authorizations,
    revoke,
    revoke_all,
    show_authorization,
    token_of,
)
from broker.usecases.revisions import revision_of


def list_all(call: Call) -> Answer:
    """All authorizations of the caller that are still good, newest first, or a page of them."""
    limit = call.inputs["limit"]
    found = list_authorizations(call.platform, call.user, limit=limit, after=call.inputs["after"])
    headers = {}
    if limit is not None and len(found) == limit:
        place = cursor_of((found[-1].created_at, found[-1].authorization_id))
        headers = next_page(call, "user/authorizations", {"limit": limit, "after": place})
    return Answer(data=[_shown(call, each) for each in found], messages=told("List authorizations"), headers=headers)


def show(call: Call) -> Answer:
    """One authorization."""
    return _one(call, show_authorization(call.platform, call.user, call.path["authorization"]), "Display authorization")


def create(call: Call) -> Answer:
    """A new authorization, or one of before that will do."""
    made, is_new = create_authorization(call.platform, call.user, call.inputs["wish"])
    return _one(call, made, "Create authorization", 201) if is_new else _one(call, made, "Reused existing")


def show_created(call: Call) -> Answer:
    """The authorization that the call has made."""
    made = show_authorization(call.platform, call.user, call.became or "")
    return _one(call, made, "Create authorization", 201)


def update(call: Call) -> Answer:
    """The authorization with its new note."""
    changed = change_note(call.platform, call.user, call.path["authorization"], call.inputs["note"])
    return _one(call, changed, "Change authorization")


def show_updated(call: Call) -> Answer:
    """The authorization whose note the call has changed."""
    return _one(call, show_authorization(call.platform, call.user, call.became or ""), "Change authorization")


def revoke_one(call: Call) -> Answer:
    """The authorization is good no more; or there was none."""
    revoke(call.platform, call.user, call.path["authorization"])
    return tell_revoked(call)


def tell_revoked(call: Call) -> Answer:
    """What is answered once an authorization is revoked."""
    return Answer(messages=told(f"Authorization {call.path['authorization']} is revoked."))


def revoke_every(call: Call) -> Answer:
    """No authorization is good any more, or none that has these scopes."""
    revoke_all(call.platform, call.user, call.inputs["scopes"])
    return Answer(messages=told(f"All authorizations for {call.user.user_id} are revoked."))


def _one(call: Call, authorization: Authorization, text: str, status: int = 200) -> Answer:
    return Answer(
        data=_shown(call, authorization), messages=told(text), status=status, revision=revision_of(authorization)
    )


def _shown(call: Call, authorization: Authorization) -> ShownAuthorization:
    return ShownAuthorization(
        authorization=authorization,
        token=token_of(call.platform, authorization),
        identity=call.user.login,
        at=call.platform.clock.now(),
        frame=call.frame,
    )
