"""Authorizations: tokens that stand for an account, for some time and for what their scopes allow.

A token is derived from its authorization's id with the platform's secret, and only its hash is stored: the owner can
be shown it again, and who reads the database has none.
"""

import hashlib
from collections.abc import Collection
from dataclasses import dataclass, replace
from functools import partial
from typing import Final

from broker.core.access import DESCRIPTIONS, Scope, Scopes
from broker.core.errors import Forbidden, Invalid, NotFound, Refusal
from broker.core.ids import ApplicationId, AuthorizationId, NamespaceId
from broker.core.owner import Authorization, User
from broker.interfaces import Platform, UnitOfWork
from broker.usecases.accounts import held_account, note_done
from broker.usecases.again import again
from broker.usecases.finding import looks_like_id
from broker.usecases.revisions import check_revision
from broker.usecases.times import timestamp
from broker.usecases.visibility import role_in_domain, visible

LONGEST_NOTE: Final = 4096
LONGEST_TOKEN: Final = 256
MOST_SCOPES: Final = 50
# So many that are good an account may have, and so many in all before those that have expired are forgotten at once.
MOST_AUTHORIZATIONS: Final = 1000
MOST_KEPT: Final = 2 * MOST_AUTHORIZATIONS
USUAL_SCOPE: Final = "userinfo"
# One that ends sooner than this is not given out again, nor one of which less than a quarter is left.
REUSABLE_SECONDS: Final = 600
REUSABLE_PART: Final = 4
# So long an expired token is told from one that never was.
REMEMBERED_SECONDS: Final = 30 * 86_400
_PURPOSE: Final = "access-token"


class AuthorizationNotFound(NotFound):
    """The account has no such authorization, or no longer."""

    code = "authorization_not_found"
    exit_code = 129

    def __init__(self) -> None:
        super().__init__("The requested authorization was not found.")


class TokenExpired(Refusal):
    """The token was good once."""

    code = "token_expired"

    def __init__(self) -> None:
        super().__init__("The access token expired")


@dataclass(frozen=True, kw_only=True, slots=True)
class AuthorizationWish:
    """An authorization as it is asked for; `lifetime` in seconds, None: the usual. With `reuse` an old one will do."""

    scopes: Collection[str] = ()
    note: str | None = None
    lifetime: int | None = None
    reuse: bool = False


def user_of_token(platform: Platform, token: str) -> User | None:
    """Whom the token stands for, with its scopes; None for one that is not known. Raises `TokenExpired`."""
    if len(token) > LONGEST_TOKEN:
        return None
    with platform.reading() as work:
        found = work.authorizations.by_hash(_hash(token))
        user = None if found is None else work.users.by_id(found.user_id)
    if found is None or user is None:
        return None
    if found.expires_at <= timestamp(platform.clock.now()):
        raise TokenExpired
    return replace(user, scopes=Scopes.stored(found.scopes))


def token_of(platform: Platform, authorization: Authorization) -> str | None:
    """The token itself; None where the key that it was derived with has been taken away."""
    candidates = platform.vault.derived(_PURPOSE, authorization.authorization_id)
    return next((token for token in candidates if _hash(token) == authorization.token_hash), None)


def list_authorizations(
    platform: Platform, user: User, *, limit: int | None = None, after: tuple[str, AuthorizationId] | None = None
) -> tuple[Authorization, ...]:
    """Those of the account that are still good, newest first.

    At most `limit` of them, those behind the place `after`: when that one was created, and its id.
    """
    with platform.reading() as work:
        at = timestamp(platform.clock.now())
        return work.authorizations.of_user(user.user_id, unexpired_at=at, limit=limit, after=after)


def show_authorization(platform: Platform, user: User, reference: str) -> Authorization:
    """The authorization of that id or token, while it is good; raises `AuthorizationNotFound`."""
    with platform.reading() as work:
        return _found(platform, work, user, reference)


def create_authorization(platform: Platform, user: User, wish: AuthorizationWish) -> tuple[Authorization, bool]:
    """A new authorization, or one of before that will do; and whether it is new.

    Raises `Invalid` for scopes that there are not, or that are about what the caller cannot see, and where the account
    has too many already; `Forbidden` where its password was changed since the caller has logged in.
    """
    if len(wish.note or "") > LONGEST_NOTE:
        raise Invalid(f"Note must be {LONGEST_NOTE} characters or less.", field="note", exit_code=1)
    scopes = _read(wish.scopes or (USUAL_SCOPE,))
    lifetime = scopes.lifetime(wish.lifetime, platform.policy.scope_lifetimes)
    return again(partial(_create, platform, user, wish, scopes, lifetime))


