"""The cartridges of an application."""

from broker.api.call import Answer, Call, told
from broker.api.resources.applications import shown_application
from broker.api.schemas.cartridges import ShownCartridge
from broker.core.application import ApplicationParts
from broker.usecases.events import EventWish, perform_cartridge_event
from broker.usecases.groups import list_cartridges, show_cartridge
from broker.usecases.scaling import set_limits


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
    return Answer(data=shown, messages=told(text))


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
    text = f"Updated cartridge {view.cartridge.name} for application {_named(view.parts)}"
    return Answer(data=ShownCartridge(view=view, frame=call.frame), messages=told(text))


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
