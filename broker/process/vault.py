"""The one secret of a platform, in a file: what is sealed with it, and what is derived from it."""

import base64
import contextlib
import hashlib
import hmac
import os
import re
import secrets
import stat
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from broker.core.errors import ConfigurationError
from broker.interfaces import Unopenable

SETTING = "SECRET_KEY_FILE"
KEY_BYTES = 32
NONCE_BYTES = 12
FINGERPRINT_BYTES = 8
MOST_BYTES = 64 * 1024
_KEY = re.compile(rf"[0-9a-f]{{{2 * KEY_BYTES}}}")
_SEALED = re.compile(rf"v1\.(?P<key>[0-9a-f]{{{2 * FINGERPRINT_BYTES}}})\.(?P<content>[A-Za-z0-9_-]+=*)")
# Others may do nothing with the file, and the group of the service may only read it.
_TOO_OPEN = stat.S_IRWXO | stat.S_IWGRP | stat.S_IXGRP


@dataclass(frozen=True, slots=True)
class SecretKey:
    """One line of the file. Of it only the fingerprint is ever shown."""

    content: bytes = field(repr=False)

    @property
    def fingerprint(self) -> str:
        """What the key is called: 16 hexadecimal digits that tell nothing about it."""
        return _mac(self.content, "fingerprint", "")[:FINGERPRINT_BYTES].hex()

    def derive(self, purpose: str, identifier: str) -> str:
        """64 hexadecimal digits that only this key gives for the two."""
        return _mac(self.content, "derive", purpose, identifier).hex()

    def seal(self, plaintext: bytes, purpose: str) -> str:
        """The text encrypted and signed, with the name of this key before it."""
        nonce = secrets.token_bytes(NONCE_BYTES)
        # Imported where something is sealed, since most commands seal nothing.
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM  # noqa: PLC0415 as above

        encrypted = AESGCM(_mac(self.content, "seal", purpose)).encrypt(nonce, plaintext, None)
        return f"v1.{self.fingerprint}.{base64.urlsafe_b64encode(nonce + encrypted).decode()}"

    def open(self, content: str, purpose: str) -> bytes:
        """What was sealed; raises `Unopenable` where it has been changed, or was sealed for another purpose."""
        from cryptography.exceptions import InvalidTag  # noqa: PLC0415 as in `seal`
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM  # noqa: PLC0415 as in `seal`

        try:
            encrypted = _decoded(content)
            nonce, rest = encrypted[:NONCE_BYTES], encrypted[NONCE_BYTES:]
            return AESGCM(_mac(self.content, "seal", purpose)).decrypt(nonce, rest, None)
        except (InvalidTag, ValueError):
            raise Unopenable("What was sealed has been changed since, or was sealed for something else.") from None


class FileVault:
    """Seals with the first key of a file, and opens with each of them.

    With `create` the file is made if it is not there. Without, it is read when a key is needed first: most commands
    need none. `ConfigurationError` is raised then where the file is missing, malformed or open to others.
    """

    def __init__(self, file: Path, *, create: bool = False) -> None:
        self._file = file
        self._lock = threading.Lock()
        self._keys: tuple[SecretKey, ...] = ()
        if create and not file.exists():
            make_key_file(file)

    def __repr__(self) -> str:
        return f"FileVault({str(self._file)!r})"

    def check(self) -> None:
        """Read the file, so that what is wrong with it is said now."""
        self._read()

    @property
    def fingerprint(self) -> str:
        """The name of the key that seals."""
        return self._read()[0].fingerprint

    @property
    def fingerprints(self) -> tuple[str, ...]:
        """The names of all keys that open, that which seals first."""
        return tuple(key.fingerprint for key in self._read())

    def seal(self, plaintext: bytes, purpose: str) -> str:
        """A text of letters, digits and `.-_=` that only this platform can open, for this purpose only."""
        return self._read()[0].seal(plaintext, purpose)

    def open(self, sealed: str, purpose: str) -> bytes:
        """What was sealed for this purpose; raises `Unopenable` saying why it cannot be told."""
        found = _SEALED.fullmatch(sealed)
        if found is None:
            raise Unopenable("That is nothing that was sealed.")
        keys = self._read()
        for key in keys:
            if key.fingerprint == found["key"]:
                return key.open(found["content"], purpose)
        known = ", ".join(key.fingerprint for key in keys)
        raise Unopenable(
            f"This was sealed with the key {found['key']}, and {SETTING} of this process has {known} only."
            " Its operator has to add the key that it was sealed with."
        )

    def derive(self, purpose: str, identifier: str) -> str:
        """64 hexadecimal digits that nobody can tell without the key that seals now."""
        return self._read()[0].derive(purpose, identifier)

    def derived(self, purpose: str, identifier: str) -> Sequence[str]:
        """The same with every key, that which seals first: one of them is what was derived before a rotation."""
        return tuple(key.derive(purpose, identifier) for key in self._read())

    def _read(self) -> tuple[SecretKey, ...]:
        with self._lock:
            if not self._keys:
                self._keys = read_key_file(self._file)
            return self._keys


