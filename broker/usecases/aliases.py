"""Aliases: extra DNS names of an application, which its owner points at the routers."""

import re

from broker.core.access import Permission
from broker.core.application import ApplicationParts
from broker.core.errors import Invalid, NotFound
from broker.core.ids import ApplicationId
from broker.core.operation import OperationKind
from broker.core.owner import User
from broker.core.policy import Policy
from broker.core.routing_changes import AliasAdded, AliasRemoved, Change, SslAdded, SslRemoved
from broker.interfaces import AliasCertificate, Platform, UnitOfWork
from broker.usecases.alias_certificates import CertificateWish, check_may_use, routed, sealed_certificate
from broker.usecases.announcing import announce
from broker.usecases.applications import view, view_after
from broker.usecases.finding import find_application
from broker.usecases.operations import Intention, change
from broker.usecases.permitted import NEEDED
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


def check_alias(alias: str, policy: Policy) -> str:
    """The alias in lower case; refuses what is no such name, an address, and names inside the cloud's own domain."""
    name = alias.lower()
    if (
        len(name) > LONGEST_ALIAS
        or not _ALIAS.fullmatch(name)
        or _ADDRESS.fullmatch(name)
        or name.endswith(_FORMATS)
        or _is_taken_by_cloud(name, policy)
    ):
        raise Invalid(f"The specified alias is not allowed: '{alias[:300]}'", field="id", exit_code=105)
    return name


def _is_taken_by_cloud(name: str, policy: Policy) -> bool:
    """Whether a name is the cloud's own: all inside its domain unless the operator allows them.

    The routers' is not allowed even then, wherever it is, and neither are those that an application, a gear or an HA
    application could have.
    """
    if name in {policy.cloud_domain.lower(), policy.router_hostname.lower()}:
        return True
    inside = f".{policy.cloud_domain}".lower()
    if not name.endswith(inside):
        return False
    if not policy.allow_alias_in_cloud_domain:
        return True
    ha = rf"{re.escape(policy.ha_dns_prefix)}[a-z0-9]+-[a-z0-9]+{re.escape(policy.ha_dns_suffix)}".lower()
    return re.fullmatch(rf"\w+-\w+|{ha}", name.removesuffix(inside), re.ASCII) is not None


def show_alias(
    platform: Platform, user: User, reference: str, alias: str, namespace: str | None = None
) -> ApplicationView:
    """The application, if it has this alias; raises `AliasNotFound`."""
    with platform.reading() as work:
        shown = view(work, find_application(work, user, reference, namespace, needs=Permission.READ_APPLICATION))
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
    certificate: CertificateWish | None = None,
) -> ApplicationView:
    """Give the application another name, with a certificate if wanted; raises `Conflict` when any application has it.

    Raises `Forbidden` where its owner may have no certificates, and `Invalid` for a name or a certificate that is none.
    """
    with platform.reading() as work:
        found = find_application(work, user, reference, namespace, needs=NEEDED[OperationKind.ADD_ALIAS])
        if certificate is not None:
            check_may_use(work, found, "add")
    application_id = found.application.application_id
    name = check_alias(alias, platform.policy)
    sealed = None if certificate is None else sealed_certificate(platform, application_id, name, certificate)

    def make(work: UnitOfWork, parts: ApplicationParts) -> ApplicationParts:
        work.applications.add_alias(application_id, name)
        told = (AliasAdded(alias=name), *_exchanged(work, application_id, name, sealed))
        return announce(platform, work, parts, told)

    arguments = {"alias": name} if sealed is None else {"alias": name, "certificate": True}
    intention = Intention(kind=OperationKind.ADD_ALIAS, arguments=arguments)
    return view_after(platform, change(platform, application_id, intention, make))


def update_alias(
    platform: Platform,
    user: User,
    reference: str,
    alias: str,
    namespace: str | None = None,
    *,
    certificate: CertificateWish | None,
) -> ApplicationView:
    """Give the alias this certificate in place of any that it has, or take it away.

    Raises `AliasNotFound`, `Forbidden` where the owner may have no certificates, and `Invalid`.
    """
    name = alias.lower()
    with platform.reading() as work:
        found = find_application(work, user, reference, namespace, needs=NEEDED[OperationKind.UPDATE_ALIAS])
        application_id = found.application.application_id
        _check_has(work, application_id, name)
        if certificate is not None:
            check_may_use(work, found, "update")
    sealed = None if certificate is None else sealed_certificate(platform, application_id, name, certificate)

    def make(work: UnitOfWork, parts: ApplicationParts) -> ApplicationParts:
        _check_has(work, application_id, name)
        return announce(platform, work, parts, _exchanged(work, application_id, name, sealed))

    arguments = {"alias": name, "certificate": sealed is not None}
    intention = Intention(kind=OperationKind.UPDATE_ALIAS, arguments=arguments)
    return view_after(platform, change(platform, application_id, intention, make))


def remove_alias(
    platform: Platform, user: User, reference: str, alias: str, namespace: str | None = None
) -> ApplicationView:
    """Take a name away from the application, with its certificate; raises `AliasNotFound`."""
    name = alias.lower()
    with platform.reading() as work:
        found = find_application(work, user, reference, namespace, needs=NEEDED[OperationKind.REMOVE_ALIAS])
    application_id = found.application.application_id

    def make(work: UnitOfWork, parts: ApplicationParts) -> ApplicationParts:
        _check_has(work, application_id, name)
        told = (*_exchanged(work, application_id, name, None), AliasRemoved(alias=name))
        work.applications.remove_alias(application_id, name)
        return announce(platform, work, parts, told)

    intention = Intention(kind=OperationKind.REMOVE_ALIAS, arguments={"alias": name})
    return view_after(platform, change(platform, application_id, intention, make))


def _check_has(work: UnitOfWork, application_id: ApplicationId, name: str) -> None:
    """Raises `AliasNotFound`."""
    if work.applications.alias_owner(name) != application_id:
        raise AliasNotFound(name)


def _exchanged(
    work: UnitOfWork, application_id: ApplicationId, name: str, sealed: AliasCertificate | None
) -> tuple[Change, ...]:
    """Store what is to be the certificate of an alias, None for none; returns what routers are told of it."""
    if sealed is not None:
        work.certificates.put(sealed)
        return (SslAdded(certificate=routed(sealed)),)
    if name not in work.certificates.added_at([application_id]).get(application_id, {}):
        return ()
    work.certificates.remove(application_id, name)
    return (SslRemoved(alias=name),)
