"""The embedded authoritative DNS server: one zone, UDP and TCP on one port, in a thread of its own."""

import errno
import logging
import selectors
import socket
import threading

from broker.dns.dns_zone import DnsZone
from broker.dns.responder import OUR_UDP_BYTES, Responder
from broker.dns.source import NameSource
from broker.dns.tcp import TcpConnections

MOST_CONNECTIONS = 100
IDLE_SECONDS = 10.0
TRIES_FOR_A_PORT = 20
DATAGRAMS_AT_A_TIME = 64

_log = logging.getLogger(__name__)


class DnsServer:
    """Answers queries about `origin` from `source`, between `start()` and `stop()`; can be started again.

    `port` 0 picks a port that is free for both UDP and TCP; `address` says which.
    `ns_name` is the name server's own name; `ns_address` is its address, wanted if the name is in the zone.
    """

    def __init__(
        self,
        source: NameSource,
        origin: str,
        host: str = "127.0.0.1",
        port: int = 0,
        *,
        ns_name: str,
        ns_address: str | None = None,
        most_connections: int = MOST_CONNECTIONS,
        idle_seconds: float = IDLE_SECONDS,
    ) -> None:
        self._responder = Responder(DnsZone(source, origin, ns_name, ns_address))
        self._wanted = (host, port)
        self._connections = TcpConnections(self._responder, most=most_connections, idle_seconds=idle_seconds)
        self._sockets: _Sockets | None = None
        self._thread: threading.Thread | None = None

    @property
    def address(self) -> tuple[str, int]:
        """Where the server listens: its address and port; raises `RuntimeError` while it is not started."""
        if self._sockets is None:
            raise RuntimeError("the DNS server is not started")
        name = self._sockets.udp.getsockname()
        return str(name[0]), int(name[1])

    def start(self) -> None:
        """Listen and answer from now on; raises `OSError` where the port cannot be had."""
        if self._sockets is not None:
            raise RuntimeError("the DNS server is started already")
        self._sockets = _Sockets(*self._wanted)
        self._thread = threading.Thread(target=self._run, args=(self._sockets,), name="dns", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Stop answering and free the port; does nothing where the server is not started."""
        if self._sockets is None or self._thread is None:
            return
        self._sockets.wake()
        self._thread.join()
        self._connections.close()
        self._sockets.close()
        self._sockets = None
        self._thread = None

    def _run(self, sockets: "_Sockets") -> None:
        with selectors.DefaultSelector() as selector:
            for each in (sockets.udp, sockets.tcp, sockets.woken):
                selector.register(each, selectors.EVENT_READ)
            while True:
                ready = {key.fileobj for key, _events in selector.select()}
                if sockets.woken in ready:
                    return
                if sockets.udp in ready:
                    self._answer_datagrams(sockets.udp)
                if sockets.tcp in ready:
                    self._accept(sockets.tcp)

    def _answer_datagrams(self, udp: socket.socket) -> None:
        for _ in range(DATAGRAMS_AT_A_TIME):  # then the other sockets have their turn
            try:
                wire, client = udp.recvfrom(OUR_UDP_BYTES)
                response = self._responder.answer(wire, udp=True)
                if response is not None:
                    udp.sendto(response, client)
            except BlockingIOError:
                return
            except OSError as failure:  # one client that cannot be answered is no reason to leave the others
                _log.debug("datagram was not answered", extra={"reason": str(failure)})

    def _accept(self, tcp: socket.socket) -> None:
        try:
            connection, _client = tcp.accept()
        except OSError as failure:  # the client left before it was accepted, or we are out of files
            _log.debug("connection was not accepted", extra={"reason": str(failure)})
            return
        self._connections.serve(connection)


class _Sockets:
    """What a server listens on, and a pair of sockets to wake it with."""

    def __init__(self, host: str, port: int) -> None:
        self.udp, self.tcp = _bound_pair(host, port)
        self.woken, self._waker = socket.socketpair()

    def wake(self) -> None:
        self._waker.send(b"\0")

    def close(self) -> None:
        for each in (self.udp, self.tcp, self.woken, self._waker):
            each.close()


def _bound_pair(host: str, port: int) -> tuple[socket.socket, socket.socket]:
    for tried in range(1, TRIES_FOR_A_PORT + 1):
        tcp = _bound(host, port, socket.SOCK_STREAM)
        try:
            udp = _bound(host, tcp.getsockname()[1], socket.SOCK_DGRAM)
        except OSError as failure:
            tcp.close()
            # A port picked for TCP may be another program's for UDP: pick again.
            if port == 0 and failure.errno == errno.EADDRINUSE and tried < TRIES_FOR_A_PORT:
                continue
            raise
        tcp.listen()
        return udp, tcp
    raise AssertionError("unreachable: the last try returns or raises")


def _bound(host: str, port: int, kind: socket.SocketKind) -> socket.socket:
    made = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, kind)
    try:
        if kind is socket.SOCK_STREAM:
            made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        made.setblocking(False)
        made.bind((host, port))
    except OSError:
        made.close()
        raise
    return made
