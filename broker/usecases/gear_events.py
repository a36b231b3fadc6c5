"""The events of one gear: what each is called, what it needs, and what is said after it."""

import re
from collections.abc import Callable, Mapping

from broker.core.errors import Invalid
from broker.usecases.applications import show_application
from broker.usecases.events import Happened
from broker.usecases.gears import GearTarget, restart_gear, rotate_in, rotate_out
from broker.usecases.views import ApplicationView

SHOWN = 100
BAD_EVENT = 126
_WORD = re.compile(r"[a-z]+(-[a-z]+)*", re.ASCII)

Performer = Callable[[GearTarget, int | None], ApplicationView]

_PERFORMERS: Mapping[str, tuple[Performer, str]] = {
    "restart": (lambda target, _: restart_gear(target), "has restarted"),
    "rotate-out": (rotate_out, "is rotated out"),
    "rotate-in": (lambda target, _: rotate_in(target), "is rotated in"),
}
GEAR_EVENTS = tuple(_PERFORMERS)


def perform_gear_event(target: GearTarget, event: str, timeout: int | None = None) -> Happened:
    """Do it; when the call returns it is done. An application that is not there is said before a bad event."""
    refusal = _refusal(event)
    if refusal is not None:
        show_application(target.platform, target.user, target.reference, target.namespace)
        raise refusal
    perform, done = _PERFORMERS[event]
    return Happened(view=perform(target, timeout), text=f"Gear {target.gear_id} {done}")


def _refusal(event: str) -> Invalid | None:
    if not _WORD.fullmatch(event):
        text = "Event can only contain lowercase a-z and '-' characters"
        return Invalid(text, field="event", exit_code=BAD_EVENT)
    if event not in _PERFORMERS:
        return Invalid(f"Invalid gear event '{event[:SHOWN]}' specified", field="event", exit_code=BAD_EVENT)
    return None
