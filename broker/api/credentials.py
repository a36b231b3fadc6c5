"""What a request shows of who sends it, as plain values: they are looked at again long after the request is read."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from flask import Request
from werkzeug.datastructures import Authorization

from broker.api.cross_site import is_changed_from_elsewhere
from broker.api.fronting import Fronting, client_of

IMPERSONATED: Final = "X-Impersonate-User"
GEAR_KEY: Final = "broker_auth_key"
GEAR_IV: Final = "broker_auth_iv"


@dataclass(frozen=True, kw_only=True, slots=True)
class Credentials:
    """Every credential of a request, None for each that it does not have; which of them counts is not decided here.

    `gear` is the key and the other half of a gear, `proxied` the login that the proxy in front vouches for, `acts_as`
    the sub-account that is meant, "" where its name cannot be read. `address` is the client's. With `from_elsewhere`
    the page of another site has had a browser send it.
    """

    gear: tuple[str, str] | None = field(default=None, repr=False)
    token: str | None = field(default=None, repr=False)
    proxied: str | None = None
    login: str = ""
    password: str = field(default="", repr=False)
    acts_as: str | None = None
    address: str = ""
    from_elsewhere: bool = False


def credentials_of(request: Request, parameters: Mapping[str, Any], fronting: Fronting) -> Credentials:
    """What this request shows; a login that nobody can have is none."""
    given = _authorization(request)
    kind = "" if given is None else given.type
    login, password = "", ""
    if given is not None and kind == "basic" and (given.username or "").isprintable():
        login, password = given.username or "", given.password or ""
    return Credentials(
        gear=_gear(request, parameters),
        token=(given.token or "") if given is not None and kind == "bearer" else None,
        proxied=fronting.login_of(request.environ),
        login=login,
        password=password,
        acts_as=_acts_as(request),
        address=client_of(request.environ),
        from_elsewhere=is_changed_from_elsewhere(request),
    )


def _authorization(request: Request) -> Authorization | None:
    """What the header says, None where there is none or where it is not one that can be read."""
    try:
        return request.authorization
    except ValueError:  # its Base64 has characters that are not even ASCII
        return None


def _gear(request: Request, parameters: Mapping[str, Any]) -> tuple[str, str] | None:
    key = parameters.get(GEAR_KEY) or request.headers.get(GEAR_KEY)
    iv = parameters.get(GEAR_IV) or request.headers.get(GEAR_IV)
    return (key, iv) if isinstance(key, str) and isinstance(iv, str) else None


def _acts_as(request: Request) -> str | None:
    given = request.headers.get(IMPERSONATED, "").strip()
    if not given:
        return None
    try:
        # Headers are bytes, which WSGI hands on as Latin-1.
        return given.encode("latin-1").decode("utf-8")
    except UnicodeError:
        return ""
