"""`oo-admin-ctl-user`: accounts, as an administrator sees and changes them."""

import os
import sys
from argparse import Namespace
from collections.abc import Sequence
from contextlib import redirect_stdout
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from broker.cli.kit.arguments import Arguments
from broker.cli.kit.result import FAILURE, SUCCESS
from broker.cli.kit.run import run
from broker.cli.kit.text import labelled

if TYPE_CHECKING:
    from broker.core.owner import User
    from broker.interfaces import Platform

NOT_FOUND, NOT_CHANGED, OTHER_ERROR = 5, 6, 10
TRUE_WORDS = frozenset({"true", "t", "yes", "y", "1"})
# By option: what it is called where it is no number, where it is set, and the field of the account.
NUMBERS = {
    "setmaxdomains": ("Max domains", "max_domains", "max_namespaces"),
    "setmaxgears": ("Max gears", "max_gears", "max_gears"),
    "setmaxteams": ("Max teams", "max_teams", "max_teams"),
    "setmaxtrackedstorage": ("Max tracked storage", "max_tracked_storage", "max_tracked_storage"),
    "setmaxuntrackedstorage": ("Max untracked storage", "max_untracked_storage", "max_untracked_storage"),
}
# By option: what it is called, and the field of the account.
FLAGS = {
    "allowha": ("HA", "may_use_ha"),
    "allowrouting": ("routing", "may_follow_all_routing"),
    "allowsubaccounts": ("subaccounts", "may_have_subaccounts"),
    "allowviewglobalteams": ("view global teams", "may_view_global_teams"),
    "allowprivatesslcertificates": ("private SSL certificates", "may_use_private_ssl"),
}
GEAR_SIZES = "gear_sizes"

USAGE = """\
== Synopsis

oo-admin-ctl-user: Control user capabilities and quota

== Usage

oo-admin-ctl-user OPTIONS

Options:
-l|--login <login_name>
    Login of the user to work with. It may be combined with --logins-file.
-f|--logins-file <file>
    File with one login a line.
-c|--create
    Create users that do not exist.
--password-stdin
    Read the password of the users from the first line of standard input. Tokens made before are revoked.
--setmaxdomains <number>
    Most domains a user may have.
--setmaxgears <number>
    Most gears a user may have.
--setmaxteams <number>
    Most teams a user may have.
--setmaxtrackedstorage <gigabytes>
    Most storage that each gear of the user may have beside the usual one, and that is charged.
--setmaxuntrackedstorage <gigabytes>
    The same, and that is not charged.
--addgearsize <size>
    Let the user have gears of this size.
--removegearsize <size>
    Do not let the user have gears of this size any more.
--allowha <true|false>
    Let the user make applications highly available.
--allowrouting <true|false>
    Let the user follow the routing events of all applications, as a router listener must.
--allowsubaccounts <true|false>
    Let the user make and act as sub-accounts.
--inheritgearsizes <true|false>
    Let the sub-accounts of the user have the gear sizes of the user.
--allowviewglobalteams <true|false>
    Let the user find global teams.
--allowprivatesslcertificates <true|false>
    Let the user give aliases certificates of their own.
--listsubaccounts
    Show the sub-accounts of the user. It cannot be combined with --quiet.
--addsubaccount <login>
    Make a sub-account of the user.
--removesubaccount <login>
    Delete a sub-account of the user, with its domains and applications, without asking.
-q|--quiet
    Show nothing but errors.
-h|--help
    Show this.

Examples:
    oo-admin-ctl-user -l demo --create --allowha true
    oo-admin-ctl-user -l demo --setmaxgears 25
"""


def main(argv: Sequence[str] | None = None) -> int:
    """Run the tool and return its exit status."""
    return run(command, argv)


def command(argv: Sequence[str]) -> int:
    """Change and show every login that is named; the last failure decides the exit status."""
    parser = _parser()
    chosen, strays = parser.read(argv)
    if strays:
        print(f"Stray input arguments - {strays}", file=sys.stderr)
        parser.refuse()
    logins = _logins(chosen)
    if not logins or (chosen.quiet and chosen.listsubaccounts):
        parser.refuse()
    if len(logins) > 1 and (chosen.addsubaccount or chosen.removesubaccount):
        parser.refuse()
    if (wrong := _wrong_number(chosen)) is not None:
        print(f"ERROR: {wrong} must be a positive integer", file=sys.stderr)
        return FAILURE
    from broker.bootstrap import built, load_settings

    password = _password() if chosen.password_stdin else None
    with built(load_settings(os.environ)) as made:
        if chosen.quiet:
            with open(os.devnull, "w") as nothing, redirect_stdout(nothing):  # noqa: PTH123 not a path of ours
                return _each(made.platform, logins, chosen, password)
        print("\n")
        return _each(made.platform, logins, chosen, password)


