"""Aliases: extra DNS names of an application, which its owner points at the routers."""

import re

from broker.core.application import ApplicationParts
from broker.core.errors import Forbidden, Invalid, NotFound
from broker.core.operation import OperationKind
from broker.core.owner import User
from broker.core.routing_changes import AliasAdded, AliasRemoved
from broker.interfaces import Platform, UnitOfWork
from broker.usecases.announcing import announce
from broker.usecases.applications import view, view_after
from broker.usecases.finding import find_application
from broker.usecases.operations import Intention, change
from broker.usecases.views import ApplicationView

LONGEST_ALIAS = 255
_ALIAS = re.compile(r"[a-z0-9]+(\.?[-a-z0-9]+)+", re.ASCII)
_ADDRESS = re.compile(r"\d{1,3}(\.\d{1,3}){3}", re.ASCII)
_FORMATS = (".json", ".xml", ".yml", ".yaml", ".html", ".xhtml")


class AliasNotFound(NotFound):
    """The application has no such alias."""

    code = "alias_not_found"
    exit_code = 173

    def __init__(self, alias: str) -> None:
        super().__init__(f"Alias '{alias}' not found.")


def check_alias(alias: str, cloud_domain: str) -> str:
    """The alias in lower case; refuses what is no such name, an address, and names inside the cloud's own domain."""
    name = alias.lower()
    if (
        len(name) > LONGEST_ALIAS
        or not _ALIAS.fullmatch(name)
        or _ADDRESS.fullmatch(name)
        or name.endswith(_FORMATS)
        or name == cloud_domain
        or name.endswith(f".{cloud_domain}")
    ):
        raise Invalid(f"The specified alias is not allowed: '{alias[:300]}'", field="id", exit_code=105)
    return name


def show_alias(
    platform: Platform, user: User, reference: str, alias: str, namespace: str | None = None
) -> ApplicationView:
    """The application, if it has this alias; raises `AliasNotFound`."""
    with platform.reading() as work:
        shown = view(work, find_application(work, user, reference, namespace))
    if alias.lower() not in shown.aliases:
        raise AliasNotFound(alias.lower())
    return shown


def add_alias(
    platform: Platform,
    user: User,
    reference: str,
    alias: str,
    namespace: str | None = None,
    *,
    with_certificate: bool = False,
) -> ApplicationView:
    """Give the application another name; raises `Conflict` when any application has it.

    Nobody may bring a certificate yet: that is `Forbidden`.
    """
    with platform.reading() as work:
        found = find_application(work, user, reference, namespace)
    if with_certificate:
        raise Forbidden("User is not authorized to add private SSL certificates", exit_code=175)
    name = check_alias(alias, platform.policy.cloud_domain)

    def make(work: UnitOfWork, parts: ApplicationParts) -> ApplicationParts:
        work.applications.add_alias(parts.application.application_id, name)
        return announce(platform, work, parts, (AliasAdded(alias=name),))

    intention = Intention(kind=OperationKind.ADD_ALIAS, arguments={"alias": name})
    return view_after(platform, change(platform, found.application.application_id, intention, make))


def remove_alias(
    platform: Platform, user: User, reference: str, alias: str, namespace: str | None = None
) -> ApplicationView:
    """Take a name away from the application; raises `AliasNotFound`."""
    name = alias.lower()
    with platform.reading() as work:
        found = find_application(work, user, reference, namespace)

    def make(work: UnitOfWork, parts: ApplicationParts) -> ApplicationParts:
        application_id = parts.application.application_id
        if work.applications.alias_owner(name) != application_id:
            raise AliasNotFound(name)
        work.applications.remove_alias(application_id, name)
        return announce(platform, work, parts, (AliasRemoved(alias=name),))

    intention = Intention(kind=OperationKind.REMOVE_ALIAS, arguments={"alias": name})
    return view_after(platform, change(platform, found.application.application_id, intention, make))