def _create(
    platform: Platform, user: User, wish: AuthorizationWish, scopes: Scopes, lifetime: int
) -> tuple[Authorization, bool]:
    now = int(platform.clock.now())
    with platform.unit_of_work() as work:
        _check_visible(work, user, scopes)
        if held_account(work, user).password_hash != user.password_hash:
            # Else who knows the old password could keep what a new one takes from them.
            raise Forbidden("The password was changed at the same moment. Log in again.", exit_code=1)
        if wish.reuse:
            left = min(REUSABLE_SECONDS, lifetime / REUSABLE_PART)
            words = tuple(map(str, scopes.each))
            last_moment = timestamp(now + left)
            like = work.authorizations.like(user.user_id, note=wish.note, scopes=words, unexpired_at=last_moment)
            if like is not None and token_of(platform, like) is not None:
                return like, False
        _make_room(work, user, now)
        authorization_id = AuthorizationId(platform.new_id())
        made = Authorization(
            authorization_id=authorization_id,
            user_id=user.user_id,
            token_hash=_hash(platform.vault.derive(_PURPOSE, authorization_id)),
            note=wish.note,
            scopes=str(scopes),
            created_at=timestamp(now),
            expires_at=timestamp(now + lifetime),
        )
        work.authorizations.add(made)
        note_done(platform, work, user, authorization_id)
        work.commit()
    return made, True


def _make_room(work: UnitOfWork, user: User, now: int) -> None:
    """Forget what expired long ago; raises `Invalid` where the account has as many that are good as it may."""
    if work.authorizations.count_of(user.user_id, unexpired_at=timestamp(now)) >= MOST_AUTHORIZATIONS:
        text = f"You have {MOST_AUTHORIZATIONS} authorizations, which is the most. Revoke those that you do not need."
        raise Invalid(text, exit_code=1)
    many = work.authorizations.count_of(user.user_id, unexpired_at="") >= MOST_KEPT
    work.authorizations.remove_expired(user.user_id, before=timestamp(now - (0 if many else REMEMBERED_SECONDS)))


def change_note(platform: Platform, user: User, reference: str, given: str | None) -> Authorization:
    """The authorization with another note, none if that is blank; raises `AuthorizationNotFound`.

    Raises `Invalid` where no note is given: nobody means to take one away by saying nothing.
    """
    if given is None:
        show_authorization(platform, user, reference)
        raise Invalid("Note is required", field="note", exit_code=1)
    if len(given) > LONGEST_NOTE:
        raise Invalid(f"Note must be {LONGEST_NOTE} characters or less.", field="note", exit_code=1)
    note = given if given.strip() else None

    def act() -> Authorization:
        with platform.unit_of_work() as work:
            held_account(work, user)
            before = _found(platform, work, user, reference)
            check_revision(platform, before)
            work.authorizations.set_note(before.authorization_id, note)
            note_done(platform, work, user, before.authorization_id)
            work.commit()
        return replace(before, note=note)

    return again(act)


def revoke(platform: Platform, user: User, reference: str) -> None:
    """The authorization of that id or token is good no more; nothing is done where there is none."""

    def act() -> None:
        with platform.unit_of_work() as work:
            held_account(work, user)
            found = _any(work, user, reference)
            if found is not None:
                check_revision(platform, found)
                work.authorizations.remove((found.authorization_id,))
                note_done(platform, work, user, found.authorization_id)
                work.commit()

    again(act)


def revoke_all(platform: Platform, user: User, words: Collection[str] = ()) -> None:
    """No authorization of the account is good any more, or none that has exactly these scopes."""
    scopes = _read(words) if words else None

    def act() -> None:
        with platform.unit_of_work() as work:
            held_account(work, user)
            every = work.authorizations.of_user(user.user_id, unexpired_at="")
            gone = [each.authorization_id for each in every if scopes is None or _are_those(each, scopes)]
            work.authorizations.remove(gone)
            note_done(platform, work, user, user.user_id)
            work.commit()

    again(act)


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode(errors="surrogatepass")).hexdigest()


def _any(work: UnitOfWork, user: User, reference: str) -> Authorization | None:
    """The account's authorization of that id or token, even one that is good no more."""
    if looks_like_id(reference):
        found = work.authorizations.by_id(AuthorizationId(reference))
    else:
        found = work.authorizations.by_hash(_hash(reference)) if len(reference) <= LONGEST_TOKEN else None
    return None if found is None or found.user_id != user.user_id else found


def _found(platform: Platform, work: UnitOfWork, user: User, reference: str) -> Authorization:
    found = _any(work, user, reference)
    if found is None or found.expires_at <= timestamp(platform.clock.now()):
        raise AuthorizationNotFound
    return found


def _are_those(authorization: Authorization, scopes: Scopes) -> bool:
    return set(Scopes.stored(authorization.scopes).each) == set(scopes.each)


def _read(words: Collection[str]) -> Scopes:
    scopes = Scopes.read(words)
    if scopes is None or len(scopes.each) > MOST_SCOPES:
        raise _not_allowed()
    return scopes


def _check_visible(work: UnitOfWork, user: User, scopes: Scopes) -> None:
    """Raises `Invalid` for a scope about a domain or an application that the caller cannot see."""
    if not all(_sees(work, user, scope) for scope in scopes.each if scope.subject):
        raise _not_allowed()


def _sees(work: UnitOfWork, user: User, scope: Scope) -> bool:
    if scope.kind == "application":
        return visible(work, user, work.applications.by_id(ApplicationId(scope.subject))) is not None
    return any(
        user.scopes.reach(domain=each.namespace_id)
        and role_in_domain(work, user, each.namespace_id, each.owner_id) is not None
        for each in work.namespaces.many((NamespaceId(scope.subject),))
    )


def _not_allowed() -> Invalid:
    text = f"One or more of the scopes you provided are not allowed. Valid scopes are {', '.join(DESCRIPTIONS)}."
    return Invalid(text, field="scopes", exit_code=1)