def _parser() -> Arguments:
    parser = Arguments(prog="oo-admin-ctl-user", usage_text=USAGE)
    parser.add_argument("-l", "--login")
    parser.add_argument("-f", "--logins-file")
    parser.add_argument("-c", "--create", action="store_true")
    parser.add_argument("--password-stdin", action="store_true")
    parser.add_argument("-q", "--quiet", action="store_true")
    parser.add_argument("--listsubaccounts", action="store_true")
    for name in (*NUMBERS, *FLAGS, "addgearsize", "removegearsize", "addsubaccount", "removesubaccount"):
        parser.add_argument(f"--{name}")
    parser.add_argument("--inheritgearsizes")
    return parser


def _logins(chosen: Namespace) -> list[str]:
    named = [] if chosen.login is None else [chosen.login]
    if chosen.logins_file is not None:
        try:
            with open(chosen.logins_file, encoding="utf-8") as file:  # noqa: PTH123 as given
                named += [line.strip() for line in file]
        except (OSError, UnicodeDecodeError):
            print(f"ERROR: Could not read logins from {chosen.logins_file}", file=sys.stderr)
            raise SystemExit(FAILURE) from None
    return [login for login in dict.fromkeys(named) if login]


def _password() -> str:
    """The first line of standard input; ends the process where there is none."""
    given = "" if sys.stdin is None else sys.stdin.readline().rstrip("\r\n")
    if not given:
        print("ERROR: There is no password on standard input", file=sys.stderr)
        raise SystemExit(FAILURE)
    return given


def _wrong_number(chosen: Namespace) -> str | None:
    for option, (name, _, _) in NUMBERS.items():
        value = getattr(chosen, option)
        if value is not None and not (value.isascii() and value.isdigit() and int(value) < 2**31):
            return name
    return None


def _each(platform: "Platform", logins: Sequence[str], chosen: Namespace, password: str | None) -> int:
    from broker.core.errors import Refusal

    status = SUCCESS
    for login in logins:
        try:
            _Change(platform, login, chosen, password).make()
        except _Failed as failed:
            print(str(failed), file=sys.stderr)
            status = failed.status
        except Refusal as refusal:
            print(refusal.text, file=sys.stderr)
            status = OTHER_ERROR
    if status and len(logins) > 1:
        print("Errors were encountered", file=sys.stderr)
    return status


class _Failed(Exception):
    def __init__(self, text: str, status: int) -> None:
        super().__init__(text)
        self.status = status


