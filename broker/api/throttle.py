"""Slows down those who guess passwords, and holds nobody up for long whom they would like to lock out."""

import hashlib
import ipaddress
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

# So long after its last wrong login a count is forgotten. Longer than any wait, or waiting would be rewarded.
FORGOTTEN_SECONDS = 15 * 60.0
# So long a login is known to come from an address, after it was right there.
KNOWN_SECONDS = 24 * 60 * 60.0
# Of each kind of entry; one takes about 300 bytes.
MOST_ENTRIES = 20_000
# What one customer has of IPv6: who has that much has all addresses of it.
IPV6_PREFIX = 64


@dataclass(frozen=True, kw_only=True, slots=True)
class Limit:
    """So many wrong logins cost nothing; each further one doubles the wait, from a second up to `longest_seconds`."""

    free: int
    longest_seconds: float


# Somebody who tries one login from one address.
PAIR = Limit(free=5, longest_seconds=60.0)
# Somebody who tries many logins from one address, and many addresses that try one login. They are also everybody
# behind an address, and the login's owner, so the waits are short.
ADDRESS = Limit(free=50, longest_seconds=10.0)
LOGIN = Limit(free=50, longest_seconds=10.0)


class LoginThrottle:
    """Counts the wrong logins of this process, for each login from an address, each address, and each login.

    Ask `check` before a password is looked at, and tell `failed` or `succeeded` afterwards. Where a login was right
    not long ago from the same address, only that pair's own mistakes count: whoever fails elsewhere, or with other
    logins, does not hold it up. Where one has to wait, one try is let through each time, however many come at once.
    At most `most_entries` of each kind are remembered, those that were of use last; logins and addresses as digests.
    """

    def __init__(self, now: Callable[[], float] = time.monotonic, most_entries: int = MOST_ENTRIES) -> None:
        self._now = now
        self._lock = threading.Lock()
        self._pairs = _Counts(PAIR, most_entries)
        self._addresses = _Counts(ADDRESS, most_entries)
        self._logins = _Counts(LOGIN, most_entries)
        self._known: OrderedDict[bytes, float] = OrderedDict()
        self._most_entries = most_entries

    def check(self, login: str, address: str) -> float:
        """Seconds to wait before this login is tried from this address; 0: go on, and tell how it went."""
        with self._lock:
            now = self._now()
            asked = self._asked(login, address, now)
            wait = max(counts.wait(key, now) for counts, key in asked)
            if wait == 0:
                for counts, key in asked:
                    counts.let_one_through(key, now)
            return wait

    def failed(self, login: str, address: str) -> None:
        """The password was wrong, or nobody has this login."""
        with self._lock:
            now = self._now()
            for counts, key in self._every(login, address):
                counts.add(key, now)

    def succeeded(self, login: str, address: str) -> None:
        """The password was right: the mistakes of this login from this address are forgotten."""
        pair = _digest(login, address)
        with self._lock:
            self._pairs.forget(pair)
            self._known[pair] = self._now() + KNOWN_SECONDS
            self._known.move_to_end(pair)
            while len(self._known) > self._most_entries:
                self._known.popitem(last=False)

    def __len__(self) -> int:
        with self._lock:
            return len(self._pairs) + len(self._addresses) + len(self._logins) + len(self._known)

    def _asked(self, login: str, address: str, now: float) -> "list[tuple[_Counts, bytes]]":
        """The counts that say whether this login may be tried now."""
        every = self._every(login, address)
        return every[:1] if self._known.get(every[0][1], now) > now else every

    def _every(self, login: str, address: str) -> "list[tuple[_Counts, bytes]]":
        """The counts that a wrong login raises, the pair's own first."""
        return [
            (self._pairs, _digest(login, address)),
            (self._addresses, _digest("", address)),
            (self._logins, _digest(login, "")),
        ]


@dataclass(kw_only=True, slots=True)
class _Count:
    """So many wrong logins, the last one then, and when the next may be tried."""

    wrong: int
    latest: float
    next_try: float


class _Counts:
    """The counts of one kind, with the limit for each."""

    def __init__(self, limit: Limit, most_entries: int) -> None:
        self._limit = limit
        self._most_entries = most_entries
        self._counts: OrderedDict[bytes, _Count] = OrderedDict()

    def __len__(self) -> int:
        return len(self._counts)

    def wait(self, key: bytes, now: float) -> float:
        """Seconds until the next try."""
        count = self._remembered(key, now)
        return 0.0 if count is None else max(0.0, count.next_try - now)

    def let_one_through(self, key: bytes, now: float) -> None:
        """Others wait as if this try were wrong, until it is known whether it is."""
        count = self._remembered(key, now)
        if count is not None:
            count.next_try = now + self._delay(count.wrong)

    def add(self, key: bytes, now: float) -> None:
        """One more wrong login."""
        count = self._remembered(key, now) or _Count(wrong=0, latest=now, next_try=now)
        count.wrong += 1
        count.latest = now
        count.next_try = now + self._delay(count.wrong)
        self._counts[key] = count
        self._counts.move_to_end(key)
        while len(self._counts) > self._most_entries:
            self._counts.popitem(last=False)

    def forget(self, key: bytes) -> None:
        """Begin anew."""
        self._counts.pop(key, None)

    def _remembered(self, key: bytes, now: float) -> _Count | None:
        count = self._counts.get(key)
        if count is not None and now - count.latest > FORGOTTEN_SECONDS:
            self.forget(key)
            return None
        return count

    def _delay(self, wrong: int) -> float:
        beyond = wrong - self._limit.free
        if beyond < 0:
            return 0.0
        # More doublings than these are the longest wait anyway, and would be a number too large to count with.
        return min(self._limit.longest_seconds, 2.0 ** min(beyond, 16))


def _digest(login: str, address: str) -> bytes:
    """An entry's name: as long for a long login as for a short one, and the same for all addresses of one customer."""
    text = f"{_network(address)}\0{login}"
    return hashlib.blake2b(text.encode(errors="surrogatepass"), digest_size=16).digest()


def _network(address: str) -> str:
    """The address as it is counted; what is none is its own name."""
    try:
        read = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(read, ipaddress.IPv4Address):
        return str(read)
    if read.ipv4_mapped is not None:
        return str(read.ipv4_mapped)
    return str(ipaddress.ip_network((int(read), IPV6_PREFIX), strict=False))
