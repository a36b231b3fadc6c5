"""Who is asking: HTTP Basic, and the challenge that the field's client waits for before it sends a password."""

from urllib.parse import quote

from flask import Request

from broker.api.refusals import Unauthorized
from broker.core.owner import User
from broker.interfaces import Platform
from broker.usecases.accounts import log_in


def authenticate(platform: Platform, request: Request, realm: str) -> User:
    """The account that the request proves to come from; raises `Unauthorized`."""
    given = request.authorization
    if given is not None and given.type == "bearer":
        challenge = 'Bearer error="invalid_token" "The access token is not recognized"'
        raise Unauthorized("HTTP Bearer: Access denied.\n", challenge)
    login, password = ("", "")
    if given is not None and given.type == "basic":
        login, password = given.username or "", given.password or ""
    user = log_in(platform, login, password) if login.isprintable() and login else None
    if user is None:
        raise Unauthorized("HTTP Basic: Access denied.\n", f'Basic realm="{realm}"')
    return user


def identity_headers(user: User) -> dict[str, str]:
    """What an authenticated answer says of its caller."""
    return {
        "X-OpenShift-Identity": quote(user.login, safe=" !#$&'()*+,/:;=?@[]{}|^~"),
        "X-OpenShift-Identity-Id": user.user_id,
        "X-OAuth-Scopes": "session",
    }
