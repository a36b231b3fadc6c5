"""Who may do what: roles of members, permissions that need a role, and scopes that narrow what a credential allows."""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import Enum, IntEnum, StrEnum
from typing import Final, Self

from broker.core.errors import Forbidden


class Role(IntEnum):
    """What somebody is to a domain, an application or a team; each may do what those below it may.

    A member is given one of the first three; the owner is not given theirs.
    """

    VIEW = 1
    EDIT = 2
    ADMIN = 3
    OWNER = 4

    @property
    def word(self) -> str:
        """The role as members are shown it: an owner is shown as an administrator."""
        return min(self, Role.ADMIN).name.lower()


GIVEN_ROLES: Final[Mapping[str, Role]] = {role.word: role for role in (Role.VIEW, Role.EDIT, Role.ADMIN)}


class Permission(Enum):
    """Something that may be done to a thing: its name, the kind of thing, and the role that it needs."""

    READ_APPLICATION = ("read", "application", Role.VIEW)
    CHANGE_STATE = ("change_state", "application", Role.EDIT)
    CHANGE_CARTRIDGE_STATE = ("change_cartridge_state", "application", Role.EDIT)
    MAKE_HA = ("make_ha", "application", Role.EDIT)
    DISABLE_HA = ("disable_ha", "application", Role.EDIT)
    SCALE_CARTRIDGE = ("scale_cartridge", "application", Role.EDIT)
    REMOVE_GEAR = ("remove_gear", "application", Role.EDIT)
    ROTATE_GEAR = ("rotate_gear", "application", Role.EDIT)
    CHANGE_GEAR_QUOTA = ("change_gear_quota", "application", Role.EDIT)
    CREATE_CARTRIDGE = ("create_cartridge", "application", Role.EDIT)
    DESTROY_CARTRIDGE = ("destroy_cartridge", "application", Role.EDIT)
    CREATE_ALIAS = ("create_alias", "application", Role.EDIT)
    UPDATE_ALIAS = ("update_alias", "application", Role.EDIT)
    DESTROY_ALIAS = ("destroy_alias", "application", Role.EDIT)
    VIEW_VARIABLES = ("view_environment_variables", "application", Role.EDIT)
    CHANGE_VARIABLES = ("change_environment_variables", "application", Role.EDIT)
    UPDATE_APPLICATION = ("update_application", "application", Role.EDIT)
    CREATE_DEPLOYMENT = ("create_deployment", "application", Role.EDIT)
    REPORT_DEPLOYMENTS = ("update_deployments", "application", Role.EDIT)
    VIEW_CODE_DETAILS = ("view_code_details", "application", Role.EDIT)
    DESTROY_APPLICATION = ("destroy", "application", Role.EDIT)
    READ_DOMAIN = ("read", "domain", Role.VIEW)
    CREATE_APPLICATION = ("create_application", "domain", Role.EDIT)
    CHANGE_DOMAIN_MEMBERS = ("change_members", "domain", Role.ADMIN)
    CHANGE_NAMESPACE = ("change_namespace", "domain", Role.OWNER)
    CHANGE_GEAR_SIZES = ("change_gear_sizes", "domain", Role.OWNER)
    DESTROY_DOMAIN = ("destroy", "domain", Role.OWNER)
    READ_TEAM = ("read", "team", Role.VIEW)
    CHANGE_TEAM_MEMBERS = ("change_members", "team", Role.OWNER)
    DESTROY_TEAM = ("destroy", "team", Role.OWNER)
    CREATE_DOMAIN = ("create_domain", "user", Role.OWNER)
    CREATE_TEAM = ("create_team", "user", Role.OWNER)

    def __init__(self, called: str, kind: str, needs: Role) -> None:
        self.called = called
        self.kind = kind
        self.needs = needs

    def __str__(self) -> str:
        return f"{self.called} on {self.kind}"

    @property
    def reads(self) -> bool:
        """Whether it only shows something."""
        return self.called in {"read", "view_environment_variables", "view_code_details"}


class Noun(StrEnum):
    """What a request is about, as far as scopes tell requests apart."""

    ACCOUNT = "account"
    KEYS = "keys"
    AUTHORIZATIONS = "authorizations"
    DOMAINS = "domains"
    APPLICATIONS = "applications"
    # Those of all applications together; one, or those of one application, are about applications.
    OPERATIONS = "operations"
    TEAMS = "teams"
    ROUTING = "routing"
    PUBLIC = "public"


@dataclass(frozen=True, slots=True)
class Scope:
    """One word of what a credential allows: `kind`, and for a single domain or application its id and the `level`."""

    kind: str
    subject: str = ""
    level: str = ""

    def __str__(self) -> str:
        return f"{self.kind}/{self.subject}/{self.level}" if self.subject else self.kind

    @property
    def pattern(self) -> str:
        """The scope as it is described, with `:id` for the one thing that it is about."""
        return f"{self.kind}/:id/{self.level}" if self.subject else self.kind

    def allows_request(self, noun: Noun, *, reads: bool) -> bool:
        """Whether a request about such a thing may be looked at at all."""
        if self.kind == "session" or noun is Noun.PUBLIC:
            return True
        if self.kind == "read":
            return reads and noun is not Noun.AUTHORIZATIONS
        if self.kind == "userinfo":
            return reads and noun is Noun.ACCOUNT
        if self.kind == "domain":
            return noun in {Noun.DOMAINS, Noun.APPLICATIONS}
        return noun is Noun.APPLICATIONS

    def reaches(self, *, domain: str | None = None, application: str | None = None) -> bool:
        """Whether the credential may see this domain, or this application in this domain, at all."""
        if self.kind in {"session", "read"}:
            return True
        return bool(self.subject) and self.subject == (domain if self.kind == "domain" else application)

    def permits(self, permission: Permission, *, domain: str | None = None, application: str | None = None) -> bool:
        """Whether it may be done to this domain, or to this application in this domain."""
        if self.kind == "session":
            return True
        if self.kind == "read":
            return permission.reads
        if not self.reaches(domain=domain, application=application):
            return False
        if permission.called == "read":
            return True
        if self.kind == "domain":
            return permission.needs <= _DOMAIN_LEVELS[self.level]
        return permission in _APPLICATION_LEVELS[self.level]


