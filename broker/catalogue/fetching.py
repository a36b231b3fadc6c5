"""The text at a URL: fetched with little patience, and from no address that is not everybody's."""

import http.client
import io
import socket
import ssl
import time
from collections.abc import Sequence
from urllib.parse import SplitResult, urljoin, urlsplit

from broker.catalogue.addresses import Network, NotResolved, is_allowed, resolve
from broker.catalogue.untrusted import LONGEST_MANIFEST

MOST_REDIRECTS = 3
LONGEST_URL = 2048
# Of an answer: its headers, and the manifest in pieces as small as a server may send them.
LONGEST_ANSWER = 32_768 + 3 * LONGEST_MANIFEST
PORTS = {"http": 80, "https": 443}
REDIRECTS = frozenset({301, 302, 303, 307, 308})
# Beside the statuses from 500 on: what a server answers that may answer otherwise later.
BUSY = frozenset({408, 425, 429})


class Unreachable(Exception):
    """The URL gave no manifest; the text says why, without a stop. It may give one later where that `passes`."""

    def __init__(self, reason: str, *, passes: bool = False) -> None:
        super().__init__(reason)
        self.passes = passes


class Fetching:
    """One download: all of it, with the redirects, is over after `seconds`."""

    def __init__(self, networks: Sequence[Network], seconds: float, trusted: ssl.SSLContext | None) -> None:
        self._networks = networks
        self._seconds = seconds
        self._trusted = trusted
        self._deadline = time.monotonic() + seconds

    def text_at(self, url: str) -> str:
        """The text of at most `LONGEST_MANIFEST` bytes; raises `Unreachable`."""
        try:
            return self._followed(url)
        except NotResolved as reason:
            raise Unreachable(f"its name leads nowhere ({reason})", passes=reason.passes) from None
        except TimeoutError:
            raise Unreachable(f"it took longer than {self._seconds:g} seconds", passes=True) from None
        # The last two: a length that is no number, or larger than any.
        except (OSError, http.client.HTTPException, ValueError, OverflowError) as error:
            passes = isinstance(error, OSError) and not isinstance(error, ssl.SSLError)
            raise Unreachable(_reason(error), passes=passes) from None

    def _followed(self, url: str) -> str:
        """The text behind at most so many redirects, every one of them looked at like the first URL."""
        for _ in range(MOST_REDIRECTS + 1):
            parts = _parts(url)
            answer = self._answer(parts)
            if answer.status not in REDIRECTS:
                return _text(answer)
            url = _target(url, answer.getheader("Location", ""))
            if parts.scheme == "https" and _parts(url).scheme != "https":
                raise Unreachable("it leads from https to an address without")
        raise Unreachable(f"it leads on more than {MOST_REDIRECTS} times")

    def _answer(self, parts: SplitResult) -> http.client.HTTPResponse:
        host, port = parts.hostname or "", parts.port or PORTS[parts.scheme]
        found = resolve(host, port, self._left())
        allowed = [address for address in found if is_allowed(address, self._networks)]
        if not allowed:
            raise Unreachable("cartridges may not come from the address that it leads to")
        with self._connected(parts.scheme, host, (str(allowed[0]), port)) as connection:
            self._bounded(connection).sendall(_request(parts))
            received = self._received(connection)
        answer = http.client.HTTPResponse(_Received(received))  # type: ignore[arg-type] # all it needs of a socket
        answer.begin()
        return answer

    def _connected(self, scheme: str, host: str, place: tuple[str, int]) -> socket.socket:
        """A connection to the address that was looked at; the name, asked again, could lead elsewhere."""
        plain = socket.create_connection(place, timeout=self._left())
        if scheme == "http":
            return plain
        try:
            context = self._trusted or ssl.create_default_context()
            return context.wrap_socket(self._bounded(plain), server_hostname=host)
        except BaseException:
            plain.close()
            raise

    def _received(self, connection: socket.socket) -> bytes:
        """Everything the server sends until it hangs up, which it is asked to do; no more than a manifest can take."""
        received = bytearray()
        while len(received) <= LONGEST_ANSWER:
            piece = self._bounded(connection).recv(16_384)
            if not piece:
                return bytes(received)
            received += piece
        raise Unreachable(f"it holds more than {LONGEST_MANIFEST} bytes")

    def _bounded(self, connection: socket.socket) -> socket.socket:
        connection.settimeout(self._left())
        return connection

    def _left(self) -> float:
        left = self._deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError
        return left


class _Received:
    """Bytes that look like the socket they came from."""

    def __init__(self, received: bytes) -> None:
        self._received = received

    def makefile(self, mode: str) -> io.BytesIO:
        """All that was received."""
        del mode
        return io.BytesIO(self._received)


def _parts(url: str) -> SplitResult:
    """The URL taken apart, if it is one that is fetched at all."""
    if len(url) > LONGEST_URL:
        raise Unreachable(f"it is longer than {LONGEST_URL} characters")
    if not (url.isascii() and url.isprintable() and " " not in url):
        raise Unreachable("it has characters that no address has")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise Unreachable("it is no address") from None
    if parts.scheme not in PORTS or not parts.hostname or port == 0:
        raise Unreachable("an address that begins with http:// or https:// is expected")
    if parts.username is not None or parts.password is not None:
        raise Unreachable("it may not hold a login")
    return parts


def _target(url: str, location: str) -> str:
    try:
        return urljoin(url, location)
    except ValueError:
        raise Unreachable("it leads to what is no address") from None


def _request(parts: SplitResult) -> bytes:
    path = parts.path or "/"
    lines = (
        f"GET {path}{f'?{parts.query}' if parts.query else ''} HTTP/1.1",
        f"Host: {parts.netloc}",
        "User-Agent: gearbroker",
        "Accept: text/*, application/x-yaml, */*;q=0.1",
        "Accept-Encoding: identity",
        "Connection: close",
    )
    return "\r\n".join((*lines, "", "")).encode("ascii")


def _text(answer: http.client.HTTPResponse) -> str:
    if answer.status != http.client.OK:
        passes = answer.status >= http.client.INTERNAL_SERVER_ERROR or answer.status in BUSY
        raise Unreachable(f"the server answers with status {answer.status}", passes=passes)
    if answer.getheader("Content-Encoding", "identity").lower() != "identity":
        raise Unreachable("the server has compressed it unasked")
    content = answer.read(LONGEST_MANIFEST + 1)
    if len(content) > LONGEST_MANIFEST:
        raise Unreachable(f"it holds more than {LONGEST_MANIFEST} bytes")
    if answer.length:
        raise Unreachable("the server has hung up before its end", passes=True)
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        raise Unreachable("it is not written in UTF-8") from None


def _reason(error: Exception) -> str:
    """What is wrong, in a few words; nothing of what a server wrote."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"its certificate is not trusted ({error.verify_message})"
    if isinstance(error, ssl.SSLError):
        return "no encrypted connection can be made"
    if isinstance(error, ConnectionRefusedError):
        return "nobody listens there"
    if isinstance(error, OSError):
        return "the connection cannot be made or broke"
    return "the answer is no HTTP"
