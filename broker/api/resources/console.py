"""The console: pages for people, who read there what REST tells programs."""

from dataclasses import replace
from typing import Final
from urllib.parse import urlencode

from broker.api.call import Answer, Call
from broker.api.paging import cursor_of
from broker.api.schemas.applications import ShownApplication
from broker.api.schemas.cartridges import ShownCartridge
from broker.api.schemas.console import CONSOLE, ApplicationPage, GroupTable, ListPage, Row
from broker.api.schemas.domains import ShownDomain
from broker.api.schemas.gear_groups import ShownGearGroup
from broker.api.schemas.ha import ShownVerdict
from broker.api.schemas.operations import ShownOperation
from broker.core.access import Noun
from broker.usecases.announcing import routed_ha_name
from broker.usecases.applications import show_application
from broker.usecases.groups import cartridge_views, list_groups
from broker.usecases.ha_verdict import show_verdict
from broker.usecases.namespaces import list_namespaces
from broker.usecases.operation_history import list_operations
from broker.usecases.showing import page_of_applications

_OPERATIONS: Final = 10


def list_applications(call: Call) -> Answer:
    """A page of the caller's applications; the first one has their domains too."""
    limit, after = call.inputs["limit"], call.inputs["after"]
    page = page_of_applications(call.platform, call.user, limit=limit, after=after)
    more = None if page.after is None else urlencode({"limit": limit, "after": cursor_of(page.after)})
    shown = ListPage(
        rows=tuple(Row(shown=ShownApplication(view=each, frame=call.frame)) for each in page.views),
        domains=_domains(call) if after is None else (),
        account=call.user if _may_read(call, Noun.ACCOUNT) else None,
        is_first=after is None,
        next_address=None if more is None else f"{CONSOLE}?{more}",
    )
    return Answer(data=shown)


def _domains(call: Call) -> tuple[ShownDomain, ...]:
    if not _may_read(call, Noun.DOMAINS):
        return ()
    found = list_namespaces(call.platform, call.user, with_contents=True)
    return tuple(ShownDomain(view=each, frame=call.frame) for each in found)


def _may_read(call: Call, noun: Noun) -> bool:
    return call.user.scopes.allow_request(noun, reads=True)


def show_one(call: Call) -> Answer:
    """One application; each part of the page is what the resource of its own shows."""
    frame = replace(call.frame, with_links=True)
    view = show_application(call.platform, call.user, call.application)
    application = view.parts.application
    wanted = application.application_id
    verdict = show_verdict(call.platform, call.user, wanted)
    _, groups = list_groups(call.platform, call.user, wanted)
    operations = list_operations(call.platform, call.user, wanted, limit=_OPERATIONS)
    held = {each.gear.gear_id: each.rotation for each in verdict.held_out}
    shown = [ShownGearGroup(view=each, frame=frame, with_endpoints=False) for each in groups]
    cartridges = cartridge_views(call.platform, view.parts)
    page = ApplicationPage(
        shown=ShownApplication(view=view, frame=frame),
        verdict=ShownVerdict(view=verdict, frame=frame),
        ha_name=routed_ha_name(frame.policy, application),
        groups=tuple(GroupTable(shown=each, held=held) for each in shown),
        cartridges=tuple(ShownCartridge(view=each, frame=frame) for each in cartridges),
        operations=tuple(ShownOperation(entry=each, frame=frame) for each in operations),
    )
    return Answer(data=page)
