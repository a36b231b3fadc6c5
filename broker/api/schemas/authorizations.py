"""Authorizations, with their tokens."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from marshmallow import Schema, fields, post_load

from broker.api.call import Frame
from broker.api.fields import Flag, Form, Links, Number, Text, Words
from broker.api.links import Link, Param
from broker.api.paging import Cursor, PageSize
from broker.core.access import DESCRIPTIONS
from broker.core.ids import AuthorizationId
from broker.core.owner import Authorization
from broker.usecases.authorizations import USUAL_SCOPE, AuthorizationWish
from broker.usecases.times import seconds_of


class AuthorizationListing(Form):
    """At most `limit` authorizations, those that come behind `after`."""

    limit = PageSize(load_default=None)
    after = Cursor(load_default=None)

    @post_load
    def settle(self, given: dict[str, Any], **_: object) -> Any:
        """The place is that of an authorization."""
        place = given["after"]
        return given if place is None else {**given, "after": (place[0], AuthorizationId(place[1]))}


class ScopeChoice(Form):
    """Which authorizations are meant: those with these scopes, by commas or blanks; `scopes` is the same as `scope`."""

    scope = Words(load_default=())
    scopes = Words(load_default=())

    @post_load
    def settle(self, given: dict[str, Any], **_: object) -> Any:
        """The scopes as single words."""
        return {"scopes": _scopes(given)}


class AuthorizationForm(ScopeChoice):
    """An authorization to be created; one of before will do with `reuse`."""

    note = Text(load_default=None)
    expires_in = Number(load_default=None)
    reuse = Flag(load_default=False)

    @post_load
    def settle(self, given: dict[str, Any], **_: object) -> Any:
        """What is asked for."""
        wish = AuthorizationWish(
            scopes=_scopes(given), note=given["note"], lifetime=given["expires_in"], reuse=given["reuse"]
        )
        return {"wish": wish}


class Note(Text):
    """A note; a blank one, or null, is given too: it takes the old one away."""

    keeps_blank = True

    def deserialize(
        self, value: Any, attr: str | None = None, data: Mapping[str, Any] | None = None, **kwargs: Any
    ) -> Any:
        """The note, or the default where the parameter is missing altogether."""
        return super().deserialize("" if value is None else value, attr, data, **kwargs)


class NoteForm(Form):
    """The new note of an authorization; a blank one takes the old one away."""

    note = Note(load_default=None)


def _scopes(given: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple(scope for words in (given["scope"], given["scopes"]) for word in words for scope in word.split())


@dataclass(frozen=True, kw_only=True)
class ShownAuthorization:
    """An authorization of the caller's at a time in seconds; `token` is None where it is not known any more."""

    authorization: Authorization
    token: str | None
    identity: str
    at: float
    frame: Frame

    @property
    def expires_in(self) -> int:
        """For how many seconds it is good in all."""
        return seconds_of(self.authorization.expires_at) - seconds_of(self.authorization.created_at)

    @property
    def expires_in_seconds(self) -> int:
        """For how many seconds it is still good."""
        return max(0, seconds_of(self.authorization.expires_at) - int(self.at))

    @property
    def links(self) -> dict[str, object] | None:
        """What can be done with it."""
        path = f"user/authorization/{self.authorization.authorization_id}"
        return self.frame.links(
            Link(name="GET", rel="Show the authorization", path=path),
            Link(
                name="UPDATE",
                rel="Change its note",
                method="PUT",
                path=path,
                required=(Param(name="note", description="What it is for"),),
            ),
            Link(name="DELETE", rel="Revoke the authorization", method="DELETE", path=path),
        )


class AuthorizationSchema(Schema):
    """An authorization."""

    id = fields.String(attribute="authorization.authorization_id")
    token = fields.String(allow_none=True)
    identity = fields.String()
    note = fields.String(attribute="authorization.note", allow_none=True)
    scopes = fields.String(attribute="authorization.scopes")
    created_at = fields.String(attribute="authorization.created_at")
    expires_in = fields.Integer()
    expires_in_seconds = fields.Integer()
    links = Links()


def entry_links() -> tuple[Link, ...]:
    """How a client gets at authorizations from the entry of the interface."""
    return (
        Link(name="LIST_AUTHORIZATIONS", rel="List authorizations", path="user/authorizations"),
        Link(
            name="SHOW_AUTHORIZATION",
            rel="Show an authorization",
            path="user/authorization/:id",
            required=(Param(name=":id", description="Id or token of the authorization"),),
        ),
        Link(
            name="ADD_AUTHORIZATION",
            rel="Create an authorization",
            method="POST",
            path="user/authorizations",
            optional=(
                Param(name="scope", description=_scope_description(), valid=tuple(DESCRIPTIONS), default=USUAL_SCOPE),
                Param(name="note", description="What it is for"),
                Param(
                    name="expires_in",
                    type="integer",
                    description="Seconds until it expires; -1 for the usual time of its scopes",
                    default=-1,
                ),
                Param(
                    name="reuse",
                    type="boolean",
                    description="Whether one with the same scopes and note will do",
                    valid=(True, False),
                    default=False,
                ),
            ),
        ),
    )


def _scope_description() -> str:
    """All scopes in the form that the field's client reads: a line with a star and two blanks, then one with three."""
    lead = "What the token allows; several scopes with commas between:"
    return "\n".join((lead, *(f"*  {scope}\n   {meaning}" for scope, meaning in DESCRIPTIONS.items())))
