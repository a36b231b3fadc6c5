"""SSH keys of accounts."""

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from broker.core.errors import Conflict, Invalid, ManyRefusals, NotFound, Refusal
from broker.core.owner import SshKey, User
from broker.core.policy import Policy
from broker.interfaces import Platform, UnitOfWork
from broker.usecases.accounts import held_account, note_done
from broker.usecases.again import again
from broker.usecases.revisions import check_revision
from broker.usecases.times import timestamp

LONGEST_NAME: Final = 256
# No key is longer; certificates of keys are a few thousand characters.
LONGEST_CONTENT: Final = 65_536
# So many an account may have.
MOST_KEYS: Final = 500
KERBEROS: Final = "krb5-principal"
# A path that ends so is a format, not a name.
_FORMAT = re.compile(r"\.(json|xml|yml|yaml|html|xhtml)\Z")
_NAME = re.compile(r"[A-Za-z0-9_.@+-]+", re.ASCII)
_CONTENT = re.compile(r"[A-Za-z0-9+/=]+", re.ASCII)


class KeyNotFound(NotFound):
    """The account has no key of that name, or nothing could have it."""

    code = "ssh_key_not_found"
    exit_code = 118

    def __init__(self, name: str) -> None:
        kind = "Ssh" if next(_wrong_with_name(name), None) else "User ssh"
        super().__init__(f"{kind} key '{name}' not found.")


class DuplicateKey(Conflict):
    """The account has a key of that name, or with that content, already."""

    code = "duplicate_ssh_key"


def list_keys(platform: Platform, user: User) -> tuple[SshKey, ...]:
    """All keys of the account, by name."""
    with platform.reading() as work:
        return work.keys.of_user(user.user_id)


def show_key(platform: Platform, user: User, name: str) -> SshKey:
    """The key of that name; raises `KeyNotFound`."""
    with platform.reading() as work:
        return _found(work, user, name)


def create_key(platform: Platform, user: User, *, name: str, kind: str, content: str) -> SshKey:
    """Add a key; raises `Invalid` for each thing that is wrong with it, and `DuplicateKey`.

    `Invalid` too where the account has as many as it may.
    """
    if (ends := _FORMAT.search(name)) is not None:
        raise Invalid(f"SSH key name '{name[:LONGEST_NAME]}' cannot end with {ends[0]}")
    wrong = (*_wrong_with_name(name), *_wrong_with_key(platform.policy, kind, content))
    _refuse(wrong)
    key = SshKey(
        user_id=user.user_id,
        name=name,
        type=kind,
        content=content,
        created_at=timestamp(platform.clock.now()),
    )

    def act() -> SshKey:
        with platform.unit_of_work() as work:
            held_account(work, user)
            if work.keys.named(user.user_id, name) is not None:
                text = (
                    f"SSH key with name {name} already exists."
                    " Use a different name or delete conflicting key and retry."
                )
                raise DuplicateKey(text, field="name", exit_code=120)
            if work.keys.count_of(user.user_id) >= MOST_KEYS:
                text = f"You have {MOST_KEYS} SSH keys, which is the most. Remove those that you do not need."
                raise Invalid(text, exit_code=1)
            _store(platform, work, user, key)
        return key

    return again(act)


def update_key(platform: Platform, user: User, name: str, *, kind: str, content: str) -> SshKey:
    """Give a key another type and content; raises `KeyNotFound`, `Invalid` and `DuplicateKey`."""

    def act() -> SshKey:
        with platform.unit_of_work() as work:
            held_account(work, user)
            before = _found(work, user, name)
            check_revision(platform, before)
            _refuse(tuple(_wrong_with_key(platform.policy, kind, content)))
            changed = replace(before, type=kind, content=content)
            _store(platform, work, user, changed)
        return changed

    return again(act)


def delete_key(platform: Platform, user: User, name: str) -> None:
    """Take a key away; raises `KeyNotFound`."""

    def act() -> None:
        with platform.unit_of_work() as work:
            held_account(work, user)
            check_revision(platform, _found(work, user, name))
            work.keys.remove(user.user_id, name)
            note_done(platform, work, user, user.user_id)
            work.commit()

    again(act)


def _store(platform: Platform, work: UnitOfWork, user: User, key: SshKey) -> None:
    """Keep the key, unless another one of the account is the same."""
    if work.keys.has_content(user.user_id, key.content, but=key.name):
        text = "Given public key is already in use. Use different key or delete conflicting key and retry."
        raise DuplicateKey(text, field="content", exit_code=121)
    work.keys.put(key)
    note_done(platform, work, user, user.user_id)
    work.commit()


def _found(work: UnitOfWork, user: User, name: str) -> SshKey:
    key = None if next(_wrong_with_name(name), None) else work.keys.named(user.user_id, name)
    if key is None:
        raise KeyNotFound(name)
    return key


def _refuse(wrong: tuple[Refusal, ...]) -> None:
    if wrong:
        raise wrong[0] if len(wrong) == 1 else ManyRefusals(wrong)


def _wrong_with_name(name: str) -> Iterator[Refusal]:
    """Each thing that is wrong with a name."""
    texts = []
    if not name.strip():
        texts.append("Key name is required and cannot be blank.")
    if not _NAME.fullmatch(name):
        texts.append(
            "Invalid key name. Name can only contain alphanumeric characters, underscores, dashes, dots,"
            " as well as @ and + symbols."
        )
    if name.startswith("."):
        texts.append('Invalid key name. Name cannot start with "."')
    if not 1 <= len(name) <= LONGEST_NAME:
        texts.append(f"Must be a minimum of 1 and maximum of {LONGEST_NAME} characters.")
    for text in texts:
        yield Invalid(text, field="name", exit_code=117)


def _wrong_with_key(policy: Policy, kind: str, content: str) -> Iterator[Refusal]:
    """Each thing that is wrong with type and content."""
    if not kind.strip():
        yield Invalid("Key type is required and cannot be blank.", field="type", exit_code=116)
    if kind not in policy.ssh_key_types:
        text = f"Invalid key type.  Valid types are {', '.join(policy.ssh_key_types)}"
        yield Invalid(text, field="type", exit_code=116)
    if not content.strip():
        yield Invalid("Key content is required and cannot be blank.", field="content", exit_code=108)
    if kind == KERBEROS:
        is_line = content.isprintable() and not content.startswith("#")
        if content.strip() and not is_line:
            yield Invalid("Invalid key content.", field="content", exit_code=108)
    elif not _CONTENT.fullmatch(content):
        yield Invalid("Invalid key content.", field="content", exit_code=108)
    if len(content) > LONGEST_CONTENT:
        yield Invalid("Key content is not valid.", field="content", exit_code=108)
