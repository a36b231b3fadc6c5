"""Accounts: creating them, logging in, and what they may do."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from broker.core.errors import Invalid, NotFound
from broker.core.ids import UserId
from broker.core.owner import User
from broker.interfaces import Platform, UnitOfWork
from broker.usecases.again import again
from broker.usecases.times import timestamp

LONGEST_LOGIN = 255
# What a sub-account can have of its parent: the name of the capability, and the field that holds it.
INHERITABLE: Final[Mapping[str, str]] = {"gear_sizes": "gear_sizes"}


class UserNotFound(NotFound):
    """No account has this login."""

    code = "user_not_found"
    exit_code = 99

    def __init__(self, login: str) -> None:
        super().__init__(f"User '{login}' not found")


def log_in(platform: Platform, login: str, password: str) -> User | None:
    """The account if this is its password, None otherwise; which of the two was wrong is not told."""
    with platform.reading() as work:
        user = work.users.by_login(login)
    if user is None or user.password_hash is None:
        platform.passwords.waste_time(password)
        return None
    return user if platform.passwords.verify(login, password, user.password_hash) else None


def create_user(platform: Platform, login: str, password: str | None = None, *, parent: User | None = None) -> User:
    """Create an account with the operator's defaults; without a password nobody can log in as it yet.

    One with a `parent` is a sub-account of that. Raises `Invalid` for what is no login, `Conflict` for one that is
    taken.
    """
    if not login or len(login) > LONGEST_LOGIN or not login.isprintable() or ":" in login:
        text = f"Login '{login[:40]}' must be 1 to {LONGEST_LOGIN} printable characters without a colon."
        raise Invalid(text, exit_code=107)
    policy = platform.policy
    user = User(
        user_id=UserId(platform.new_id()),
        login=login,
        password_hash=None if password is None else platform.passwords.hash(password),
        max_gears=policy.default_max_gears,
        max_namespaces=policy.default_max_namespaces,
        max_teams=policy.default_max_teams,
        consumed_gears=0,
        gear_sizes=policy.default_user_gear_sizes,
        may_use_ha=policy.default_user_ha,
        may_follow_all_routing=False,
        created_at=timestamp(platform.clock.now()),
        parent_id=None if parent is None else parent.user_id,
    )
    with platform.unit_of_work() as work:
        if parent is not None:
            user = _inheriting(user, held_account(work, parent))
        work.users.add(user)
        work.commit()
    return user


def find_user(platform: Platform, login: str) -> User:
    """The account of that login; raises `UserNotFound`."""
    with platform.reading() as work:
        user = work.users.by_login(login)
    if user is None:
        raise UserNotFound(login)
    return user


def held_account(work: UnitOfWork, user: User) -> User:
    """The account as it is once nobody else changes it, or what belongs to it; raises `UserNotFound`."""
    held = work.users.locked(user.login)
    if held is None or held.user_id != user.user_id:
        raise UserNotFound(user.login)
    return held


def note_done(platform: Platform, work: UnitOfWork, user: User, what: str) -> None:
    """The request is done with this transaction: a repeat under its key is answered by `what` has come of it."""
    if platform.origin.answer_key is not None:
        work.answers.became(platform.origin.caller_id or user.user_id, platform.origin.answer_key, what)


def count_namespaces(platform: Platform, user: User) -> int:
    """How many namespaces the account owns."""
    with platform.reading() as work:
        return work.users.count_namespaces(user.user_id)


def change_user(platform: Platform, login: str, **changes: object) -> User:
    """Set fields of `User`, all but `consumed_gears`; raises `UserNotFound`. Changes of others at once are kept.

    What sub-accounts have of it changes with it, and what the account itself has of its parent stays.
    """

    def act() -> User:
        with platform.unit_of_work() as work:
            changed = _changed(work, login, changes)
            work.commit()
        return changed

    return again(act)


def _changed(work: UnitOfWork, login: str, changes: Mapping[str, object]) -> User:
    """The account with these fields, stored and held, and so are its sub-accounts."""
    user = work.users.locked(login)
    if user is None:
        raise UserNotFound(login)
    changed = replace(user, **changes)  # type: ignore[arg-type] # the field names are checked by replace
    parent = None if changed.parent_id is None else work.users.by_id(changed.parent_id)
    if parent is not None:
        changed = _inheriting(changed, parent)
    work.users.save(changed)
    for child in work.users.children(changed.user_id) if changed.inherited else ():
        work.users.save(_inheriting(held_account(work, child), changed))
    return changed


def _inheriting(child: User, parent: User) -> User:
    """The sub-account with the capabilities that it has of its parent."""
    had = {INHERITABLE[name]: getattr(parent, INHERITABLE[name]) for name in parent.inherited if name in INHERITABLE}
    return replace(child, **had)


def set_password(platform: Platform, login: str, password: str) -> User:
    """Give the account a new password; logins remembered with the old one are forgotten with its hash.

    Its authorizations are revoked: who knew the old password may have made some. Raises `UserNotFound`.
    """
    password_hash = platform.passwords.hash(password)

    def act() -> User:
        with platform.unit_of_work() as work:
            changed = _changed(work, login, {"password_hash": password_hash})
            work.authorizations.remove_of(changed.user_id)
            work.commit()
        return changed

    return again(act)
