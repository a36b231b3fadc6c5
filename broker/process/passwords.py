"""Passwords: hashed with Argon2id, and a login that was verified remembered for a minute, keyed by its hash."""

import hashlib
import hmac
import os
import secrets
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

REMEMBERED_SECONDS = 60.0
MOST_REMEMBERED = 10_000

# OWASP's parameters for Argon2id where memory is shared by many logins at once: 19 MiB, two passes, one lane.
MEMORY_KIB, PASSES, LANES = 19 * 1024, 2, 1
# More at once would only be slower, and each holds that much memory: strangers must not be able to fill it.
HASHES_AT_ONCE = max(1, os.cpu_count() or 1)


class Argon2Passwords:
    """Hashes and verifies. What it remembers is no password: an HMAC of login, password and stored hash.

    A changed password has another hash, so nothing remembered of the old one fits any more.
    """

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._hasher = PasswordHasher(time_cost=PASSES, memory_cost=MEMORY_KIB, parallelism=LANES)
        self._key = secrets.token_bytes(32)
        self._now = now
        self._lock = threading.Lock()
        # Threads of their own, because each thread that has once held so much memory keeps it.
        self._workers = ThreadPoolExecutor(HASHES_AT_ONCE, thread_name_prefix="passwords")
        self._remembered: OrderedDict[bytes, float] = OrderedDict()
        self._nobody = ""

    def hash(self, password: str) -> str:
        """A new hash, with its own salt."""
        return self._workers.submit(self._hasher.hash, password).result()

    def verify(self, login: str, password: str, password_hash: str) -> bool:
        """True if it is the password of that hash."""
        text = f"{login}\0{password}\0{password_hash}"
        mark = hmac.new(self._key, text.encode(errors="surrogatepass"), hashlib.sha256).digest()
        if self._is_remembered(mark):
            return True
        if not self._matches(password, password_hash):
            return False
        self._remember(mark)
        return True

    def waste_time(self, password: str) -> None:
        """Take as long as a verification that fails."""
        if not self._nobody:
            # Made only now: most processes never need it, and it takes as long as a login.
            self._nobody = self.hash(secrets.token_hex(16))
        self._matches(password, self._nobody)

    def _matches(self, password: str, password_hash: str) -> bool:
        try:
            return self._workers.submit(self._hasher.verify, password_hash, password).result()
        except (VerificationError, InvalidHashError, UnicodeEncodeError):
            return False

    def _is_remembered(self, mark: bytes) -> bool:
        with self._lock:
            until = self._remembered.get(mark)
            if until is not None and until > self._now():
                return True
            self._remembered.pop(mark, None)
            return False

    def _remember(self, mark: bytes) -> None:
        with self._lock:
            self._remembered[mark] = self._now() + REMEMBERED_SECONDS
            while len(self._remembered) > MOST_REMEMBERED:
                self._remembered.popitem(last=False)
