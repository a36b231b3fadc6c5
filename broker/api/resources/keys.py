"""SSH keys of the caller."""

from dataclasses import replace

from broker.api.call import Answer, Call, told
from broker.api.schemas.keys import ShownKey
from broker.core.owner import SshKey
from broker.usecases.keys import create_key, delete_key, list_keys, show_key, update_key
from broker.usecases.revisions import revision_of


def list_all(call: Call) -> Answer:
    """All keys of the caller."""
    found = list_keys(call.platform, call.user)
    return Answer(data=[_shown(call, key) for key in found], messages=told(f"Found {len(found)} ssh keys"))


def show(call: Call) -> Answer:
    """One key."""
    key = show_key(call.platform, call.user, call.path["key_name"])
    messages = told(f"Found SSH key '{key.name}'")
    return Answer(data=_shown(call, key), messages=messages, revision=revision_of(key))


def create(call: Call) -> Answer:
    """A new key."""
    given = call.inputs
    key = create_key(call.platform, call.user, name=given["name"], kind=given["type"], content=given["content"])
    return _created(call, key)


def show_created(call: Call) -> Answer:
    """The key that the call has added."""
    return _created(call, show_key(call.platform, call.user, call.inputs["name"]))


def update(call: Call) -> Answer:
    """The key with its new type and content."""
    given = call.inputs
    key = update_key(call.platform, call.user, call.path["key_name"], kind=given["type"], content=given["content"])
    return _updated(call, key)


def show_updated(call: Call) -> Answer:
    """The key that the call has changed."""
    return _updated(call, show_key(call.platform, call.user, call.path["key_name"]))


def delete(call: Call) -> Answer:
    """The key is gone."""
    name = call.path["key_name"]
    delete_key(call.platform, call.user, name)
    return Answer(messages=told(f"Removed SSH key {name}"))


def _created(call: Call, key: SshKey) -> Answer:
    text = f"Created SSH key {key.name}"
    return Answer(data=_shown(call, key), messages=told(text), status=201, revision=revision_of(key))


def _updated(call: Call, key: SshKey) -> Answer:
    text = f"Updated SSH key {key.name} for user {call.user.login}"
    return replace(_created(call, key), messages=told(text), status=200)


def _shown(call: Call, key: SshKey) -> ShownKey:
    return ShownKey(key=key, frame=call.frame)
