"""Domains."""

from dataclasses import replace

from broker.api.call import Answer, Call, told
from broker.api.schemas.domains import ShownDomain
from broker.core.owner import Namespace
from broker.usecases.namespaces import (
    NamespaceContents,
    count_contents,
    create_namespace,
    delete_namespace,
    list_namespaces,
    show_namespace,
    update_namespace,
)


def list_domains(call: Call) -> Answer:
    """All domains of the caller."""
    return Answer(data=_all_shown(call, list_namespaces(call.platform, call.user)))


def show_domain(call: Call) -> Answer:
    """One domain."""
    found = show_namespace(call.platform, call.user, call.path["domain_id"])
    (shown,) = _all_shown(call, (found,))
    return Answer(data=shown, messages=told(f"Found domain {found.name}"))


def create_domain(call: Call) -> Answer:
    """A new domain."""
    made = create_namespace(call.platform, call.user, call.inputs["name"], call.inputs["gear_sizes"])
    return Answer(data=_shown(call, made), messages=told(f"Created domain with name {made.name}"), status=201)


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
    done = [f"Changed namespace to '{changed.name}'."] if changed.name != before else []
    done += [] if call.inputs["gear_sizes"] is None else ["Updated allowed gear sizes."]
    return Answer(data=_shown(call, changed), messages=told(" ".join(done)))


def delete_domain(call: Call) -> Answer:
    """The domain is gone, with its applications if that was forced."""
    name = call.path["domain_id"].lower()
    delete_namespace(call.platform, call.user, name, force=call.inputs["force"])
    return Answer(messages=told(f"Domain {name} deleted."))


def _all_shown(call: Call, namespaces: tuple[Namespace, ...]) -> list[ShownDomain]:
    """The domains, with what is in them where `include` asks for it."""
    shown = [_shown(call, each) for each in namespaces]
    if "application_info" not in call.inputs["include"]:
        return shown
    counted = count_contents(call.platform, call.user)
    return [replace(each, contents=counted.get(each.namespace.namespace_id, NamespaceContents())) for each in shown]


def _shown(call: Call, namespace: Namespace) -> ShownDomain:
    return ShownDomain(namespace=namespace, owner=call.user, frame=call.frame)
