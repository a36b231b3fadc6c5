"""Certificates and keys as owners have them, made for a test: slow ones are made once."""

from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID

BEGIN, END = datetime(2026, 1, 1, tzinfo=UTC), datetime(2036, 1, 1, tzinfo=UTC)
PAST = datetime(2026, 1, 2, tzinfo=UTC)


@dataclass(frozen=True, kw_only=True)
class Made:
    """A certificate with its chain, its private key, and that key under the pass phrase `geheim`; all PEM."""

    chain: str
    private_key: str
    encrypted: str

    def form(self, **more: str) -> dict[str, str]:
        """What a client sends of it."""
        return {"ssl_certificate": self.chain, "private_key": self.private_key, **more}


@cache
def made_certificate(name: str = "www.example.org", *, issued: bool = False, end: datetime = END) -> Made:
    """One with an RSA key of its own; `issued` has the certificate of an issuer behind it."""
    key = rsa.generate_private_key(65537, 2048)
    return _made(name, key, issuer=rsa.generate_private_key(65537, 2048) if issued else None, end=end)


@cache
def elliptic_certificate(name: str = "www.example.org") -> Made:
    """One with a key of a kind that is not taken."""
    return _made(name, ec.generate_private_key(ec.SECP256R1()))


def _made(name, key, *, issuer=None, end=END) -> Made:
    chain = _certificate(name, key, issuer or key, "issuer" if issuer else name, end)
    if issuer is not None:
        chain += _certificate("issuer", issuer, issuer, "issuer", END)
    return Made(
        chain=chain,
        private_key=_pem(key, serialization.NoEncryption()),
        encrypted=_pem(key, serialization.BestAvailableEncryption(b"geheim")),
    )


def _certificate(name, key, signer, issuer_name, end) -> str:
    subject, issuer = (x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, each)]) for each in (name, issuer_name))
    built = x509.CertificateBuilder(issuer, subject, key.public_key(), 1, BEGIN, end)
    return built.sign(signer, hashes.SHA256()).public_bytes(serialization.Encoding.PEM).decode()


def _pem(key, encryption) -> str:
    return key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, encryption).decode()