def make_key_file(file: Path) -> None:
    """Make the file with one new key, whole at once; where another process is faster, its file stays.

    Raises `ConfigurationError` where it cannot be made.
    """
    draft = file.with_name(f".{file.name}.{secrets.token_hex(8)}")
    try:
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        try:
            _write(draft, f"{secrets.token_hex(KEY_BYTES)}\n")
            with contextlib.suppress(FileExistsError):
                os.link(draft, file)
        finally:
            draft.unlink(missing_ok=True)
        _make_lasting(file.parent)
    except OSError as error:
        raise _refused(file, f"cannot be made: {error.strerror}. Name another file") from error


def read_key_file(file: Path) -> tuple[SecretKey, ...]:
    """The keys of a file, one a line, at least one; blank lines and those that begin with `#` are passed over.

    Raises `ConfigurationError` where it cannot be read, is malformed, or is open to others. What it holds is not shown.
    """
    try:
        # A pipe must not be waited for.
        with os.fdopen(os.open(file, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK), "rb") as opened:
            mode = os.fstat(opened.fileno()).st_mode
            if not stat.S_ISREG(mode):
                raise _refused(file, "is no file. Name a file")
            if mode & _TOO_OPEN:
                permissions = f"{stat.S_IMODE(mode):04o}"
                raise _refused(file, f"is open to others (mode {permissions}). Give it mode 0600, or 0640")
            text = opened.read(MOST_BYTES).decode("ascii", errors="replace")
    except FileNotFoundError as error:
        advice = "is not there. Copy that of the platform's other processes, or let `gearbroker migrate` make it"
        raise _refused(file, advice) from error
    except OSError as error:
        raise _refused(file, f"cannot be read: {error.strerror}. Let this process read it") from error
    lines = [line.strip() for line in text.splitlines()]
    keys = [line for line in lines if line and not line.startswith("#")]
    if not keys or not all(_KEY.fullmatch(key) for key in keys):
        wanted = f"{2 * KEY_BYTES} hexadecimal digits, as `openssl rand -hex {KEY_BYTES}` prints them"
        raise _refused(file, f"{'is malformed' if keys else 'is empty'}: each line is a key of {wanted}. Correct it")
    return tuple(SecretKey(bytes.fromhex(key)) for key in keys)


def _write(file: Path, text: str) -> None:
    """Write a new file that only its owner can read, and wait for the disk."""
    with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600), "w") as opened:
        opened.write(text)
        opened.flush()
        os.fsync(opened.fileno())


def _make_lasting(directory: Path) -> None:
    """What a lost key has sealed is lost: its name in the directory has to be on the disk too."""
    held = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(held)
    finally:
        os.close(held)


def _decoded(text: str) -> bytes:
    """The bytes that were written so; raises `ValueError` for another writing of the same, which nobody has issued."""
    content = base64.urlsafe_b64decode(text)
    if base64.urlsafe_b64encode(content).decode() != text:
        raise ValueError("not what was written")
    return content


def _refused(file: Path, text: str) -> ConfigurationError:
    return ConfigurationError(f"The secret key file {file} {text}, or set {SETTING}.", field=SETTING)


def _mac(key: bytes, use: str, *parts: str) -> bytes:
    """HMAC-SHA256 with a key of its own for each use and each part, so that no two of them can be mistaken."""
    for text in (f"gearbroker {use}", *parts):
        key = hmac.digest(key, text.encode(errors="surrogatepass"), hashlib.sha256)
    return key
