"""Which addresses manifests may be read from, so that nobody can make the broker ask its own neighbours."""

import socket
from collections.abc import Sequence
from concurrent.futures import Future
from concurrent.futures import TimeoutError as TooSlow
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from threading import Thread

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network
# Networks of protocols and of clouds' own services that Python, or an older one, takes for everybody's.
NOBODYS = tuple(ip_network(each) for each in ("192.0.0.0/24", "192.88.99.0/24", "168.63.129.16/32", "3fff::/20"))


class NotResolved(Exception):
    """A host name that leads nowhere; it may later where it `passes`."""

    def __init__(self, reason: str, *, passes: bool) -> None:
        super().__init__(reason)
        self.passes = passes


def resolve(host: str, port: int, seconds: float) -> tuple[Address, ...]:
    """The addresses of the host, in the order of the resolver; raises `NotResolved`.

    The resolver of the system cannot be told how long it may take, so it is asked beside this thread.
    """
    answer: Future[list[Address]] = Future()

    def ask() -> None:
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
            answer.set_result([ip_address(str(place[0])) for *_, place in found])
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or str(error)
            answer.set_exception(NotResolved(reason, passes=getattr(error, "errno", None) == socket.EAI_AGAIN))

    Thread(target=ask, name="resolve", daemon=True).start()
    try:
        return tuple(dict.fromkeys(answer.result(timeout=seconds)))
    except TooSlow:
        raise NotResolved("the resolver did not answer in time", passes=True) from None


def is_allowed(address: Address, networks: Sequence[Network]) -> bool:
    """Whether the address is everybody's, or in one of the operator's networks."""
    address = _meant(address)
    if any(address.version == network.version and address in network for network in networks):
        return True
    if any(address.version == network.version and address in network for network in NOBODYS):
        return False
    return address.is_global and not (
        address.is_private
        or address.is_loopback
        or address.is_link_local
        or address.is_multicast
        or address.is_reserved
        or address.is_unspecified
        or (isinstance(address, IPv6Address) and (address.is_site_local or _is_tunnel(address)))
    )


def _meant(address: Address) -> Address:
    """The address of the older kind that one of the newer kind may be a spelling of."""
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return address if mapped is None else mapped


def _is_tunnel(address: IPv6Address) -> bool:
    """Whether it leads to an address of the older kind elsewhere, which is not looked at."""
    return address.sixtofour is not None or address.teredo is not None
