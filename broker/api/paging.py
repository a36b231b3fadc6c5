"""Lists a page at a time: how many are asked for, where a page begins, and the header that leads to the next one."""

import base64
import binascii
from collections.abc import Mapping
from typing import Any, ClassVar, Final
from urllib.parse import urlencode

from broker.api.call import Call
from broker.api.fields import Parameter, Position
from broker.core.errors import Invalid
from broker.core.ids import ApplicationId
from broker.usecases.finding import looks_like_id

PAGE: Final = 50
MOST: Final = 500


class PageSize(Position):
    """How many are shown at most."""

    lowest: ClassVar[int] = 1
    highest: ClassVar[int | None] = MOST


class Cursor(Parameter):
    """Where a page begins: text and id by which the last one before it is sorted. They mean nothing to a client."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> tuple[str, ApplicationId]:
        del data, kwargs
        try:
            text = base64.b64decode(str(value).encode(), altchars=b"-_", validate=True).decode()
        except (binascii.Error, UnicodeError):
            text = ""
        name, slash, application_id = text.partition("/")
        if not slash or not looks_like_id(application_id) or "\0" in name:
            raise Invalid(f"Invalid value for '{attr}': what the last page had is expected.", field=attr)
        return name, ApplicationId(application_id)


def cursor_of(place: tuple[str, str]) -> str:
    """The place as a client is given it."""
    return base64.urlsafe_b64encode("/".join(place).encode()).decode()


def next_page(call: Call, path: str, query: Mapping[str, object]) -> dict[str, str]:
    """The header `Link` that leads to the next page of the list at that path."""
    return {"Link": f'<{call.frame.base}/{path}?{urlencode(query)}>; rel="next"'}
