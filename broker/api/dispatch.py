"""Takes a request through the checks in the order of the contract, to its resource, and shows the answer."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from flask import Response, g, request

from broker.api.auth import authenticate
from broker.api.call import Call, Frame, Stream
from broker.api.envelope import JSON_TYPE, envelope
from broker.api.fields import Flag
from broker.api.negotiation import negotiate_media, negotiate_version, wants_no_links
from broker.api.options import ApiOptions
from broker.api.parameters import read_parameters
from broker.api.paths import PREFIX, SUFFIX_KEY
from broker.api.streams import StreamSlots
from broker.api.url import Url, find_named
from broker.core.errors import Refusal
from broker.interfaces import Platform


@dataclass(frozen=True, kw_only=True, slots=True)
class Dispatcher:
    """Everything that requests have in common."""

    platform: Platform
    options: ApiOptions
    slots: StreamSlots
    stopping: Callable[[], bool]

    def serve(self, url: Url, path: Mapping[str, str]) -> Response:
        """Answer the request of this moment; every refusal is raised."""
        parameters = read_parameters(request, self.options.max_request_bytes)
        no_links = Flag(load_default=False).deserialize(parameters.get("nolinks"))
        accept = request.headers.get("Accept", "")
        g.version = negotiate_version(
            accept, request.headers.get("Content-Type", ""), request.headers.get("User-Agent", "")
        )
        media = negotiate_media(accept, request.environ[SUFFIX_KEY], url.media)
        g.caller = authenticate(self.platform, request, self.options.realm) if url.login else None
        with_links = not (no_links or wants_no_links(accept))
        return self._answer(url, self._call(path, parameters, media, with_links=with_links))

    def _call(self, path: Mapping[str, str], parameters: dict[str, Any], media: str, *, with_links: bool) -> Call:
        frame = Frame(
            base=f"{request.host_url.rstrip('/')}{PREFIX}",
            with_links=with_links,
            policy=self.platform.policy,
            catalogue=self.platform.catalogue,
            caller=g.caller,
        )
        return Call(
            platform=self.platform,
            options=self.options,
            frame=frame,
            path=path,
            inputs={**parameters, **path},
            media=media,
            last_event_id=request.headers.get("Last-Event-ID"),
            stopping=self.stopping,
        )

    def _answer(self, url: Url, call: Call) -> Response:
        given = url.resource(_load(url, call))
        if isinstance(given, Stream):
            return self._streamed(given, call)
        shape = url.shape_of(given.kind)
        data = given.data
        if shape.schema is not None and not shape.is_wire:
            data = shape.schema.dump(data, many=shape.many)
        if shape.bare:
            return Response(json.dumps(data), content_type=JSON_TYPE)
        return envelope(status=given.status, kind=shape.kind, data=data, messages=given.messages, version=g.version)

    def _streamed(self, stream: Stream, call: Call) -> Response:
        response = Response(content_type=f"{call.media}; charset=utf-8")
        response.headers["X-Accel-Buffering"] = "no"
        if request.method != "HEAD":
            if stream.follows:
                response.call_on_close(self.slots.take(call.user))
            response.response = stream.pieces
        return response


def _load(url: Url, call: Call) -> Call:
    """The call with its parameters as the resource takes them."""
    if url.form is None:
        return replace(call, inputs={})
    try:
        return replace(call, inputs=url.form.load(call.inputs))
    except Refusal:
        if url.finds:
            find_named(call)
        raise
