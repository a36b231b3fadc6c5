"""Sub-accounts: who acts as one, and how one ends. An account that stands for itself is ended by nobody over REST."""

from dataclasses import replace

from broker.core.errors import Conflict, Forbidden, Invalid
from broker.core.owner import User
from broker.interfaces import Origin, Platform
from broker.usecases.accounts import create_user, held_account, note_done
from broker.usecases.again import again
from broker.usecases.namespaces import delete_namespace


def act_as(platform: Platform, parent: User, login: str, *, makes: bool = True) -> User | None:
    """The sub-account of that login, for one who may have some; None where it is not theirs.

    One that nobody has is made, with `makes` and unless the caller's scopes do not let them do everything. What these
    scopes do not allow the caller, they do not allow the sub-account either. Raises `Invalid` for what is no login.
    """
    if not parent.may_have_subaccounts:
        return None
    with platform.reading() as work:
        child = work.users.by_login(login)
    if child is None and makes and parent.scopes.are_whole:
        child = _made(platform, parent, login)
    if child is None or child.parent_id != parent.user_id:
        return None
    return replace(child, scopes=parent.scopes)


def _made(platform: Platform, parent: User, login: str) -> User | None:
    """A new sub-account, or the account that somebody else has made at the same moment."""
    try:
        return create_user(platform, login, parent=parent)
    except Conflict:
        with platform.reading() as work:
            return work.users.by_login(login)


def list_sub_accounts(platform: Platform, user: User) -> tuple[User, ...]:
    """The accounts that are below this one, by login."""
    with platform.reading() as work:
        return work.users.children(user.user_id)


def delete_sub_account(platform: Platform, user: User, *, force: bool = False) -> None:
    """End a sub-account; with `force` its domains go first, with their applications, else it must have none.

    Raises `Forbidden` for an account that is none.
    """
    if user.parent_id is None:
        raise Forbidden("User deletion not permitted. Only applicable for subaccount users.", exit_code=138)
    with platform.reading() as work:
        owned = work.namespaces.of_owner(user.user_id)
    if owned and not force:
        raise _has_domains(user)
    for namespace in owned:
        # None of these is what the request becomes.
        delete_namespace(replace(platform, origin=Origin()), user, namespace.name, force=True)

    def act() -> None:
        with platform.unit_of_work() as work:
            held = held_account(work, user)
            if work.users.count_namespaces(held.user_id):
                raise _has_domains(held)
            note_done(platform, work, held, held.user_id)
            work.users.delete(held.user_id)
            work.commit()

    again(act)


def _has_domains(user: User) -> Invalid:
    text = (
        f"User '{user.login}' has valid domains. Either delete domains and retry the operation or use 'force' option."
    )
    return Invalid(text, exit_code=139)
