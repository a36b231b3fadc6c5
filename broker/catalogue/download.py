"""Cartridges by URL: what is fetched is refused or becomes a cartridge, and every refusal names the URL."""

import ssl
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import lru_cache
from ipaddress import IPv4Network, IPv6Network
from threading import Lock

from broker.catalogue.untrusted import UnusableManifest, untrusted_cartridge
from broker.core.cartridge import Cartridge
from broker.core.errors import Invalid, Refusal, SourceUnavailable
from broker.core.ids import UserId

SECONDS = 5.0
LONGEST_SHOWN = 200
REMEMBERED = 1024
# Downloads of a process at once, so that they cannot take all the threads that answer requests.
AT_ONCE = 8
# Of these, how many one account may have, so that it cannot take them all.
AT_ONCE_FOR_ONE = 2


class NoSlot(Exception):
    """As many downloads are under way as may be; the text says whose they are."""


class Slots:
    """The downloads that are under way, by account: so many in all, and so many for one."""

    def __init__(self, at_once: int = AT_ONCE, for_one: int = AT_ONCE_FOR_ONE) -> None:
        self._at_once = at_once
        self._for_one = for_one
        self._taken: Counter[UserId] = Counter()
        self._lock = Lock()

    @contextmanager
    def taken(self, account: UserId) -> Iterator[None]:
        """One of them, until the block ends; raises `NoSlot` at once."""
        with self._lock:
            if self._taken[account] >= self._for_one:
                raise NoSlot("others of yours")
            if self._taken.total() >= self._at_once:
                raise NoSlot("others")
            self._taken[account] += 1
        try:
            yield
        finally:
            with self._lock:
                # Only accounts with a download are kept, however many there have been.
                self._taken = +(self._taken - Counter({account: 1}))


@dataclass(frozen=True, kw_only=True)
class DownloadedCartridges:
    """The `CartridgeSource` of a platform; `networks` are those that may be asked although they are not public.

    A download takes no longer than `seconds`; `trusted` are the certificates of authorities, those of the system
    unless given. There are as many at once as there are `slots`.
    """

    enabled: bool = True
    networks: Sequence[IPv4Network | IPv6Network] = ()
    seconds: float = SECONDS
    trusted: ssl.SSLContext | None = None
    slots: Slots = field(default_factory=Slots)

    def fetch(self, url: str, account: UserId) -> str:
        """The text at the URL; raises `Invalid`, and `SourceUnavailable` where another try may help."""
        if not self.enabled:
            raise _refused(url, "cannot be used: the operator has switched downloads of cartridges off")
        from broker.catalogue.fetching import Fetching, Unreachable  # noqa: PLC0415 most processes never fetch

        try:
            with self.slots.taken(account):
                return Fetching(self.networks, self.seconds, self.trusted).text_at(url)
        except NoSlot as whose:
            problem = f"cannot be read now: too many {whose} are being read; please try again"
            raise _refused(url, problem, SourceUnavailable) from None
        except Unreachable as reason:
            raise _refused(url, f"cannot be read: {reason}", SourceUnavailable if reason.passes else Invalid) from None

    def parse(self, text: str, url: str) -> Cartridge:
        """The cartridge of that manifest, remembered by its text; raises `Invalid`."""
        try:
            return _parsed(text, url)
        except UnusableManifest as reason:
            raise _refused(url, f"does not hold the manifest of a cartridge: {reason}") from None


@lru_cache(maxsize=REMEMBERED)
def _parsed(text: str, url: str) -> Cartridge:
    return untrusted_cartridge(text, url)


def _refused(url: str, problem: str, kind: type[Refusal] = Invalid) -> Refusal:
    shown = "".join(character if character.isprintable() else "?" for character in url[:LONGEST_SHOWN])
    return kind(f"The url '{shown}' {problem}.", field="cartridge", exit_code=109)
