"""The web server: the REST API behind waitress, which needs nothing but Python; and the API for another server."""

import atexit
import errno
import logging
import os
import socket
import threading
from collections.abc import Callable
from importlib.metadata import version
from typing import Any

from flask import Flask
from waitress import create_server

from broker.api.factory import ApiOptions, make_wsgi_app
from broker.bootstrap import Built, Settings, load_settings, set_up_logging
from broker.core.errors import ConfigurationError
from broker.member import FINISHING_SECONDS, open_member

# Beyond this waitress itself says no; below it, the API does so in its own words.
MOST_BYTES = 16 * 1024 * 1024
BACKLOG = 1024
POLL_SECONDS = 0.5

_log = logging.getLogger(__name__)


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
        self._thread = threading.Thread(target=self._run, name="web-server", daemon=True)

    def _served(self, settings: Settings, listening: socket.socket | None) -> Any:
        return create_server(
            self.wsgi_app,
            sockets=[bound(settings.host, settings.port) if listening is None else listening],
            threads=settings.server_threads,
            ident=None,
            backlog=BACKLOG,
            max_request_body_size=max(MOST_BYTES, settings.max_request_bytes + 1),
            channel_request_lookahead=1,  # so that a client that hangs up is noticed, not only when it is written to
            clear_untrusted_proxy_headers=True,
            **_proxy(settings.trusted_proxy),
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


def _proxy(address: str) -> dict[str, object]:
    """What waitress needs to believe one proxy about the client's address, scheme and host."""
    if not address:
        return {}
    headers = {"x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "x-forwarded-port"}
    return {"trusted_proxy": address, "trusted_proxy_count": 1, "trusted_proxy_headers": headers}
