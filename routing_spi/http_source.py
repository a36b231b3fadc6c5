"""The broker over HTTP: the stream of routing events as JSON lines, and its snapshots."""

import http.client
import json
import ssl
from collections.abc import Callable, Iterator
from contextlib import closing
from typing import Final, TypeVar
from urllib.parse import quote, urlsplit

from routing_spi.certificate import FetchedCertificate
from routing_spi.credentials import Credentials
from routing_spi.follower import SourceUnavailable
from routing_spi.snapshot import Snapshot
from routing_spi.table import RoutingTable
from routing_spi.wire import Fields, MalformedMessage

# The broker sends a blank line every 15 seconds; when three are missing the connection is taken for dead.
HEARTBEAT_TIMEOUT_SECONDS: Final = 45.0
_LINE_BYTES_AT_MOST: Final = 4 * 1024 * 1024
# The REST contract's exit codes of "Application … not found", and of a certificate that is not there: a 404 that does
# not say so may be a proxy's.
_APPLICATION_NOT_FOUND: Final = 101
_CERTIFICATE_NOT_FOUND: Final = 173


class AccessRefused(SourceUnavailable):
    """The broker does not accept the credentials."""


class PositionExpired(SourceUnavailable):
    """The broker no longer has the events after this position: a snapshot is needed."""


class BadAddress(ValueError):
    """The broker's address is no http or https URL."""


class HttpBroker:
    """One broker, asked over HTTP; certificates are verified, `SSL_CERT_FILE` names other authorities."""

    def __init__(
        self, base_url: str, *, credentials: Credentials, timeout_seconds: float = HEARTBEAT_TIMEOUT_SECONDS
    ) -> None:
        """`base_url` is what stands before `/broker/rest`; raises `BadAddress`."""
        try:
            parts = urlsplit(base_url)
            self._port = parts.port
        except ValueError as error:
            raise BadAddress(f"{base_url!r} is no address of a broker: {error}") from error
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise BadAddress(f"{base_url!r} is no address of a broker: write http://HOST:PORT or https://HOST")
        if parts.username or parts.password:
            raise BadAddress("the address of the broker must not carry credentials: use --credentials-file")
        self._secure = parts.scheme == "https"
        self._host = parts.hostname
        self._path = f"{parts.path.rstrip('/').removesuffix('/broker/rest')}/broker/rest"
        self._shown = f"{parts.scheme}://{parts.netloc}"
        self._credentials = credentials
        self._timeout = timeout_seconds

    def snapshot(self) -> Snapshot:
        """The tables of all applications; raises `SourceUnavailable`."""
        return _believed(self._data("/routing/snapshot"), Snapshot.from_wire)

    def table(self, application_id: str) -> RoutingTable | None:
        """The table of one application, None if the broker says there is none; raises `SourceUnavailable`."""
        path = f"/application/{quote(application_id, safe='')}/routing_table"
        try:
            return _believed(self._data(path, absent=_APPLICATION_NOT_FOUND), RoutingTable.from_wire)
        except _NoSuchThing:
            return None

    def certificate(self, reference: str) -> FetchedCertificate | None:
        """What a `private_key_reference` leads to; raises `SourceUnavailable`.

        None if there is no such certificate any more, of which an event that comes later tells, or if the credentials
        are not those of somebody who may have it.
        """
        path = f"/routing/certificate/{quote(reference, safe='')}"
        try:
            return _believed(self._data(path, absent=_CERTIFICATE_NOT_FOUND), FetchedCertificate.from_wire)
        except _NoSuchThing:
            return None

    def lines(self, after: int, *, follow: bool = True) -> Iterator[str]:
        """The events after a position, one JSON text each, until the connection ends; "" is a heartbeat.

        A last line that was cut is not given. Raises `PositionExpired`, `AccessRefused` or
        `SourceUnavailable`.
        """
        path = f"/routing/events?after={after}{'&follow=true' if follow else ''}"
        connection = self._connection()
        with closing(connection):
            response = self._ask(connection, path, accept="application/jsonl")
            self._refuse_status(response.status)
            while line := self._line(response):
                yield line.decode("utf-8", errors="replace").strip()

    def _line(self, response: http.client.HTTPResponse) -> bytes:
        try:
            line = response.readline(_LINE_BYTES_AT_MOST)
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise SourceUnavailable(f"the stream from {self._shown} broke off: {_said(error)}") from error
        if len(line) >= _LINE_BYTES_AT_MOST:
            raise SourceUnavailable(f"the stream from {self._shown} has a line of more than 4 MiB")
        return line if line.endswith(b"\n") else b""

    def _data(self, path: str, *, absent: int | None = None) -> object:
        with closing(self._connection()) as connection:
            response = self._ask(connection, path, accept="application/json")
            try:
                body = response.read()
            except (OSError, http.client.HTTPException) as error:
                raise SourceUnavailable(f"the answer of {self._shown} broke off: {_said(error)}") from error
        if response.status == http.client.NOT_FOUND and absent is not None and absent in _exit_codes(body):
            raise _NoSuchThing
        self._refuse_status(response.status)
        try:
            return Fields.of(json.loads(body), "answer").values.get("data")
        except (ValueError, RecursionError) as error:
            raise SourceUnavailable(f"{self._shown} did not answer in JSON: {error}") from error

    def _ask(self, connection: http.client.HTTPConnection, path: str, *, accept: str) -> http.client.HTTPResponse:
        headers = {"Accept": accept}
        if self._credentials.authorization is not None:
            headers["Authorization"] = self._credentials.authorization
        try:
            connection.request("GET", f"{self._path}{path}", headers=headers)
            return connection.getresponse()
        except (OSError, http.client.HTTPException) as error:
            text = f"the broker at {self._shown} cannot be reached ({_said(error)}): is it running there?"
            raise SourceUnavailable(text) from error

    def _connection(self) -> http.client.HTTPConnection:
        if self._secure:
            context = ssl.create_default_context()
            return http.client.HTTPSConnection(self._host, self._port, timeout=self._timeout, context=context)
        return http.client.HTTPConnection(self._host, self._port, timeout=self._timeout)

    def _refuse_status(self, status: int) -> None:
        match status:
            case http.client.OK:
                return
            case http.client.UNAUTHORIZED | http.client.FORBIDDEN:
                raise AccessRefused(
                    f"the broker at {self._shown} does not accept the credentials (HTTP {status}): give "
                    "--credentials-file, or GEARBROKER_LOGIN and GEARBROKER_PASSWORD, or GEARBROKER_TOKEN"
                )
            case http.client.GONE:
                raise PositionExpired(f"the broker at {self._shown} no longer has the events after this position")
            case _:
                raise SourceUnavailable(f"the broker at {self._shown} answered HTTP {status}")


class _NoSuchThing(SourceUnavailable):
    """The broker itself says that there is no such application, or certificate."""


_T = TypeVar("_T")


def _believed(wire: object, read: Callable[[object], _T]) -> _T:
    try:
        return read(wire)
    except MalformedMessage as error:
        raise SourceUnavailable(f"the broker's answer cannot be believed: {error}") from error


def _exit_codes(body: bytes) -> set[object]:
    try:
        messages = Fields.of(json.loads(body), "answer").items("messages")
        return {Fields.of(message, "message").values.get("exit_code") for message in messages}
    except (ValueError, RecursionError, TypeError):
        return set()  # no envelope of the broker's: says nothing about what was asked for


def _said(error: Exception) -> str:
    return str(error) or type(error).__name__
