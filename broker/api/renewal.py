"""The caller of a request that lasts, looked at again: as they are now, as long as they would still be let in."""

import time
from collections.abc import Callable

from broker.api.credentials import Credentials
from broker.core.errors import Refusal, StorageUnavailable
from broker.core.owner import User
from broker.interfaces import Platform
from broker.usecases.accounts import find_user, log_in
from broker.usecases.authorizations import user_of_token
from broker.usecases.gear_credentials import user_of_gear
from broker.usecases.sub_accounts import act_as

# The caller as they are now; None, or a `Refusal`, once they are not let in any more.
Renew = Callable[[], User | None]


def still_caller(platform: Platform, shown: Credentials, user: User) -> User | None:
    """The account of before as it is now; None, or a `Refusal`, where these credentials are not its any more.

    No account is made by that, and nothing counts as a wrong login: nobody guesses who was right at first.
    """
    found = _found(platform, shown)
    if found is not None and shown.acts_as is not None:
        found = act_as(platform, found, shown.acts_as, makes=False)
    return found if found is not None and found.user_id == user.user_id else None


def _found(platform: Platform, shown: Credentials) -> User | None:
    """Whom the credentials prove, in the order in which they count."""
    owner = None if shown.gear is None else user_of_gear(platform, *shown.gear)
    if owner is not None:
        return owner
    if shown.token is not None:
        return user_of_token(platform, shown.token)
    if shown.proxied is not None:
        return find_user(platform, shown.proxied)
    return log_in(platform, shown.login, shown.password) if shown.login else None


class Watched:
    """The caller of a stream: asked for before each reading, looked at again once so many seconds have passed.

    Who cannot be looked at, because the database does not answer, stays who they were.
    """

    def __init__(self, user: User, renew: Renew, seconds: float, now: Callable[[], float] = time.monotonic) -> None:
        self._user: User | None = user
        self._renew = renew
        self._seconds = seconds
        self._now = now
        self._looked_at = now()

    def __call__(self) -> User | None:
        """The caller as they are; None for ever once they would not be let in any more."""
        if self._user is not None and self._now() - self._looked_at >= self._seconds:
            self._looked_at = self._now()
            try:
                self._user = self._renew()
            except StorageUnavailable:
                return self._user
            except Refusal:
                self._user = None
        return self._user
