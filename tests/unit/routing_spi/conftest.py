"""A small real HTTP server that answers as a broker does, from answers laid out beforehand."""

import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from routing_spi.codec import encode_json
from routing_spi.conformance_story import tables_after


@dataclass
class LaidOutBroker:
    """Each connection to the stream gets the next of `streams`, then a cut; `told` answers the rest."""

    url: str = ""
    told: list = field(default_factory=list)
    streams: list = field(default_factory=list)
    asked: list = field(default_factory=list)
    authorization: str | None = None
    hold: threading.Event = field(default_factory=threading.Event)

    def lines(self, *events):
        return "".join(f"{encode_json(event)}\n" for event in events)

    def answer(self, handler):
        self.asked.append(handler.path)
        if self.authorization is not None and handler.headers["Authorization"] != self.authorization:
            return 401, {"status": "unauthorized", "messages": []}
        if "/routing/events" in handler.path:
            return self._stream()
        if handler.path.endswith("/routing/snapshot"):
            tables = [table.to_wire() for table in tables_after(self.told).values()]
            return 200, {"status": "ok", "data": {"position": len(self.told), "applications": tables}}
        application_id = handler.path.split("/")[-2]
        table = tables_after(self.told).get(application_id)
        if table is None:
            return 404, {
                "status": "not_found",
                "messages": [{"exit_code": 101, "text": "Application not found."}],
            }
        return 200, {"status": "ok", "data": {**table.to_wire(), "position": len(self.told)}}

    def _stream(self):
        if self.streams:
            return self.streams.pop(0)
        self.hold.wait(30)  # a stream without news; released when the test ends
        return 200, ""


@pytest.fixture
def broker() -> Iterator[LaidOutBroker]:
    laid_out = LaidOutBroker()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            status, answer = laid_out.answer(self)
            body = (answer if isinstance(answer, str) else json.dumps(answer)).encode()
            self.send_response(status)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_args):
            """Stay quiet."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        laid_out.url = f"http://127.0.0.1:{server.server_port}"
        yield laid_out
        laid_out.hold.set()
        server.shutdown()
        thread.join()
