"""The web server: the REST API behind waitress, which needs nothing but Python; and the API for another server."""

import atexit
import errno
import logging
import os
import re
import socket
import threading
from collections.abc import Callable
from importlib.metadata import version
from typing import Any

from flask import Flask
from waitress import create_server
from waitress.channel import HTTPChannel
from waitress.parser import HTTPRequestParser, ParsingError
from waitress.proxy_headers import proxy_headers_middleware

from broker.api.factory import ApiOptions, make_wsgi_app
from broker.api.fronting import Fronting, NotesPeer
from broker.bootstrap import Built, Settings, load_settings, maintenance_text, set_up_logging
from broker.core.errors import ConfigurationError
from broker.member import FINISHING_SECONDS, open_member

# Beyond this waitress itself says no; below it, the API does so in its own words.
MOST_BYTES = 16 * 1024 * 1024
BACKLOG = 1024
POLL_SECONDS = 0.5

_GEAR_HEADER = re.compile(rb"(?<=\r\n)(broker)_(auth)_(key|iv)(?=:)", re.IGNORECASE)
_log = logging.getLogger(__name__)


class _Parser(HTTPRequestParser):  # type: ignore[misc] # ships without types
    """Refuses a request line or a length that Python cannot read: waitress would hang up without an answer.

    It leaves headers with underscores out, which could pass for others; those in which gears send their credentials
    have some, and are kept.
    """

    def parse_header(self, header_plus: bytes) -> None:
        """The head of a request; raises `ParsingError`, which is answered with 400."""
        try:
            super().parse_header(_GEAR_HEADER.sub(rb"\1-\2-\3", header_plus))
        except ValueError as error:
            raise ParsingError("The head of the request cannot be read") from error


class _Channel(HTTPChannel):  # type: ignore[misc] # as above
    """A connection with that parser."""

    parser_class = _Parser


class WebServer:
    """Serves a platform's API in a thread of its own until it is stopped; streams end with it.

    With `listening` it accepts from that socket, which several processes may share.
    """

    def __init__(self, built: Built, listening: socket.socket | None = None) -> None:
        self._stopping = threading.Event()
        self._idle = threading.Event()
        self._ended = threading.Event()
        self._built = built
        self.wsgi_app: Flask = _api(built, self._stopping.is_set)
        self._server: Any = self._served(built.settings, listening)
        self._server.channel_class = _Channel
        self._thread = threading.Thread(target=self._run, name="web-server", daemon=True)

    def _served(self, settings: Settings, listening: socket.socket | None) -> Any:
        return create_server(
            _fronted(self.wsgi_app, settings.trusted_proxy),
            sockets=[bound(settings.host, settings.port) if listening is None else listening],
            threads=settings.server_threads,
            ident=None,
            backlog=BACKLOG,
            max_request_body_size=max(MOST_BYTES, settings.max_request_bytes + 1),
            channel_request_lookahead=1,  # so that a client that hangs up is noticed, not only when it is written to
            clear_untrusted_proxy_headers=False,  # `_fronted` has done that, and noted who is connected before
        )

    @property
    def url(self) -> str:
        """Where it is reached."""
        return f"http://{self._server.effective_host}:{self._server.effective_port}"

    def start(self) -> None:
        """Begin to answer."""
        logging.getLogger("waitress.queue").setLevel(logging.ERROR)  # waiting requests are no news
        self._thread.start()

    def _run(self) -> None:
        while not self._ended.is_set():
            try:
                self._serve()
            except Exception:  # noqa: BLE001 a process whose thread has ended would answer nobody, and seem to live
                _log.exception("the web server goes on after an error")
                self._ended.wait(POLL_SECONDS)

    def _serve(self) -> None:
        """Look once for what arrives and what can be sent."""
        self._server.asyncore.loop(timeout=POLL_SECONDS, map=self._server._map, count=1)  # noqa: SLF001 as its own run() does
        if self._stopping.is_set():
            self._hang_up()

    def _hang_up(self) -> None:
        """Close the connections on which nothing is asked or still to be sent."""
        self._server.accepting = False
        channels = list(self._server.active_channels.values())
        for channel in channels:
            if not channel.requests and not channel.total_outbufs_len:
                channel.will_close = True
        if not channels:
            self._idle.set()

    def stop(self) -> None:
        """End: no more connections, then streams, then the requests that run, which have a while; then the socket."""
        self._stopping.set()
        self._built.signal.close()
        if self._thread.is_alive():
            self._server.pull_trigger()
            self._idle.wait(FINISHING_SECONDS)
            self._ended.set()
            self._thread.join(POLL_SECONDS * 4)
        self._server.task_dispatcher.shutdown(cancel_pending=True, timeout=1)
        self._server.close()
        self._server.asyncore.close_all(map=self._server._map)  # noqa: SLF001 as above


def _api(built: Built, stopping: Callable[[], bool]) -> Flask:
    """The API over a platform, with places for as many streams as leave half of the threads to requests."""
    options = ApiOptions(
        version=version("gearbroker"),
        max_request_bytes=built.settings.max_request_bytes,
        max_streams=max(1, built.settings.server_threads // 2),
        fronting=Fronting(
            proxy=built.settings.trusted_proxy,
            user_header=built.settings.remote_user_header,
            creates_users=built.settings.auto_create_users,
        ),
        maintenance=maintenance_text(built.settings),
    )
    return make_wsgi_app(built.platform, options, stopping=stopping)


def application() -> Flask:
    """The API for another WSGI server, made of the settings in the environment; call it once in each process.

    Raises `ConfigurationError` unless the platform is one that several processes share.
    """
    settings = load_settings(os.environ)
    set_up_logging(level=settings.log_level, form=settings.log_format)
    member = open_member(settings, "serve")
    ending = threading.Event()
    member.start()
    atexit.register(member.stop, ending.set)
    return _api(member.built, ending.is_set)


def bound(host: str, port: int) -> socket.socket:
    """A socket that listens at that address; raises `ConfigurationError` where it cannot be had."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    made = socket.socket(family, socket.SOCK_STREAM)
    try:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        made.bind((host, port))
        made.listen(BACKLOG)
    except OSError as error:
        made.close()
        reason = "is already in use" if error.errno == errno.EADDRINUSE else f"cannot be used: {error.strerror}"
        text = f"Port {port} on {host} {reason}. Choose another with --port."
        raise ConfigurationError(text, field="GEARBROKER_PORT") from error
    return made


def _fronted(api: Flask, proxy: str) -> NotesPeer:
    """The API, told of the client's address, scheme and host by that proxy only, and of who is really connected."""
    headers = {"x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "x-forwarded-port"} if proxy else set()
    return NotesPeer(
        proxy_headers_middleware(
            api, trusted_proxy=proxy or None, trusted_proxy_headers=headers, clear_untrusted=True, logger=_log
        )
    )
