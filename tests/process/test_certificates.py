"""Certificates with their keys: what is taken, how it is kept, and in which words the rest is refused."""

import base64
import ipaddress
import subprocess
from datetime import UTC, datetime

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import dsa, ec, rsa
from cryptography.x509.oid import NameOID
from hypothesis import given
from hypothesis import strategies as st

from broker.core.errors import Invalid
from broker.process.certificates import MOST_CHARACTERS, PemCertificates

BEGIN, END = datetime(2026, 1, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC)
WRONG = "Invalid private key or pass phrase: "


def pem(key, pass_phrase=None, form=serialization.PrivateFormat.PKCS8):
    encryption = serialization.NoEncryption()
    if pass_phrase:
        encryption = serialization.BestAvailableEncryption(pass_phrase.encode())
    return key.private_bytes(serialization.Encoding.PEM, form, encryption).decode()


def certificate(key, common_name="www.example.com", names=(), signer=None):
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])
    made = x509.CertificateBuilder(name, name, key.public_key(), 1, BEGIN, END)
    if names:
        made = made.add_extension(x509.SubjectAlternativeName(list(names)), critical=False)
    signed = made.sign(signer or key, hashes.SHA256())
    return signed.public_bytes(serialization.Encoding.PEM).decode()


@pytest.fixture(scope="module")
def key():
    return rsa.generate_private_key(65537, 2048)


@pytest.fixture(scope="module")
def other():
    return rsa.generate_private_key(65537, 2048)


@pytest.fixture(scope="module")
def small():
    return rsa.generate_private_key(65537, 1024)  # noqa: S505 it is what is refused


def check(certificate, private_key, pass_phrase=None):
    return PemCertificates().check(certificate, private_key, pass_phrase)


def refused(certificate, private_key, pass_phrase=None):
    with pytest.raises(Invalid) as refusal:
        check(certificate, private_key, pass_phrase)
    assert refusal.value.__cause__ is None
    assert refusal.value.__suppress_context__ or refusal.value.__context__ is None
    return refusal.value.exit_code, refusal.value.field, refusal.value.text


def test_a_certificate_with_its_key_is_kept_as_it_is(key):
    names = [x509.DNSName("WWW.example.com"), x509.DNSName("*.example.org"), x509.DNSName("www.example.com")]
    text = certificate(key, names=[*names, x509.IPAddress(ipaddress.ip_address("192.0.2.1"))])

    checked = check(text, pem(key))

    assert (checked.chain, checked.private_key) == (text, pem(key))
    assert checked.names == ("www.example.com", "*.example.org")
    assert (checked.begins_at, checked.ends_at) == (BEGIN.timestamp(), END.timestamp())
    assert "PRIVATE" not in repr(checked)


def test_without_a_list_of_names_the_common_name_is_what_it_is_for(key):
    assert check(certificate(key, "Www.Example.com"), pem(key)).names == ("www.example.com",)


def test_a_chain_keeps_its_order_and_loses_what_is_between(key, other):
    leaf, issuer = certificate(key), certificate(other, "issuer")

    checked = check(f"Bag Attributes\n{leaf}subject=issuer\r\n{issuer.replace(chr(10), chr(13) + chr(10))}\n", pem(key))

    assert checked.chain == leaf + issuer


def test_the_certificate_of_the_key_comes_first(key, other):
    text = certificate(other, "issuer") + certificate(key)

    assert refused(text, pem(key)) == (172, "private_key", "Private key/certificate mismatch")


@pytest.mark.parametrize("form", [serialization.PrivateFormat.PKCS8, serialization.PrivateFormat.TraditionalOpenSSL])
def test_a_key_with_a_pass_phrase_is_kept_without(key, form):
    assert check(certificate(key), pem(key, "geheim", form), "geheim").private_key == pem(key)


def test_a_pass_phrase_that_a_key_does_not_have_is_no_harm(key):
    assert check(certificate(key), pem(key), "geheim").private_key == pem(key)


def test_a_key_of_dsa_is_taken():
    key = dsa.generate_private_key(2048)

    assert check(certificate(key), pem(key)).private_key == pem(key)


