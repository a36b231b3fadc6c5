"""How single parameters are read: blanks count as missing, and what cannot be read is refused by name."""

import json
import math
import re
from collections.abc import Mapping
from typing import Any, ClassVar

from marshmallow import EXCLUDE, Schema, fields, missing

from broker.api.refusals import Unreadable
from broker.core.errors import Invalid
from broker.core.scaling import parse_number

SHOWN = 100
_POSITION = re.compile(r"\d{1,18}", re.ASCII)


class Form(Schema):
    """The parameters of a request; what it does not know is ignored, as the field's clients expect."""

    class Meta:
        """Nothing else is configured."""

        unknown = EXCLUDE


class Parameter(fields.Field[Any]):
    """A parameter; None and, unless `keeps_blank`, a blank string count as not given."""

    keeps_blank: ClassVar[bool] = False

    def deserialize(
        self, value: Any, attr: str | None = None, data: Mapping[str, Any] | None = None, **kwargs: Any
    ) -> Any:
        """The value, or the default where nothing was given."""
        blank = isinstance(value, str) and not value.strip() and not self.keeps_blank
        return super().deserialize(missing if value is None or blank else value, attr, data, **kwargs)


def text_of(value: object) -> str | None:
    """The string, or the text of a JSON number where a string is meant; None for anything else."""
    if isinstance(value, str):
        return value
    is_number = isinstance(value, int) or (isinstance(value, float) and math.isfinite(value))
    return json.dumps(value) if is_number and not isinstance(value, bool) else None


class Text(Parameter):
    """A string."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        del data, kwargs
        text = text_of(value)
        if text is None or "\0" in text:
            raise Invalid(f"Invalid value for '{attr}': a string is expected.", field=attr)
        return text


class EventName(Text):
    """The name of an event; what is no string is as malformed as an empty one, which is said in the event's turn."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        del attr, data, kwargs
        text = text_of(value) or ""
        return "" if "\0" in text else text


class Value(Parameter):
    """The value of an environment variable: a string that may be empty."""

    keeps_blank = True

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        del data, kwargs
        text = text_of(value)
        if text is None:
            raise Invalid("Value must be a string.", field=attr, exit_code=190)
        return text


class Flag(Parameter):
    """True or false, as JSON has them or as these words in any case."""

    keeps_blank = True

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> bool:
        del attr, data, kwargs
        if isinstance(value, bool):
            return value
        if isinstance(value, str) and value.lower() in {"true", "false"}:
            return value.lower() == "true"
        text = f"Invalid value '{str(value)[:SHOWN]}'. Valid options: [true, false]"
        raise Invalid(text, exit_code=167)


class Number(Parameter):
    """An integer; what is none counts as not given, and what is huge is cut to what no limit lets through."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> int | None:
        del attr, data, kwargs
        return parse_number(value) if isinstance(value, str | int) else None


class Position(Parameter):
    """A number from `lowest` to `highest`, if there is one, and nothing else."""

    lowest: ClassVar[int] = 0
    highest: ClassVar[int | None] = None

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> int:
        del data, kwargs
        number = int(str(value)) if _POSITION.fullmatch(str(value)) else -1
        if number < self.lowest:
            raise Invalid(f"Invalid value for '{attr}': a number from {self.lowest} is expected.", field=attr)
        if self.highest is not None and number > self.highest:
            raise Invalid(f"Invalid value for '{attr}': {self.highest} is the most.", field=attr)
        return number


class Count(Position):
    """How many, at least one."""

    lowest = 1


class Words(Parameter):
    """A list of words, or one string with commas; an empty list stays one."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> tuple[str, ...]:
        del data, kwargs
        words = value.split(",") if isinstance(value, str) else value
        if not isinstance(words, list) or not all(isinstance(word, str) for word in words):
            raise Invalid(f"Invalid value for '{attr}': a list of words is expected.", field=attr)
        return tuple(word.strip() for word in words if word.strip())


class Owner(Parameter):
    """Whose things are listed: one's own, which is all that can be asked for."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        del attr, data, kwargs
        if value != "@self":
            raise Unreadable("Only @self is supported for the 'owner' argument.")
        return "@self"


class Links(fields.Field[Any]):
    """The links of what is shown; absent where the client wants none."""

    def _serialize(self, value: Any, attr: str | None, obj: Any, **kwargs: Any) -> Any:
        del attr, obj, kwargs
        return missing if value is None else value
