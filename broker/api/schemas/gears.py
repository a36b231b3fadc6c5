"""The events of one gear."""

from typing import ClassVar

from broker.api.fields import EventName, Form, Position, Words
from broker.core.rotation import MOST_DRAIN_SECONDS


class DrainSeconds(Position):
    """How long requests that a gear has are given."""

    highest: ClassVar[int | None] = MOST_DRAIN_SECONDS


class GearEvent(Form):
    """An event; `timeout` is that of `rotate-out`."""

    event = EventName(load_default="")
    timeout = DrainSeconds(load_default=None)
    include = Words(load_default=())
