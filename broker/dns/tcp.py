"""DNS over TCP: several queries a connection, each behind its length, from a bounded number of clients."""

import logging
import socket
import struct
import threading
import time

from broker.dns.responder import Responder

LENGTH = struct.Struct("!H")

_log = logging.getLogger(__name__)


class TcpConnections:
    """The open connections of a DNS server; each has a thread of its own and ends when it idles too long.

    Where there are as many as may be, a new client takes the place of the one that has been silent longest:
    connections that nobody uses cannot keep others out.
    """

    def __init__(self, responder: Responder, *, most: int, idle_seconds: float) -> None:
        self._responder = responder
        self._most = most
        self._idle_seconds = idle_seconds
        self._open: dict[socket.socket, None] = {}  # the longest without a query first
        self._threads: dict[socket.socket, threading.Thread] = {}  # of those that are being closed, too
        self._lock = threading.Lock()

    def serve(self, connection: socket.socket) -> None:
        """Answer this client until it ends, idles, is too slow, or has to make room for another."""
        thread = threading.Thread(target=self._run, args=(connection,), name="dns-tcp", daemon=True)
        with self._lock:
            if len(self._open) >= self._most:
                longest_silent = next(iter(self._open))
                del self._open[longest_silent]
                _end(longest_silent)
            self._open[connection] = None
            self._threads[connection] = thread
        thread.start()

    def close(self) -> None:
        """Close all connections and wait for their threads."""
        with self._lock:
            threads = dict(self._threads)
        for connection in threads:
            _end(connection)
        for thread in threads.values():
            thread.join()

    def _run(self, connection: socket.socket) -> None:
        try:
            with connection:
                while self._answer_one(connection):
                    pass
        except OSError as ended:  # idle, reset, or closed by us: the ordinary ends of a connection
            _log.debug("connection ended", extra={"reason": str(ended)})
        finally:
            with self._lock:
                self._open.pop(connection, None)
                del self._threads[connection]

    def _answer_one(self, connection: socket.socket) -> bool:
        deadline = time.monotonic() + self._idle_seconds
        prefix = _read(connection, LENGTH.size, deadline)
        wire = _read(connection, LENGTH.unpack(prefix)[0], deadline) if prefix else b""
        self._note_query(connection)
        response = self._responder.answer(wire, udp=False)
        if response is None:  # the end, or nothing that could be answered
            return False
        connection.settimeout(self._idle_seconds)
        connection.sendall(LENGTH.pack(len(response)) + response)
        return True

    def _note_query(self, connection: socket.socket) -> None:
        with self._lock:
            if connection in self._open:  # it may be about to make room
                del self._open[connection]
                self._open[connection] = None


def _end(connection: socket.socket) -> None:
    """Wake the thread of a connection, which then closes it."""
    try:
        connection.shutdown(socket.SHUT_RDWR)
    except OSError as gone:  # the client was quicker
        _log.debug("connection was closed already", extra={"reason": str(gone)})


def _read(connection: socket.socket, count: int, deadline: float) -> bytes:
    """Read exactly so many bytes, none at all where the client ended first; raises `TimeoutError`."""
    read = b""
    while len(read) < count:
        left = deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError("the client is too slow")
        connection.settimeout(left)
        more = connection.recv(count - len(read))
        if not more:
            return b""
        read += more
    return read
