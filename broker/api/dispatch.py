"""Takes a request through the checks in the order of the contract, to its resource, and shows the answer."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from flask import Response, g, request

from broker.api.accepted import accepted, recalled
from broker.api.auth import authenticate
from broker.api.call import Answer, Call, Frame, Stream
from broker.api.envelope import JSON_TYPE, envelope
from broker.api.fields import Flag
from broker.api.idempotency import AnswerBook, fingerprint_of
from broker.api.negotiation import negotiate_media, negotiate_version, wants_no_links
from broker.api.options import ApiOptions
from broker.api.parameters import read_parameters
from broker.api.paths import PREFIX, SUFFIX_KEY
from broker.api.preferences import IDEMPOTENCY_KEY, PREFER, prefers_async, read_key
from broker.api.streams import StreamSlots
from broker.api.url import Url, find_named
from broker.core.errors import Refusal
from broker.core.ids import OperationId
from broker.interfaces import Accepted, Origin, Platform


@dataclass(frozen=True, kw_only=True, slots=True)
class Dispatcher:
    """Everything that requests have in common."""

    platform: Platform
    options: ApiOptions
    slots: StreamSlots
    answers: AnswerBook
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
        key = read_key(request.headers.get(IDEMPOTENCY_KEY)) if url.changes else None
        call = self._call(path, parameters, media, with_links=with_links)
        if url.recall is not None:
            prefers = url.becomes_operation and prefers_async(request.headers.get(PREFER, ""))
            origin = Origin(respond_async=prefers, answer_key=key)
            call = replace(call, platform=replace(self.platform, origin=origin))
        return self._answer(url, call) if key is None else self._answer_once(url, call, key, parameters)

    def _answer_once(self, url: Url, call: Call, key: str, parameters: Mapping[str, Any]) -> Response:
        """The answer of the first request with the key; this request may be that one."""

        def recall(became: str) -> Response:
            if call.platform.origin.respond_async:
                return accepted(call, OperationId(became))
            return self._shown(url, recalled(url, _load(url, call), became))

        fingerprint = fingerprint_of(url.method, request.environ["PATH_INFO"], parameters)
        return self.answers.answer(
            call.platform, call.user.user_id, key, fingerprint, do=lambda: self._answer(url, call), recall=recall
        )

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
        try:
            given = url.resource(_load(url, call))
        except Accepted as goes_on:
            return accepted(call, goes_on.operation_id)
        if isinstance(given, Stream):
            return self._streamed(given, call)
        return self._shown(url, given)

    def _shown(self, url: Url, given: Answer) -> Response:
        shape = url.shape_of(given.kind)
        data = given.data
        if shape.schema is not None and not shape.is_wire:
            data = shape.schema.dump(data, many=shape.many)
        if shape.bare:
            return Response(json.dumps(data), content_type=JSON_TYPE)
        response = envelope(status=given.status, kind=shape.kind, data=data, messages=given.messages, version=g.version)
        response.headers.update(given.headers)
        return response

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
