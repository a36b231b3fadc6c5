"""Accounts: creating them, logging in, and what they may do."""

from dataclasses import replace

from broker.core.errors import Invalid, NotFound
from broker.core.ids import UserId
from broker.core.owner import User
from broker.interfaces import Platform
from broker.usecases.again import again
from broker.usecases.times import timestamp

LONGEST_LOGIN = 255


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


def create_user(platform: Platform, login: str, password: str | None = None) -> User:
    """Create an account with the operator's defaults; without a password nobody can log in as it yet."""
    if not login or len(login) > LONGEST_LOGIN or not login.isprintable() or ":" in login:
        raise Invalid(f"Login '{login[:40]}' must be 1 to {LONGEST_LOGIN} printable characters without a colon.")
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
    )
    with platform.unit_of_work() as work:
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


def count_namespaces(platform: Platform, user: User) -> int:
    """How many namespaces the account owns."""
    with platform.reading() as work:
        return work.users.count_namespaces(user.user_id)


def change_user(platform: Platform, login: str, **changes: object) -> User:
    """Set fields of `User`, all but `consumed_gears`; raises `UserNotFound`. Changes of others at once are kept."""

    def act() -> User:
        with platform.unit_of_work() as work:
            user = work.users.locked(login)
            if user is None:
                raise UserNotFound(login)
            changed = replace(user, **changes)  # type: ignore[arg-type] # the field names are checked by replace
            work.users.save(changed)
            work.commit()
        return changed

    return again(act)


def set_password(platform: Platform, login: str, password: str) -> User:
    """Give the account a new password; logins remembered with the old one are forgotten with its hash."""
    return change_user(platform, login, password_hash=platform.passwords.hash(password))
