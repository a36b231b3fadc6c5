"""The cartridges of an application."""

from broker.api.call import Answer, Call, told
from broker.api.resources.applications import said_of_credentials, shown_application
from broker.api.schemas.cartridges import ShownCartridge
from broker.core.application import ApplicationParts
from broker.usecases.adding import Added, add_cartridges, show_added
from broker.usecases.events import EventWish, perform_cartridge_event
from broker.usecases.groups import list_cartridges, show_cartridge
from broker.usecases.removing import remove_cartridge
from broker.usecases.revisions import revision_of
from broker.usecases.scaling import set_limits
from broker.usecases.views import CartridgeView


def list_installed(call: Call) -> Answer:
    """All cartridges of the application."""
    parts, views = list_cartridges(call.platform, call.user, call.application, call.namespace)
    text = f"Listing cartridges for application {_named(parts)}"
    return Answer(data=[ShownCartridge(view=each, frame=call.frame) for each in views], messages=told(text))


def show_installed(call: Call) -> Answer:
    """One cartridge, with what each gear that carries it says."""
    view, messages = show_cartridge(
        call.platform, call.user, call.application, call.path["cartridge_name"], call.namespace
    )
    text = f"Showing cartridge {view.cartridge.name} for application {_named(view.parts)}"
    shown = ShownCartridge(view=view, frame=call.frame, messages=messages)
    return Answer(data=shown, messages=told(text), revision=revision_of(view.parts))


def add(call: Call) -> Answer:
    """The cartridges that were added, one by itself or several, with their credentials."""
    added = add_cartridges(call.platform, call.user, call.application, call.inputs["addition"], call.namespace)
    return _shown_added(call, added)


def show_added_installed(call: Call) -> Answer:
    """The same for a client that did not get the first answer."""
    added = show_added(call.platform, call.user, call.application, call.inputs["addition"], call.namespace)
    return _shown_added(call, added)


def _shown_added(call: Call, added: Added) -> Answer:
    shown = [ShownCartridge(view=each, frame=call.frame) for each in added.views]
    names = ", ".join(each.cartridge.name for each in added.views)
    text = f"Added {names} to application {added.parts.application.name}"
    is_one = len(shown) == 1
    return Answer(
        data=shown[0] if is_one else shown,
        messages=told(text, *said_of_credentials(added.told)),
        status=201,
        kind="cartridge" if is_one else "cartridges",
        secret=any(each.values for each in added.views),
    )


def remove(call: Call) -> Answer:
    """The cartridge is gone."""
    name = call.path["cartridge_name"]
    parts = remove_cartridge(call.platform, call.user, call.application, name, call.namespace)
    return Answer(messages=told(f"Removed {name} from application {parts.application.name}"))


def update_installed(call: Call) -> Answer:
    """The cartridge with its new limits, and already scaled to them."""
    view = set_limits(
        call.platform,
        call.user,
        call.application,
        call.path["cartridge_name"],
        scales_from=call.inputs["scales_from"],
        scales_to=call.inputs["scales_to"],
        additional_storage=call.inputs["additional_gear_storage"],
        namespace=call.namespace,
    )
    return Answer(data=ShownCartridge(view=view, frame=call.frame), messages=told(_said_of_update(view)))


def show_updated(call: Call) -> Answer:
    """The same for a client that did not get the first answer."""
    view, _ = show_cartridge(call.platform, call.user, call.application, call.path["cartridge_name"], call.namespace)
    return Answer(data=ShownCartridge(view=view, frame=call.frame), messages=told(_said_of_update(view)))


def _said_of_update(view: CartridgeView) -> str:
    return f"Updated cartridge {view.cartridge.name} for application {_named(view.parts)}"


def post_cartridge_event(call: Call) -> Answer:
    """The application after the event."""
    happened = perform_cartridge_event(
        call.platform,
        call.user,
        call.application,
        call.path["cartridge_name"],
        EventWish(event=call.inputs["event"], by=call.inputs["by"], to=call.inputs["to"]),
        namespace=call.namespace,
    )
    return Answer(data=shown_application(call, happened.view), messages=told(happened.text))


def _named(parts: ApplicationParts) -> str:
    return f"{parts.application.name} under domain {parts.application.namespace}"
