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
    Read the password of the users from the first line of standard input.
--setmaxdomains <number>
    Most domains a user may have.
--setmaxgears <number>
    Most gears a user may have.
--setmaxteams <number>
    Most teams a user may have.
--addgearsize <size>
    Let the user have gears of this size.
--removegearsize <size>
    Do not let the user have gears of this size any more.
--allowha <true|false>
    Let the user make applications highly available.
--allowrouting <true|false>
    Let the user follow the routing events of all applications, as a router listener must.
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
    if not logins:
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
    for name in ("setmaxdomains", "setmaxgears", "setmaxteams", "addgearsize", "removegearsize"):
        parser.add_argument(f"--{name}")
    parser.add_argument("--allowha")
    parser.add_argument("--allowrouting")
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
    for name, value in (
        ("Max domains", chosen.setmaxdomains),
        ("Max gears", chosen.setmaxgears),
        ("Max teams", chosen.setmaxteams),
    ):
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
        for option, label, attribute in (
            (self.chosen.setmaxdomains, "max_domains", "max_namespaces"),
            (self.chosen.setmaxgears, "max_gears", "max_gears"),
            (self.chosen.setmaxteams, "max_teams", "max_teams"),
        ):
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
        for option, label, attribute in (
            (self.chosen.allowha, "HA", "may_use_ha"),
            (self.chosen.allowrouting, "routing", "may_follow_all_routing"),
        ):
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

    def _set(self, told: str, **changes: object) -> "User":
        from broker.usecases.accounts import change_user

        print(f"{told}... ", end="")
        user = change_user(self.platform, self.login, **changes)
        print("Done.")
        return user

    def _report(self, user: "User") -> None:
        from broker.usecases.accounts import count_namespaces

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
            ("max tracked storage per gear", 0),
            ("max untracked storage per gear", 0),
            ("max teams", user.max_teams),
            ("viewing all global teams allowed", False),
            ("gear sizes", user.gear_sizes),
            ("sub accounts allowed", False),
            ("private SSL certificates allowed", False),
            ("inherit gear sizes", False),
            ("HA allowed", user.may_use_ha),
        ]
        if user.may_follow_all_routing:  # not in the original's block, so only where somebody has asked for it
            rows.append(("routing allowed", True))
        print(labelled(rows))
