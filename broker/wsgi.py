"""The web server: the REST API behind waitress, which needs nothing but Python."""

import errno
import logging
import socket
import threading
from importlib.metadata import version
from typing import Any

from flask import Flask
from waitress import create_server

from broker.api.factory import ApiOptions, make_wsgi_app
from broker.bootstrap import Built, Settings
from broker.core.errors import ConfigurationError

# Beyond this waitress itself says no; below it, the API does so in its own words.
MOST_BYTES = 16 * 1024 * 1024
POLL_SECONDS = 0.5


class WebServer:
    """Serves a platform's API in a thread of its own until it is stopped; streams end with it."""

    def __init__(self, built: Built) -> None:
        settings = built.settings
        self._stopping = threading.Event()
        self._built = built
        options = ApiOptions(
            version=version("gearbroker"),
            max_request_bytes=settings.max_request_bytes,
            max_streams=max(1, settings.server_threads // 2),
        )
        self.wsgi_app: Flask = make_wsgi_app(built.platform, options, stopping=self._stopping.is_set)
        self._server: Any = self._served(settings)
        self._thread = threading.Thread(target=self._run, name="web-server", daemon=True)

    def _served(self, settings: Settings) -> Any:
        return create_server(
            self.wsgi_app,
            sockets=[_bound(settings.host, settings.port)],
            threads=settings.server_threads,
            ident=None,
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
        while not self._stopping.is_set():
            self._server.asyncore.loop(timeout=POLL_SECONDS, map=self._server._map, count=1)  # noqa: SLF001 as its own run() does

    def stop(self) -> None:
        """End: streams first, then requests that run, then the socket."""
        self._stopping.set()
        self._built.signal.close()
        if self._thread.is_alive():
            self._thread.join(POLL_SECONDS * 4)
        self._server.task_dispatcher.shutdown(cancel_pending=True, timeout=5)
        self._server.close()
        self._server.asyncore.close_all(map=self._server._map)  # noqa: SLF001 as above


def _bound(host: str, port: int) -> socket.socket:
    """A socket at that address; ours to close where it cannot be had."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    bound = socket.socket(family, socket.SOCK_STREAM)
    try:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind((host, port))
    except OSError as error:
        bound.close()
        reason = "is already in use" if error.errno == errno.EADDRINUSE else f"cannot be used: {error.strerror}"
        text = f"Port {port} on {host} {reason}. Choose another with --port."
        raise ConfigurationError(text, field="GEARBROKER_PORT") from error
    return bound


def _proxy(address: str) -> dict[str, object]:
    """What waitress needs to believe one proxy about the client's address, scheme and host."""
    if not address:
        return {}
    headers = {"x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "x-forwarded-port"}
    return {"trusted_proxy": address, "trusted_proxy_count": 1, "trusted_proxy_headers": headers}
