"""The events of an application and its cartridges: what each is called, what it needs, and what is said after it."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from broker.core.application import ApplicationParts
from broker.core.cartridge import Cartridge
from broker.core.errors import CartridgeNotInApplication, Invalid, Refusal
from broker.core.owner import User
from broker.core.scaling import ScaleDirection
from broker.interfaces import Platform
from broker.usecases.aliases import add_alias, remove_alias
from broker.usecases.applications import show_application
from broker.usecases.availability import disable_ha, enable_ha
from broker.usecases.cartridge_state import CartridgeEvent, change_cartridge_state
from broker.usecases.deployments import activate_deployment
from broker.usecases.scaling import scale
from broker.usecases.state import StateEvent, change_state
from broker.usecases.upkeep import UpkeepEvent, dump_threads, keep_up
from broker.usecases.views import ApplicationView

SHOWN = 100
_WORD = re.compile(r"[a-z]+(-[a-z]+)*", re.ASCII)


class EventGone(Refusal):
    """The field had this event once."""

    code = "event_gone"
    exit_code = 112

    def __init__(self, event: str) -> None:
        super().__init__(f"This event ({event}) is no longer supported.")


@dataclass(frozen=True, kw_only=True)
class EventWish:
    """An event with its parameters; which of them it reads depends on the event."""

    event: str
    by: str | int | None = None
    to: str | int | None = None
    alias: str | None = None
    deployment_id: str | None = None
    scale_down: bool = False


@dataclass(frozen=True, kw_only=True)
class Happened:
    """The application after an event, the sentence that says what was done, and what nodes had to say."""

    view: ApplicationView
    text: str
    said: str = ""


@dataclass(frozen=True, kw_only=True)
class Target:
    """Whom an event is for."""

    platform: Platform
    user: User
    reference: str
    namespace: str | None


Performer = Callable[[Target, EventWish], Happened]


def perform_event(
    platform: Platform, user: User, reference: str, wish: EventWish, namespace: str | None = None
) -> Happened:
    """Do it; when the call returns it is done. An application that is not there is said before a bad event."""
    target = Target(platform=platform, user=user, reference=reference, namespace=namespace)
    refusal = _refusal(wish)
    if refusal is not None:
        show_application(platform, user, reference, namespace)
        raise refusal
    return _PERFORMERS[wish.event](target, wish)


def _refusal(wish: EventWish) -> Refusal | None:
    """What is wrong with the wish itself, in the order of the REST contract."""
    event = wish.event
    if not _WORD.fullmatch(event):
        return Invalid("Event can only contain lowercase a-z and '-' characters", field="event", exit_code=126)
    if event in {"show-port", "expose-port", "conceal-port"}:
        return EventGone(event)
    if event in {"add-alias", "remove-alias"} and not wish.alias:
        text = "Alias must be specified for adding or removing application alias."
        return Invalid(text, field="alias", exit_code=126)
    if event == "activate" and not wish.deployment_id:
        text = "Deployment ID must be provided for activate."
        return Invalid(text, field="deployment_id", exit_code=126)
    if event not in _PERFORMERS:
        text = f"Invalid application event '{event[:SHOWN]}' specified"
        return Invalid(text, field="event", exit_code=126)
    return None


def _state(event: StateEvent, done: str) -> Performer:
    def perform(target: Target, _wish: EventWish) -> Happened:
        view = change_state(target.platform, target.user, target.reference, event, target.namespace)
        return _happened(view, done)

    return perform


def _scale(direction: ScaleDirection) -> Performer:
    def perform(target: Target, wish: EventWish) -> Happened:
        scaled = scale(
            target.platform,
            target.user,
            target.reference,
            direction,
            by=wish.by,
            to=wish.to,
            namespace=target.namespace,
        )
        return _happened(scaled.view, f"has scaled to {scaled.gears}")

    return perform


def _enable(target: Target, _wish: EventWish) -> Happened:
    return _happened(enable_ha(target.platform, target.user, target.reference, target.namespace), "is now ha")


def _disable(target: Target, wish: EventWish) -> Happened:
    view = disable_ha(target.platform, target.user, target.reference, target.namespace, scale_down=wish.scale_down)
    return _happened(view, "is now not ha")


def _add_alias(target: Target, wish: EventWish) -> Happened:
    view = add_alias(target.platform, target.user, target.reference, wish.alias or "", target.namespace)
    return _happened(view, "has added alias")


def _remove_alias(target: Target, wish: EventWish) -> Happened:
    view = remove_alias(target.platform, target.user, target.reference, wish.alias or "", target.namespace)
    return _happened(view, "has removed alias")


def _activate(target: Target, wish: EventWish) -> Happened:
    wanted = wish.deployment_id or ""
    view = activate_deployment(target.platform, target.user, target.reference, wanted, target.namespace)
    text = f"Deployment ID {wanted} on application {view.parts.application.name} has been activated"
    return Happened(view=view, text=text)


def _keep_up(event: UpkeepEvent) -> Performer:
    def perform(target: Target, _wish: EventWish) -> Happened:
        view = keep_up(target.platform, target.user, target.reference, event, target.namespace)
        return _happened(view, f"called {event.value}")

    return perform


def _dump_threads(target: Target, _wish: EventWish) -> Happened:
    dumped = dump_threads(target.platform, target.user, target.reference, target.namespace)
    return Happened(view=dumped.view, text="", said=dumped.text)


def _happened(view: ApplicationView, done: str) -> Happened:
    return Happened(view=view, text=f"Application {view.parts.application.name} {done}")


_PERFORMERS: Mapping[str, Performer] = {
    "start": _state(StateEvent.START, "has started"),
    "stop": _state(StateEvent.STOP, "has stopped"),
    "force-stop": _state(StateEvent.FORCE_STOP, "has forcefully stopped"),
    "restart": _state(StateEvent.RESTART, "has restarted"),
    "reload": _keep_up(UpkeepEvent.RELOAD),
    "tidy": _keep_up(UpkeepEvent.TIDY),
    "thread-dump": _dump_threads,
    "scale-up": _scale(ScaleDirection.UP),
    "scale-down": _scale(ScaleDirection.DOWN),
    "make-ha": _enable,
    "enable-ha": _enable,
    "disable-ha": _disable,
    "add-alias": _add_alias,
    "remove-alias": _remove_alias,
    "activate": _activate,
}
APPLICATION_EVENTS = tuple(_PERFORMERS)
_SCALING = tuple(direction.value for direction in ScaleDirection)
# What is said of a cartridge after each event.
_CARTRIDGE_EVENTS: Mapping[str, str] = {
    CartridgeEvent.START: "Started",
    CartridgeEvent.STOP: "Stopped",
    CartridgeEvent.RESTART: "Restarted",
    CartridgeEvent.RELOAD: "Reloaded",
}
CARTRIDGE_EVENTS = (*_CARTRIDGE_EVENTS, *_SCALING)


def perform_cartridge_event(
    platform: Platform,
    user: User,
    reference: str,
    cartridge: str,
    wish: EventWish,
    *,
    namespace: str | None = None,
) -> Happened:
    """Start, stop, restart or reload a cartridge, or scale the web framework by its name.

    Every other cartridge is not scaled, for it does not scale by itself.
    """
    name, event = cartridge.lower(), wish.event.lower()
    parts = show_application(platform, user, reference, namespace).parts
    if parts.cartridge(name) is None:
        raise CartridgeNotInApplication(name)
    _check_cartridge_event(parts, platform.catalogue_of(parts)[name], event)
    application_id = parts.application.application_id
    if event in _CARTRIDGE_EVENTS:
        view = change_cartridge_state(platform, user, application_id, name, CartridgeEvent(event))
        return Happened(view=view, text=f"{_CARTRIDGE_EVENTS[event]} {name} on {parts.application.name}")
    scaled = scale(
        platform,
        user,
        application_id,
        ScaleDirection(event),
        by=wish.by,
        to=wish.to,
    )
    return Happened(view=scaled.view, text=f"Cartridge {name} has scaled to {scaled.gears}")


def _check_cartridge_event(parts: ApplicationParts, cartridge: Cartridge, event: str) -> None:
    if not _WORD.fullmatch(event):
        raise Invalid("Event can only contain characters and '-'", field="event", exit_code=126)
    if event not in CARTRIDGE_EVENTS:
        text = (
            f"Invalid event '{event[:SHOWN]}' for embedded cartridge {cartridge.name}"
            f" within application '{parts.application.name}'"
        )
        raise Invalid(text, exit_code=126)
    if event in _SCALING and not cartridge.is_web_framework:
        raise Invalid(f"The cartridge {cartridge.name} cannot be scaled.", exit_code=168)