_OF_APPLICATIONS = frozenset(permission for permission in Permission if permission.kind == "application")
_DOMAIN_LEVELS: Final[Mapping[str, Role]] = {"view": Role.VIEW, "edit": Role.EDIT, "admin": Role.OWNER}
_APPLICATION_LEVELS: Final[Mapping[str, frozenset[Permission]]] = {
    "view": frozenset({Permission.READ_APPLICATION}),
    "edit": _OF_APPLICATIONS - {Permission.DESTROY_APPLICATION},
    "admin": _OF_APPLICATIONS,
    "scale": frozenset({Permission.SCALE_CARTRIDGE, Permission.CHANGE_STATE}),
    "report_deployments": frozenset({Permission.REPORT_DEPLOYMENTS}),
}
# Levels that nobody can ask for: gears are given them.
_HIDDEN: Final = frozenset({"scale", "report_deployments"})
_NARROW = re.compile(r"(domain|application)/([0-9a-f]{24})/([a-z_]+)", re.ASCII)
# As clients list them, with what each allows.
DESCRIPTIONS: Final[Mapping[str, str]] = {
    "session": "Do everything that your password allows, for a short time.",
    "read": "See everything that you can see, but not your authorizations; change nothing.",
    "userinfo": "See your own account.",
    "domain/:id/view": "See one domain and its applications.",
    "domain/:id/edit": "Create, change and delete the applications of one domain.",
    "domain/:id/admin": "Do everything with one domain and its applications.",
    "application/:id/view": "See one application.",
    "application/:id/edit": "Change one application, but not delete it.",
    "application/:id/admin": "Do everything with one application.",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Lifetime:
    """How long a token is good, in seconds: unless something else is asked for, and at the most."""

    usual: int
    longest: int


_DAY: Final = 86_400
# By scope, `*` for those not named; a month has 30 days.
USUAL_LIFETIMES: Final[Mapping[str, Lifetime]] = {
    "session": Lifetime(usual=_DAY, longest=7 * _DAY),
    "*": Lifetime(usual=30 * _DAY, longest=180 * _DAY),
}


@dataclass(frozen=True, slots=True)
class Scopes:
    """All that a credential allows: what any of its scopes does."""

    each: tuple[Scope, ...]

    def __str__(self) -> str:
        return " ".join(str(scope) for scope in self.each)

    @classmethod
    def read(cls, words: Collection[str]) -> Self | None:
        """The scopes that these words name; None where one of them names none that can be asked for."""
        found = [_scope(word) for word in dict.fromkeys(words)]
        named = tuple(scope for scope in found if scope is not None and scope.level not in _HIDDEN)
        return cls(named) if named and len(named) == len(found) else None

    @classmethod
    def stored(cls, text: str) -> Self:
        """The scopes that `str` made this text of."""
        return cls(tuple(scope for word in text.split() if (scope := _scope(word)) is not None))

    @property
    def are_whole(self) -> bool:
        """Whether they allow everything that the account may."""
        return any(scope.kind == "session" for scope in self.each)

    def lifetime(self, wanted: int | None, lifetimes: Mapping[str, Lifetime]) -> int:
        """For how many seconds a token with these scopes is good: as wanted, else as the shortest usual time of any.

        More than the longest time that all of them have, or no time at all, is as if nothing was wanted.
        """
        each = [lifetimes.get(scope.pattern) or lifetimes["*"] for scope in self.each]
        longest = min(lifetime.longest for lifetime in each)
        if wanted is not None and 0 < wanted <= longest:
            return wanted
        return min(lifetime.usual for lifetime in each)

    def allow_request(self, noun: Noun, *, reads: bool) -> bool:
        """Whether any of them lets a request about such a thing be looked at."""
        return any(scope.allows_request(noun, reads=reads) for scope in self.each)

    def reach(self, *, domain: str | None = None, application: str | None = None) -> bool:
        """Whether any of them reaches this domain, or this application in this domain."""
        return any(scope.reaches(domain=domain, application=application) for scope in self.each)

    def permit(self, permission: Permission, *, domain: str | None = None, application: str | None = None) -> bool:
        """Whether any of them permits this with this domain, or this application in this domain."""
        return any(scope.permits(permission, domain=domain, application=application) for scope in self.each)


def _scope(word: str) -> Scope | None:
    if word in {"session", "read", "userinfo"}:
        return Scope(word)
    narrow = _NARROW.fullmatch(word)
    if narrow is None:
        return None
    kind, subject, level = narrow.groups()
    levels: Collection[str] = _DOMAIN_LEVELS if kind == "domain" else _APPLICATION_LEVELS
    return Scope(kind, subject, level) if level in levels else None


SESSION: Final = Scopes((Scope("session"),))


def check_permission(
    permission: Permission,
    role: Role,
    scopes: Scopes,
    *,
    domain: str | None = None,
    application: str | None = None,
) -> None:
    """Raises `Forbidden` where the role is too low for this, or where no scope of the credential permits it."""
    if role < permission.needs:
        raise Forbidden(f"You are not permitted to perform this action ({permission})")
    if not scopes.permit(permission, domain=domain, application=application):
        raise Forbidden(f"You are not permitted to perform this action with the scopes {scopes} ({permission})")
