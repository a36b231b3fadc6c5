"""Certificates of aliases: checked and sealed as they come, and given out to the routers that serve with them."""

import logging
from collections.abc import Callable
from dataclasses import dataclass, field

from broker.core.access import Permission
from broker.core.application import ApplicationParts
from broker.core.errors import Forbidden, Invalid, NotFound
from broker.core.ids import ApplicationId, CertificateId
from broker.core.owner import User
from broker.core.routing_table import RoutedCertificate
from broker.interfaces import AliasCertificate, Platform, UnitOfWork, Vault
from broker.usecases.finding import looks_like_id
from broker.usecases.times import timestamp
from broker.usecases.visibility import may, may_follow, visible

SHOWN = 100

_log = logging.getLogger(__name__)


class CertificateNotFound(NotFound):
    """There is no such certificate, or not any more, or the caller may not have its key."""

    code = "certificate_not_found"
    exit_code = 173

    def __init__(self, reference: str) -> None:
        super().__init__(f"Certificate '{reference[:SHOWN]}' not found.")


@dataclass(frozen=True, kw_only=True, slots=True)
class CertificateWish:
    """A certificate as a client sends it, in PEM; the pass phrase opens its key, and is not kept."""

    certificate: str
    private_key: str = field(repr=False)
    pass_phrase: str = field(default="", repr=False)


@dataclass(frozen=True, kw_only=True, slots=True)
class OpenCertificate:
    """A certificate with its chain and its private key, both PEM, as a router needs them."""

    stored: AliasCertificate
    private_key: str = field(repr=False)


def check_may_use(work: UnitOfWork, parts: ApplicationParts, verb: str) -> None:
    """Raises `Forbidden` unless the owner of the application may have certificates; `verb` is what is being done."""
    owner = work.users.by_id(parts.application.owner_id)
    if owner is None or not owner.may_use_private_ssl:
        raise Forbidden(f"User is not authorized to {verb} private SSL certificates", exit_code=175)


def sealed_certificate(
    platform: Platform, application_id: ApplicationId, alias: str, wish: CertificateWish
) -> AliasCertificate:
    """The certificate as it is kept; raises `Invalid` in the contract's words.

    Whether it is for this name, and from when until when, is its owner's matter, as it always was.
    """
    if wish.certificate and not wish.private_key:
        raise Invalid("Private key is required", field="private_key", exit_code=172)
    checked = platform.certificates.check(wish.certificate, wish.private_key, wish.pass_phrase or None)
    certificate_id = CertificateId(platform.new_id())
    return AliasCertificate(
        certificate_id=certificate_id,
        application_id=application_id,
        alias=alias,
        certificate=checked.chain,
        private_key=platform.vault.seal(checked.private_key.encode(), _purpose(certificate_id)),
        added_at=timestamp(platform.clock.now()),
    )


def routed(certificate: AliasCertificate) -> RoutedCertificate:
    """The certificate as routers are told it."""
    return RoutedCertificate(
        alias=certificate.alias,
        ssl=certificate.certificate,
        private_key_reference=certificate.certificate_id,
    )


def open_certificate(platform: Platform, user: User, reference: str) -> OpenCertificate:
    """What a `private_key_reference` leads to, for a router's login and for who may change the alias.

    Raises `CertificateNotFound` for everybody else, and `Unopenable` where this platform has not the key it was
    sealed with.
    """
    with platform.reading() as work:
        stored = work.certificates.by_id(CertificateId(reference)) if looks_like_id(reference) else None
        if stored is None or not _may_have(work, user, stored):
            raise CertificateNotFound(reference)
    private_key = _opened(platform.vault, stored)
    extra = {"login": user.login, "alias": stored.alias, "certificate_id": stored.certificate_id}
    _log.info("the private key of a certificate was given out", extra=extra)
    return OpenCertificate(stored=stored, private_key=private_key)


def private_key_of(reading: Callable[[], UnitOfWork], vault: Vault, reference: str) -> str:
    """The key in clear, for those listeners of old that cannot fetch it; nothing where the certificate has gone.

    Raises `Unopenable` as `open_certificate` does.
    """
    with reading() as work:
        stored = work.certificates.by_id(CertificateId(reference))
    return "" if stored is None else _opened(vault, stored)


def _may_have(work: UnitOfWork, user: User, stored: AliasCertificate) -> bool:
    parts = work.applications.by_id(stored.application_id)
    if parts is not None and may_follow(user, parts):
        return True
    found = visible(work, user, parts)
    return found is not None and may(user, found[0].application, found[1], Permission.UPDATE_ALIAS)


def _opened(vault: Vault, stored: AliasCertificate) -> str:
    return vault.open(stored.private_key, _purpose(stored.certificate_id)).decode()


def _purpose(certificate_id: CertificateId) -> str:
    """What its key is sealed for: that of another certificate, put in its place, does not open."""
    return f"private key of certificate {certificate_id}"
