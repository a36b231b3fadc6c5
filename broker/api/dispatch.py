"""Takes a request through the checks in the order of the contract, to its resource, and shows the answer."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from http import HTTPStatus
from typing import Any

from flask import Response, g, request

from broker.api.accepted import accepted, recalled, repeated
from broker.api.auth import Authenticator, check_scopes
from broker.api.call import Answer, Call, Frame, Stream
from broker.api.conditions import ETAG, IF_MATCH, IF_NONE_MATCH, is_had, read_if_match, tag_of
from broker.api.envelope import JSON_TYPE, envelope
from broker.api.fields import Flag
from broker.api.idempotency import AnswerBook, fingerprint_of
from broker.api.negotiation import LATEST, negotiate_media, negotiate_version, wants_no_links
from broker.api.options import ApiOptions
from broker.api.page import page
from broker.api.parameters import read_parameters
from broker.api.paths import PREFIX, SUFFIX_KEY
from broker.api.preferences import IDEMPOTENCY_KEY, PREFER, prefers_async, read_key
from broker.api.refusals import UnderMaintenance
from broker.api.streams import StreamSlots
from broker.api.url import Url, find_named
from broker.api.versions.chain import shown_in
from broker.api.versions.requests import DELETED_WITHOUT_BODY, narrowed
from broker.api.versions.step import Names
from broker.core.errors import PreconditionFailed, Refusal
from broker.core.ids import OperationId
from broker.core.owner import User
from broker.interfaces import Accepted, Origin, Platform
from broker.usecases.finding import names_of
from broker.usecases.still_allowed import check_repeated


@dataclass(frozen=True, kw_only=True, slots=True)
class Dispatcher:
    """Everything that requests have in common."""

    platform: Platform
    options: ApiOptions
    authenticator: Authenticator
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
        media = g.media = negotiate_media(accept, request.environ[SUFFIX_KEY], url.media)
        if self.options.maintenance and not url.always_open:
            raise UnderMaintenance(self.options.maintenance)
        g.caller = self._caller(url, parameters)
        check_scopes(g.caller, url)
        with_links = not (no_links or wants_no_links(accept))
        key = read_key(request.headers.get(IDEMPOTENCY_KEY)) if url.changes else None
        call = self._call(path, parameters, media, with_links=with_links)
        if url.changes:
            origin = Origin(
                respond_async=url.becomes_operation and prefers_async(request.headers.get(PREFER, "")),
                answer_key=key if url.recall is not None else None,
                caller=call.user,
                if_match=read_if_match(request.headers.get(IF_MATCH)),
            )
            if origin.if_match is not None and not url.conditional:
                raise PreconditionFailed
            frame = replace(call.frame, caller=narrowed(call.user, g.version))
            call = replace(call, frame=frame, platform=replace(self.platform, origin=origin))
        return self._answer(url, call) if key is None else self._answer_once(url, call, key, parameters)

    def _caller(self, url: Url, parameters: Mapping[str, Any]) -> User | None:
        """Who asks: for most resources, and for what is filtered where there is something to filter."""
        if url.login:
            return self.authenticator.caller(request, parameters)
        is_filtered = url.filtered and self.platform.policy.cartridge_gear_sizes
        return self.authenticator.caller_if_known(request, parameters) if is_filtered else None

    def _answer_once(self, url: Url, call: Call, key: str, parameters: Mapping[str, Any]) -> Response:
        """The answer of the first request with the key; this request may be that one."""

        def recall(became: str) -> Response:
            if call.platform.origin.respond_async:
                return accepted(call, OperationId(became))
            return self._shown(url, recalled(url, _load(url, call), became))

        fingerprint = fingerprint_of(url.method, request.environ["PATH_INFO"], parameters, call.user.scopes)
        return self.answers.answer(
            call.platform,
            call.user.user_id,
            key,
            fingerprint,
            do=lambda: self._answer(url, call),
            recall=recall,
            check=lambda became: check_repeated(call.platform, call.user, repeated(url, call, became)),
            keeps=not url.shows_secret,
        )

    def _call(self, path: Mapping[str, str], parameters: dict[str, Any], media: str, *, with_links: bool) -> Call:
        frame = Frame(
            base=f"{request.host_url.rstrip('/')}{PREFIX}",
            with_links=with_links,
            policy=self.platform.policy,
            catalogue_of=self.platform.catalogue_of,
            caller=g.caller,
        )
        return Call(
            platform=self.platform,
            options=self.options,
            frame=frame,
            path=path,
            inputs={**parameters, **path},
            media=media,
            version=g.version,
            last_event_id=request.headers.get("Last-Event-ID"),
            stopping=self.stopping,
            renew=self.authenticator.renewal(request, parameters, g.caller) if g.caller else lambda: None,
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
        g.secret = given.secret
        data = given.data
        if shape.page is not None:
            return page(shape.page, shown=data, caller=g.caller)
        if shape.schema is not None and not shape.is_wire:
            data = shape.schema.dump(data, many=shape.many)
        if g.version != LATEST:
            if url.method == "DELETE" and shape.kind is None and g.version <= DELETED_WITHOUT_BODY:
                return _deleted()
            data = shown_in(g.version, shape.kind or "", data, given.data, Names(self._names_of))
        if shape.bare:
            return Response(json.dumps(data), content_type=JSON_TYPE)
        response = envelope(
            status=given.status or HTTPStatus.OK,
            kind=shape.kind,
            data=data,
            messages=given.messages,
            version=g.version,
            media=g.media,
        )
        response.headers.update(given.headers)
        if given.revision is not None:
            tag = response.headers[ETAG] = tag_of(given.revision, response.get_data())
            if url.method == "GET" and is_had(tag, request.headers.get(IF_NONE_MATCH)):
                response = _emptied(Response(response=None, status=HTTPStatus.NOT_MODIFIED, headers={ETAG: tag}))
        return response

    def _names_of(self, application_id: str) -> tuple[str, str] | None:
        """Domain and name of an application that a link of an older version leads to."""
        return None if g.caller is None else names_of(self.platform, g.caller, application_id)

    def _streamed(self, stream: Stream, call: Call) -> Response:
        response = Response(content_type=f"{call.media}; charset=utf-8")
        response.headers["X-Accel-Buffering"] = "no"
        if request.method != "HEAD":
            if stream.follows:
                response.call_on_close(self.slots.take(call.user))
            response.response = stream.pieces
        return response


def _deleted() -> Response:
    """What older versions answer where nothing is left: no body, and so no format of one."""
    return _emptied(Response(status=HTTPStatus.NO_CONTENT))


def _emptied(response: Response) -> Response:
    """The answer that has no body and so no format of one."""
    del response.headers["Content-Type"]
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
