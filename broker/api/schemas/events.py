"""The events of an application."""

from typing import Any

from marshmallow import post_load

from broker.api.fields import EventName, Flag, Form, Number, Text, Words
from broker.usecases.events import EventWish


class ApplicationEvent(Form):
    """An event with its parameters."""

    event = EventName(load_default="")
    by = Number(load_default=None)
    to = Number(load_default=None)
    alias = Text(load_default=None)
    deployment_id = Text(load_default=None)
    scale_down = Flag(load_default=False)
    include = Words(load_default=())

    @post_load
    def settle(self, given: dict[str, Any], **_: object) -> dict[str, Any]:
        """The wish, and how much of the application is shown."""
        include = given.pop("include")
        return {"wish": EventWish(**given), "include": include}
