"""Applications."""

from dataclasses import replace

from broker.api.call import Answer, Call, Message, told
from broker.api.paging import cursor_of, next_page
from broker.api.schemas.applications import ShownApplication
from broker.api.schemas.members import ShownMember, counted
from broker.usecases.adding import names_meant
from broker.usecases.applications import (
    create_application,
    delete_application,
    show_application,
)
from broker.usecases.cartridge_data import AllData, credentials_of, data_for
from broker.usecases.groups import cartridge_views
from broker.usecases.members import list_application_members
from broker.usecases.revisions import revision_of
from broker.usecases.showing import page_of_applications
from broker.usecases.views import ApplicationView


def list_all(call: Call) -> Answer:
    """The applications of the caller, or those of one domain."""
    limit, owned = call.inputs["limit"], "owner" in call.inputs
    page = page_of_applications(
        call.platform, call.user, call.namespace, owned=owned, limit=limit, after=call.inputs["after"]
    )
    data = data_for(call.platform, call.user, [each.parts for each in page.views])
    shown = [_shown(call, each, data) for each in page.views]
    headers = {} if page.after is None else _next_page(call, cursor_of(page.after))
    return Answer(data=shown, messages=told(f"Found {len(shown)} applications."), headers=headers)


def _next_page(call: Call, after: str) -> dict[str, str]:
    path = "applications" if call.namespace is None else f"domain/{call.namespace.lower()}/applications"
    asked = {"owner": call.inputs.get("owner"), "include": ",".join(call.inputs["include"])}
    query = {name: value for name, value in asked.items() if value}
    return next_page(call, path, {**query, "limit": call.inputs["limit"], "after": after})


def list_members(call: Call) -> Answer:
    """The members of an application, which are those of its domain."""
    application_id, members = list_application_members(call.platform, call.user, call.application, call.namespace)
    shown = [ShownMember(member=each, place=f"application/{application_id}", frame=call.frame) for each in members]
    return Answer(data=shown, messages=told(f"Found {counted(len(shown), 'member')}."))


def show_one(call: Call) -> Answer:
    """One application."""
    view = show_application(call.platform, call.user, call.application, call.namespace)
    text = f"Application '{view.parts.application.name}' found"
    return Answer(data=shown_application(call, view), messages=told(text), revision=revision_of(view.parts))


def create(call: Call) -> Answer:
    """A new application, served when the answer comes."""
    view = create_application(call.platform, call.user, call.inputs["wish"])
    text = f"Application {view.parts.application.name} was created."
    said = said_of_credentials(credentials_of(call.platform, call.user, view.parts))
    shown = shown_application(call, view, tells=True)
    return Answer(data=shown, messages=told(text, *said), status=201, secret=bool(said))


def show_created(call: Call) -> Answer:
    """The same application for a client that did not get the first answer, with the credentials it was created with."""
    view = show_application(call.platform, call.user, call.application, call.namespace)
    shown = shown_application(call, view, tells=True)
    first = names_meant(call.platform, view.parts, call.inputs["wish"].cartridges)
    said = said_of_credentials(credentials_of(call.platform, call.user, view.parts, first))
    text = f"Application {view.parts.application.name} was created."
    return Answer(data=shown, messages=told(text, *said), secret=any(shown.values.values()))


def show_changed(call: Call) -> Answer:
    """The application for a client that did not get the answer to its change; what was said of that is not kept."""
    return replace(show_one(call), messages=())


def said_of_credentials(text: str) -> tuple[Message, ...]:
    """What a person is told once, if there is anything."""
    return (Message(severity="result", text=text),) if text else ()


def delete(call: Call) -> Answer:
    """The application is gone."""
    delete_application(call.platform, call.user, call.application, call.namespace)
    return Answer(messages=told(f"Application {call.application.lower()} is deleted."))


def shown_application(call: Call, view: ApplicationView, *, tells: bool = False) -> ShownApplication:
    """The application as it is shown, with its cartridges where `include` asks for them.

    An answer that is kept under an Idempotency-Key has no credentials; one that `tells` them is not kept.
    """
    is_kept = call.platform.origin.answer_key is not None and not tells
    return _shown(call, view, {} if is_kept else data_for(call.platform, call.user, [view.parts]))


def _shown(call: Call, view: ApplicationView, data: AllData) -> ShownApplication:
    wanted = "cartridges" in call.inputs.get("include", ())
    values = data.get(view.parts.application.application_id, {})
    installed = cartridge_views(call.platform, view.parts, values) if wanted else None
    return ShownApplication(view=view, frame=call.frame, installed=installed, values=values)
