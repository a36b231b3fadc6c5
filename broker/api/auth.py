"""Who is asking, by the first thing that tells: a gear's credentials, a token, the proxy in front, or HTTP Basic.

Without any of them there is the challenge that the field's client waits for before it sends a password.
"""

import logging
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final
from urllib.parse import quote

from flask import Request

from broker.api.credentials import Credentials, credentials_of
from broker.api.fronting import Fronting
from broker.api.refusals import FromAnotherSite, ImpersonationRefused, TooManyLogins, Unauthorized
from broker.api.renewal import Renew, still_caller
from broker.api.throttle import LoginThrottle
from broker.api.url import READING, Url
from broker.core.errors import Conflict, Forbidden, Refusal, StorageUnavailable
from broker.core.owner import User
from broker.interfaces import Platform
from broker.usecases.accounts import UserNotFound, create_user, find_user, log_in
from broker.usecases.authorizations import TokenExpired, user_of_token
from broker.usecases.gear_credentials import user_of_gear
from broker.usecases.sub_accounts import act_as

_LONGEST_SHOWN: Final = 255

_log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True, slots=True)
class Authenticator:
    """Finds the account that a request comes from, and what its credential allows."""

    platform: Platform
    fronting: Fronting
    realm: str
    throttle: LoginThrottle = field(default_factory=LoginThrottle)

    def caller(self, request: Request, parameters: Mapping[str, Any]) -> User:
        """The account that the request proves to come from, or the sub-account that it acts as.

        Raises `Unauthorized`, `TooManyLogins`, `ImpersonationRefused`, `FromAnotherSite`, and `Forbidden` where the
        proxy names somebody who has no account and gets none.
        """
        shown = credentials_of(request, parameters, self.fronting)
        user = self._of_gear(shown) or self._of_token(shown)
        if user is None:
            # What a browser adds by itself, and so what any page can have it send.
            user = self._of_proxy(shown) or self._of_password(shown)
        return self._acting(user, shown)

    def renewal(self, request: Request, parameters: Mapping[str, Any], user: User) -> Renew:
        """Finds the caller again later, as they are then, by what this request shows."""
        return partial(still_caller, self.platform, credentials_of(request, parameters, self.fronting), user)

    def caller_if_known(self, request: Request, parameters: Mapping[str, Any]) -> User | None:
        """The same where nobody has to log in: credentials that are wrong are as if there were none."""
        try:
            return self.caller(request, parameters)
        except StorageUnavailable:
            raise
        except Refusal:
            return None

    def _of_gear(self, shown: Credentials) -> User | None:
        return None if shown.gear is None else user_of_gear(self.platform, *shown.gear)

    def _of_token(self, shown: Credentials) -> User | None:
        if shown.token is None:
            return None
        problem = "The access token is not recognized"
        try:
            user = user_of_token(self.platform, shown.token)
        except TokenExpired as expired:
            user, problem = None, expired.text
        if user is None:
            raise Unauthorized("HTTP Bearer: Access denied.\n", f'Bearer error="invalid_token" "{problem}"')
        return user

    def _of_proxy(self, shown: Credentials) -> User | None:
        """Whom the proxy in front has logged in; they get an account by that where the operator lets them."""
        login = shown.proxied
        if login is None:
            return None
        _check_origin(shown)
        try:
            return find_user(self.platform, login)
        except UserNotFound:
            if not self.fronting.creates_users:
                text = "You have no account here, and none is made by logging in. Ask the administrator for one."
                raise Forbidden(text, field="new_users_blocked") from None
        try:
            return create_user(self.platform, login)
        except Conflict:  # made at the same moment
            return find_user(self.platform, login)

    def _of_password(self, shown: Credentials) -> User:
        user = self._logged_in(shown) if shown.login else None
        if user is None:
            raise Unauthorized("HTTP Basic: Access denied.\n", self._basic)
        return user

    def _logged_in(self, shown: Credentials) -> User | None:
        _check_origin(shown)
        login, address = shown.login, shown.address
        wait = self.throttle.check(login, address)
        if wait > 0:
            raise TooManyLogins(math.ceil(wait))
        user = log_in(self.platform, login, shown.password)
        if user is None:
            self.throttle.failed(login, address)
        else:
            self.throttle.succeeded(login, address)
        return user

    def _acting(self, user: User, shown: Credentials) -> User:
        """The sub-account that the caller wants to act as, if any."""
        login = shown.acts_as
        if login is None:
            return user
        child = act_as(self.platform, user, login) if login else None
        if child is None:
            raise ImpersonationRefused(login[:_LONGEST_SHOWN], self._basic)
        _log.info("acts as a sub-account", extra={"parent": user.login, "login": child.login})
        return child

    @property
    def _basic(self) -> str:
        return f'Basic realm="{self.realm}"'


def _check_origin(shown: Credentials) -> None:
    """Raises `FromAnotherSite`."""
    if shown.from_elsewhere:
        raise FromAnotherSite


def check_scopes(user: User | None, url: Url) -> None:
    """Raises `Forbidden` where nothing that the caller has logged in with lets them ask this at all."""
    if user is None:
        return
    if not user.scopes.each:
        raise Forbidden("You are not authorized to perform any operations.")
    if not user.scopes.allow_request(url.noun, reads=url.method in READING):
        raise Forbidden("This action is not allowed with your current authorization.")


def identity_headers(user: User) -> dict[str, str]:
    """What an authenticated answer says of its caller."""
    return {
        "X-OpenShift-Identity": quote(user.login, safe=" !#$&'()*+,/:;=?@[]{}|^~"),
        "X-OpenShift-Identity-Id": user.user_id,
        "X-OAuth-Scopes": str(user.scopes),
    }
