"""Certificates and private keys in PEM, as clients send them: read, held against each other, and bounded.

Whatever is wrong is said in words of our own: those of the library might repeat what they could not read.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from broker.core.errors import Invalid
from broker.interfaces import CheckedCertificate
from broker.process.key_envelope import KeyEnvelope, read_key_envelope

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes, PublicKeyTypes
    from cryptography.x509 import Certificate

MOST_CHARACTERS = 64 * 1024
MOST_CERTIFICATES = 10
LONGEST_NAME = 253
# Shorter keys are refused by the routers that would have to load them; longer ones take seconds to look at.
FEWEST_BITS, MOST_BITS = 2048, 4096
# A block ends before the next five hyphens, so that a text of many beginnings is looked through once.
_BLOCK = re.compile(r"-----BEGIN (?P<label>[A-Z0-9 ]{1,40})-----(?:[^-]++|-(?!----))*+-----END (?P=label)-----")


class BadCertificate(Invalid):
    """The certificate cannot be used."""

    code = "bad_certificate"
    exit_code = 174
    field = "ssl_certificate"

    def __init__(self, reason: str) -> None:
        super().__init__(f"Invalid certificate: {reason}")


class BadPrivateKey(Invalid):
    """The private key cannot be used, or not with this certificate."""

    code = "bad_private_key"
    exit_code = 172
    field = "private_key"


class PemCertificates:
    """Checks a certificate with its key; whether it has expired, or is for this name, the caller decides."""

    def check(self, certificate: str, private_key: str, pass_phrase: str | None) -> CheckedCertificate:
        """What a client sent, as it is kept: the chain, and the key without its pass phrase.

        Raises `BadCertificate` and `BadPrivateKey`. Looking at the worst input takes about a second.
        """
        chain = _chain(certificate)
        leaf = chain[0]
        with _refused(BadCertificate("its key, its names or its dates cannot be read")):
            public, names = leaf.public_key(), _names(leaf)
            begins, ends = leaf.not_valid_before_utc.timestamp(), leaf.not_valid_after_utc.timestamp()
        key = _key(private_key, pass_phrase or "")
        if _public_pem(key.public_key()) != _public_pem(public):
            raise BadPrivateKey("Private key/certificate mismatch")
        return CheckedCertificate(
            chain="".join(_certificate_pem(each) for each in chain),
            private_key=_private_pem(key).decode(),
            names=names,
            begins_at=begins,
            ends_at=ends,
        )


@contextmanager
def _refused(refusal: Invalid) -> Iterator[None]:
    """Whatever goes wrong in the library is this refusal: it raises many kinds of errors, which may repeat a key."""
    try:
        yield
    except Exception:  # noqa: BLE001 as above
        raise refusal from None


def _chain(text: str) -> "list[Certificate]":
    """The certificates of the text in their order; anything between them is passed over, as it always was."""
    if len(text) > MOST_CHARACTERS:
        raise BadCertificate(f"it is longer than {MOST_CHARACTERS} characters")
    blocks = list(_BLOCK.finditer(text))
    if any("PRIVATE KEY" in block["label"] for block in blocks):
        raise BadCertificate("there is a private key in it, which belongs into private_key")
    certificates = [block[0] for block in blocks if block["label"] == "CERTIFICATE"]
    if not certificates:
        raise BadCertificate("there is none in PEM form in it (-----BEGIN CERTIFICATE-----)")
    if len(certificates) > MOST_CERTIFICATES:
        raise BadCertificate(f"there are more than {MOST_CERTIFICATES} in it")
    return [_certificate(pem, number) for number, pem in enumerate(certificates, 1)]


def _certificate(pem: str, number: int) -> "Certificate":
    from cryptography import x509  # noqa: PLC0415 so that a process that checks none starts quickly

    with _refused(BadCertificate(f"that in place {number} cannot be read")):
        return x509.load_pem_x509_certificate(pem.encode("ascii"))


def _key(text: str, pass_phrase: str) -> "PrivateKeyTypes":
    """The key of the text, found valid; RSA or DSA, and neither too short nor too long."""
    from cryptography.hazmat.primitives.asymmetric import dsa, rsa  # noqa: PLC0415 as in `_certificate`
    from cryptography.hazmat.primitives.serialization import load_pem_private_key  # noqa: PLC0415 as in `_certificate`

    envelope = _envelope(text)
    if envelope.is_encrypted and not pass_phrase:
        raise _bad_key("it needs its pass phrase")
    with _refused(_bad_key("it does not open with this pass phrase" if envelope.is_encrypted else "it cannot be read")):
        password = pass_phrase.encode() if envelope.is_encrypted else None
        # Whether its numbers belong together is asked once their length is known: it takes minutes for long ones.
        found = load_pem_private_key(envelope.pem, password, unsafe_skip_rsa_key_validation=True)
    if not isinstance(found, rsa.RSAPrivateKey | dsa.DSAPrivateKey):
        raise BadPrivateKey("Key must be RSA or DSA for Apache mod_ssl")
    if not FEWEST_BITS <= found.key_size <= MOST_BITS:
        raise _bad_key(f"it has {found.key_size} bits, and may have {FEWEST_BITS} to {MOST_BITS}")
    with _refused(_bad_key("its numbers do not belong together")):
        if isinstance(found, dsa.DSAPrivateKey):
            # To read one does not ask that, to make one of its numbers does.
            return found.private_numbers().private_key()
        return load_pem_private_key(_private_pem(found), None)


def _envelope(text: str) -> KeyEnvelope:
    """What can be said of the key without opening it; raises `BadPrivateKey` for what should not be opened."""
    if not text.strip():
        raise BadPrivateKey("Private key is required")
    if len(text) > MOST_CHARACTERS:
        raise _bad_key(f"it is longer than {MOST_CHARACTERS} characters")
    blocks = [block for block in _BLOCK.finditer(text) if "PRIVATE KEY" in block["label"]]
    if len(blocks) != 1:
        raise _bad_key(f"there {'is more than one' if blocks else 'is none'} in PEM form (-----BEGIN PRIVATE KEY-----)")
    try:
        return read_key_envelope(blocks[0]["label"], blocks[0][0])
    except ValueError as error:
        raise _bad_key(str(error)) from None


def _bad_key(reason: str) -> BadPrivateKey:
    return BadPrivateKey(f"Invalid private key or pass phrase: {reason}")


def _names(certificate: "Certificate") -> tuple[str, ...]:
    """The host names it is for, each once; its common name where it has no list of them."""
    from cryptography import x509  # noqa: PLC0415 as in `_certificate`

    try:
        listed = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        names = listed.get_values_for_type(x509.DNSName)
    except x509.ExtensionNotFound:
        attributes = certificate.subject.get_attributes_for_oid(x509.NameOID.COMMON_NAME)
        names = [str(attribute.value) for attribute in attributes]
    return tuple(dict.fromkeys(name.lower() for name in names if len(name) <= LONGEST_NAME))


def _certificate_pem(certificate: "Certificate") -> str:
    from cryptography.hazmat.primitives.serialization import Encoding  # noqa: PLC0415 as in `_certificate`

    return certificate.public_bytes(Encoding.PEM).decode()


def _public_pem(key: "PublicKeyTypes") -> bytes:
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat  # noqa: PLC0415 as in `_certificate`

    return key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


def _private_pem(key: "PrivateKeyTypes") -> bytes:
    from cryptography.hazmat.primitives.serialization import (  # noqa: PLC0415 as in `_certificate`
        Encoding,
        NoEncryption,
        PrivateFormat,
    )

    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