@dataclass
class _Change:
    """What is asked of one account, done and told in the order of the original."""

    platform: "Platform"
    login: str
    chosen: Namespace
    password: str | None = field(repr=False)

    def make(self) -> None:
        """Create, change and report."""
        from broker.usecases import accounts

        user = self._found_or_created()
        if self.password is not None:
            user = accounts.set_password(self.platform, self.login, self.password)
        user = self._numbers(user)
        user = self._sizes(user)
        user = self._flags(user)
        user = self._inheritance(user)
        self._sub_accounts(user)
        self._report(user)

    def _found_or_created(self) -> "User":
        from broker.usecases.accounts import UserNotFound, create_user, find_user

        try:
            return find_user(self.platform, self.login)
        except UserNotFound:
            if not self.chosen.create:
                raise _Failed(f"Error: User '{self.login}' not found", NOT_FOUND) from None
        return create_user(self.platform, self.login)

    def _numbers(self, user: "User") -> "User":
        for name, (_, label, attribute) in NUMBERS.items():
            option = getattr(self.chosen, name)
            if option is None:
                continue
            if getattr(user, attribute) == int(option):
                print(f"User {self.login} already has {label} set to {int(option)}")
                continue
            user = self._set(f"Setting {label} to {int(option)}", **{attribute: int(option)})
        return user

    def _sizes(self, user: "User") -> "User":
        added, removed = self.chosen.addgearsize, self.chosen.removegearsize
        if added is not None:
            if added not in self.platform.policy.valid_gear_sizes:
                valid = ", ".join(self.platform.policy.valid_gear_sizes)
                raise _Failed(f"Error: Size '{added}' is not valid. Valid sizes: {valid}", NOT_CHANGED)
            if added in user.gear_sizes:
                print(f"User {self.login} already has gear size {added}")
            else:
                told = f"Adding gear size {added} for user {self.login}"
                user = self._set(told, gear_sizes=(*user.gear_sizes, added))
        if removed is not None:
            sizes = tuple(size for size in user.gear_sizes if size != removed)
            if sizes == user.gear_sizes:
                print(f"User {self.login} does not have gear size {removed}")
            else:
                user = self._set(f"Removing gear size {removed} for user {self.login}", gear_sizes=sizes)
        return user

    def _flags(self, user: "User") -> "User":
        for name, (label, attribute) in FLAGS.items():
            option = getattr(self.chosen, name)
            if option is None:
                continue
            wanted = option.lower() in TRUE_WORDS
            if attribute == "may_use_ha" and wanted and not self.platform.policy.allow_ha:
                raise _Failed("Error: Platform does not allow HA applications", NOT_FOUND)
            word = str(wanted).lower()
            if getattr(user, attribute) == wanted:
                print(f"User {self.login} already has {label} capability set to {word}")
                continue
            user = self._set(f"Setting {label} capability to {word} for user {self.login}", **{attribute: wanted})
        return user

    def _inheritance(self, user: "User") -> "User":
        if self.chosen.inheritgearsizes is None:
            return user
        wanted = self.chosen.inheritgearsizes.lower() in TRUE_WORDS
        word = str(wanted).lower()
        if (GEAR_SIZES in user.inherited) == wanted:
            print(f"User {self.login} already has inherit gear sizes set to {word}")
            return user
        others = tuple(name for name in user.inherited if name != GEAR_SIZES)
        inherited = (*others, GEAR_SIZES) if wanted else others
        return self._set(f"Setting inherit gear sizes to {word} for user {self.login}", inherited=inherited)

    def _sub_accounts(self, user: "User") -> None:
        from broker.usecases.accounts import create_user
        from broker.usecases.sub_accounts import delete_sub_account, list_sub_accounts

        added, removed = self.chosen.addsubaccount, self.chosen.removesubaccount
        if added is not None:
            if not user.may_have_subaccounts:
                raise _Failed(f"Error: User '{self.login}' is not allowed to have sub accounts", NOT_FOUND)
            print(f"Adding sub account {added} for user {self.login}... ", end="")
            create_user(self.platform, added, parent=user)
            print("Done.")
        if removed is not None:
            children = {each.login: each for each in list_sub_accounts(self.platform, user)}
            if removed not in children:
                raise _Failed(f"Error: Sub account '{removed}' not found for user '{self.login}'", NOT_FOUND)
            print(f"Removing sub account {removed} for user {self.login}... ", end="")
            delete_sub_account(self.platform, children[removed], force=True)
            print("Done.")

    def _set(self, told: str, **changes: object) -> "User":
        from broker.usecases.accounts import change_user

        print(f"{told}... ", end="")
        user = change_user(self.platform, self.login, **changes)
        print("Done.")
        return user

    def _report(self, user: "User") -> None:
        from broker.usecases.accounts import count_namespaces
        from broker.usecases.sub_accounts import list_sub_accounts

        print(f"User {user.login}:")
        rows: list[tuple[str, object]] = [
            ("plan", ""),
            ("usage account id", ""),
            ("plan quantity", 1),
            ("plan expiration date", ""),
            ("consumed domains", count_namespaces(self.platform, user)),
            ("max domains", user.max_namespaces),
            ("consumed gears", user.consumed_gears),
            ("max gears", user.max_gears),
            ("max tracked storage per gear", user.max_tracked_storage),
            ("max untracked storage per gear", user.max_untracked_storage),
            ("max teams", user.max_teams),
            ("viewing all global teams allowed", user.may_view_global_teams),
            ("gear sizes", user.gear_sizes),
            ("sub accounts allowed", user.may_have_subaccounts),
            ("private SSL certificates allowed", user.may_use_private_ssl),
            ("inherit gear sizes", GEAR_SIZES in user.inherited),
            ("HA allowed", user.may_use_ha),
        ]
        if user.may_follow_all_routing:  # not in the original's block, so only where somebody has asked for it
            rows.append(("routing allowed", True))
        print(labelled(rows))
        if self.chosen.listsubaccounts:
            children = list_sub_accounts(self.platform, user)
            print(f"Sub Accounts: {len(children)}")
            for child in children:
                print(f"    {child.login}")