def test_a_key_of_dsa_with_another_s_private_number_is_refused():
    parameters = dsa.generate_parameters(2048)
    key, other = parameters.generate_private_key(), parameters.generate_private_key()
    mixed = dsa.DSAPrivateNumbers(other.private_numbers().x, key.private_numbers().public_numbers)

    assert refused(certificate(key), traditional(mixed)) == (
        172, "private_key", f"{WRONG}its numbers do not belong together",
    )  # fmt: skip


def traditional(numbers):
    """A DSA key of these numbers as OpenSSL has always written it, whether they belong together or not."""
    group, y = numbers.public_numbers.parameter_numbers, numbers.public_numbers.y
    content = b"".join(element(2, each) for each in (0, group.p, group.q, group.g, y, numbers.x))
    return block("DSA PRIVATE KEY", b"\x30\x82" + len(content).to_bytes(2) + content)


def element(tag, number):
    content = number.to_bytes(number.bit_length() // 8 + 1)
    return bytes([tag, 0x82]) + len(content).to_bytes(2) + content if len(content) > 255 else short(tag, content)


def short(tag, content):
    return bytes([tag, *([0x81] if len(content) > 127 else []), len(content)]) + content


@pytest.mark.parametrize("form", [serialization.PrivateFormat.PKCS8, serialization.PrivateFormat.TraditionalOpenSSL])
def test_a_key_of_another_kind_is_refused_as_it_always_was(form):
    key = ec.generate_private_key(ec.SECP256R1())

    assert refused(certificate(key), pem(key, form=form)) == (
        172, "private_key", "Key must be RSA or DSA for Apache mod_ssl",
    )  # fmt: skip


def test_a_key_of_another_certificate_is_refused(key, other):
    assert refused(certificate(key), pem(other)) == (172, "private_key", "Private key/certificate mismatch")


@pytest.mark.parametrize("private_key", ["", " \n"])
def test_a_certificate_needs_a_key(key, private_key):
    assert refused(certificate(key), private_key) == (172, "private_key", "Private key is required")


@pytest.mark.parametrize("pass_phrase", [None, "", "falsch", "\ud800", "x" * 100_000])
def test_a_key_needs_its_own_pass_phrase(key, pass_phrase):
    reason = "it does not open with this pass phrase" if pass_phrase else "it needs its pass phrase"

    assert refused(certificate(key), pem(key, "geheim"), pass_phrase) == (172, "private_key", WRONG + reason)


def block(label, content):
    body = base64.encodebytes(content).decode()
    return f"-----BEGIN {label}-----\n{body}-----END {label}-----\n"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "there is none in PEM form in it (-----BEGIN CERTIFICATE-----)"),
        ("MIIB", "there is none in PEM form in it (-----BEGIN CERTIFICATE-----)"),
        (block("CERTIFICATE", b""), "that in place 1 cannot be read"),
        (block("CERTIFICATE", b"\x30\x80" * 500), "that in place 1 cannot be read"),
        ("-----BEGIN CERTIFICATE-----\né\n-----END CERTIFICATE-----", "that in place 1 cannot be read"),
        (block("CERTIFICATE", b"x") * 11, "there are more than 10 in it"),
        ("x" * (MOST_CHARACTERS + 1), "it is longer than 65536 characters"),
        (block("RSA PRIVATE KEY", b"x"), "there is a private key in it, which belongs into private_key"),
    ],
)
def test_what_is_no_certificate_is_refused_with_its_reason(key, text, reason):
    assert refused(text, pem(key)) == (174, "ssl_certificate", f"Invalid certificate: {reason}")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("MIIB", "there is none in PEM form (-----BEGIN PRIVATE KEY-----)"),
        (block("PRIVATE KEY", b"x") * 2, "there is more than one in PEM form (-----BEGIN PRIVATE KEY-----)"),
        (block("PRIVATE KEY", b"x"), "it cannot be read"),
        (block("PRIVATE KEY", b"x" * 9000), "it is longer than 8192 bytes"),
        ("-----BEGIN PRIVATE KEY-----\n!\n-----END PRIVATE KEY-----", "it is no PEM"),
        ("x" * (MOST_CHARACTERS + 1), "it is longer than 65536 characters"),
        (
            block("OPENSSH PRIVATE KEY", b"x"),
            (
                "keys in the form OPENSSH PRIVATE KEY are not read, but those of PRIVATE KEY, RSA PRIVATE KEY,"
                " DSA PRIVATE KEY, EC PRIVATE KEY, ENCRYPTED PRIVATE KEY"
            ),
        ),
    ],
)
def test_what_is_no_key_is_refused_with_its_reason(key, text, reason):
    assert refused(certificate(key), text) == (172, "private_key", WRONG + reason)


