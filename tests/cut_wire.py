"""A wire to a server that a test can cut, mend and jam: a TCP proxy that passes bytes on and knows no protocol."""

import contextlib
import selectors
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit, urlunsplit

PIECE = 65536


class Wire:
    """Listens on a port of its own and passes on what comes, both ways, until it is cut or jammed."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self._target = (parts.hostname, parts.port or 5672)
        self._listener = socket.create_server(("127.0.0.1", 0))
        user, at, _ = parts.netloc.rpartition("@")
        self.url = urlunsplit(parts._replace(netloc=f"{user}{at}127.0.0.1:{self._listener.getsockname()[1]}"))
        self._pairs: list[tuple[socket.socket, socket.socket]] = []
        self._lock = threading.Lock()
        self._cut = self._jammed = self._ended = False
        threading.Thread(target=self._accept, daemon=True).start()

    def cut(self) -> None:
        """Break every connection, and let no new one come about."""
        with self._lock:
            self._cut = True
            for pair in self._pairs:
                for end in pair:
                    with contextlib.suppress(OSError):
                        end.shutdown(socket.SHUT_RDWR)
            self._pairs.clear()

    def mend(self) -> None:
        """Let new connections come about, and bytes pass."""
        self._cut = self._jammed = False

    def jam(self) -> None:
        """Let nothing pass, and nobody notice: connections stay open."""
        self._jammed = True

    def end(self) -> None:
        """Cut, for good."""
        self._ended = True
        self.cut()
        self._listener.shutdown(socket.SHUT_RDWR)  # closing alone does not wake who waits in `accept`
        self._listener.close()

    def _accept(self) -> None:
        while not self._ended:
            try:
                near, _ = self._listener.accept()
            except OSError:
                return
            if self._cut:
                near.close()
                continue
            far = socket.create_connection(self._target)
            with self._lock:
                self._pairs.append((near, far))
            threading.Thread(target=self._pass_on, args=(near, far), daemon=True).start()

    def _pass_on(self, near: socket.socket, far: socket.socket) -> None:
        other = {near: far, far: near}
        with near, far, selectors.DefaultSelector() as ready:
            for end in other:
                ready.register(end, selectors.EVENT_READ)
            while True:
                for key, _ in ready.select(0.05):
                    if self._jammed:
                        threading.Event().wait(0.02)
                        continue
                    try:
                        piece = key.fileobj.recv(PIECE)
                        other[key.fileobj].sendall(piece)
                    except OSError:
                        return
                    if not piece:
                        return


@contextmanager
def wire_to(url: str) -> Iterator[Wire]:
    """A wire for the length of a block."""
    wire = Wire(url)
    try:
        yield wire
    finally:
        wire.end()
