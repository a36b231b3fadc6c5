"""Domains."""

from dataclasses import replace

from broker.api.call import Answer, Call, told
from broker.api.schemas.domains import ShownDomain
from broker.usecases.namespaces import (
    create_namespace,
    delete_namespace,
    list_namespaces,
    show_namespace,
    update_namespace,
)
from broker.usecases.revisions import revision_of
from broker.usecases.views import NamespaceView


def list_domains(call: Call) -> Answer:
    """All domains that the caller may see: their own first; or only these."""
    owned = "owner" in call.inputs
    found = list_namespaces(call.platform, call.user, owned=owned, with_contents=_wants_contents(call))
    return Answer(data=[_shown(call, each) for each in found])


def show_domain(call: Call) -> Answer:
    """One domain."""
    found = show_namespace(call.platform, call.user, call.path["domain_id"], with_contents=_wants_contents(call))
    text = f"Found domain {found.namespace.name}"
    return Answer(data=_shown(call, found), messages=told(text), revision=revision_of(found.namespace))


def create_domain(call: Call) -> Answer:
    """A new domain."""
    made = create_namespace(call.platform, call.user, call.inputs["name"], call.inputs["gear_sizes"])
    text = f"Created domain with name {made.namespace.name}"
    return Answer(data=_shown(call, made), messages=told(text), status=201)


def show_created(call: Call) -> Answer:
    """The domain that the call has created."""
    return show_domain(replace(call, path={"domain_id": call.inputs["name"]}, inputs={"include": ()}))


def show_updated(call: Call) -> Answer:
    """The domain that the call has renamed or changed."""
    name = call.inputs["name"] or call.path["domain_id"]
    return show_domain(replace(call, path={"domain_id": name}, inputs={"include": ()}))


def update_domain(call: Call) -> Answer:
    """The domain with its new name or gear sizes."""
    before = call.path["domain_id"].lower()
    changed = update_namespace(
        call.platform,
        call.user,
        before,
        new_name=call.inputs["name"] or None,
        gear_sizes=call.inputs["gear_sizes"],
    )
    after = changed.namespace.name
    done = [f"Changed namespace to '{after}'."] if after != before else []
    done += [] if call.inputs["gear_sizes"] is None else ["Updated allowed gear sizes."]
    return Answer(data=_shown(call, changed), messages=told(" ".join(done)))


def delete_domain(call: Call) -> Answer:
    """The domain is gone, with its applications if that was forced."""
    name = call.path["domain_id"].lower()
    delete_namespace(call.platform, call.user, name, force=call.inputs["force"])
    return Answer(messages=told(f"Domain {name} deleted."))


def _wants_contents(call: Call) -> bool:
    return "application_info" in call.inputs["include"]


def _shown(call: Call, view: NamespaceView) -> ShownDomain:
    return ShownDomain(view=view, frame=call.frame)