def test_a_key_that_no_router_would_load_is_refused(key, small):
    reason = "it has 1024 bits, and may have 2048 to 4096"

    assert refused(certificate(small, signer=key), pem(small)) == (172, "private_key", WRONG + reason)


def test_a_key_whose_numbers_do_not_belong_together_is_refused(key, other):
    mine, yours = key.private_numbers(), other.private_numbers()
    mixed = rsa.RSAPrivateNumbers(
        mine.p, mine.q, yours.d, mine.dmp1, mine.dmq1, mine.iqmp, mine.public_numbers
    ).private_key(unsafe_skip_rsa_key_validation=True)

    assert refused(certificate(key), pem(mixed))[2].startswith(WRONG)


def openssl(*arguments, given):
    return subprocess.run(["openssl", *arguments], input=given, capture_output=True, text=True, check=True).stdout


@pytest.mark.parametrize("how", ["scrypt", "pbkdf2"])
def test_a_pass_phrase_that_takes_minutes_to_check_is_refused_unchecked(key, how):
    """The cost is written into a key that was made quickly, as by somebody who wants the broker to be busy."""
    cheap = {"scrypt": ("-scrypt", "-scrypt_N", "16384"), "pbkdf2": ("-iter", "99999", "-v2", "aes-256-cbc")}[how]
    # Numbers of the same length, so that no length around them changes.
    costly = {"scrypt": ("02024000 020108", "02027fff 02017f"), "pbkdf2": ("0203 01869f", "0203 7fffff")}[how]
    made = decoded(openssl("pkcs8", "-topk8", "-passout", "pass:geheim", *cheap, given=pem(key)))
    hostile = made.replace(*map(bytes.fromhex, costly))

    told = refused(certificate(key), block("ENCRYPTED PRIVATE KEY", hostile), "geheim")

    assert hostile != made
    assert told[2] == f"{WRONG}its pass phrase takes too long to check; make it with 1000000 rounds at most"


def decoded(text):
    return base64.b64decode("".join(text.splitlines()[1:-1]))


@pytest.mark.parametrize("cost", [("-scrypt",), ("-iter", "600000"), ("-v1", "PBE-SHA1-3DES")])
def test_keys_as_openssl_makes_them_for_the_careful_and_for_the_old_are_taken(key, cost):
    text = openssl("pkcs8", "-topk8", "-passout", "pass:geheim", *cost, given=pem(key))

    assert check(certificate(key), text, "geheim").private_key == pem(key)


@given(st.binary(max_size=300))
def test_any_envelope_is_refused_in_words(content):
    text = block("ENCRYPTED PRIVATE KEY", content)

    assert refused(SOME, text, "geheim")[0] == 172


@pytest.mark.parametrize("piece", ["-----BEGIN CERTIFICATE-----", "-----END CERTIFICATE-----", "-", "\n", "a: \n"])
def test_a_text_of_one_piece_again_and_again_is_refused(key, piece):
    text = piece * (MOST_CHARACTERS // len(piece))

    assert refused(text, pem(key))[0] == 174
    assert refused(certificate(key), text)[0] == 172


@pytest.mark.parametrize("pass_phrase", [None, "geheim"])
def test_no_refusal_repeats_a_piece_of_the_key_or_the_pass_phrase(key, other, pass_phrase):
    text = pem(key, pass_phrase)
    lines = text.splitlines()
    for given_key, phrase in [
        (text.replace(lines[3], lines[4]), pass_phrase),
        ("\n".join(lines[:5]), pass_phrase),
        (text, "geheimnis"),
    ]:
        told = refused(certificate(other), given_key, phrase)[2]
        assert not any(line in told for line in lines[1:-1])
        assert "geheim" not in told


SOME = certificate(rsa.generate_private_key(65537, 2048))
