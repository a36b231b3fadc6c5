"""What is decided before a DNS server is asked, and answers that no BIND gives."""

import socketserver
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import dns.flags
import dns.name
import pytest

from broker.dns.records import rdata_of, why_unwritable
from broker.dns.signing import SignedExchange
from broker.dns.updates import Rfc2136Server
from broker.interfaces import RemoteDnsUnavailable

ZONE = dns.name.from_text("example.com")
KEY = "bm9ib2R5IG11c3QgZXZlciBzZWUgdGhpcyBrZXkhISE="


@contextmanager
def answering(wire_of) -> Iterator[Rfc2136Server]:
    """A server that reads one message a connection and answers with what `wire_of` makes of it."""

    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            (length,) = struct.unpack("!H", self.rfile.read(2))
            wire = wire_of(self.rfile.read(length))
            if wire is not None:
                self.wfile.write(struct.pack("!H", len(wire)) + wire)

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        host, port = server.server_address[:2]
        exchange = SignedExchange(
            host=str(host), port=port, key_name="k", key_value=KEY, algorithm="hmac-sha256", timeout_seconds=0.2
        )
        try:
            yield Rfc2136Server(exchange, "example.com", "example.com")
        finally:
            server.shutdown()
            thread.join()


def unsigned(wire: bytes) -> bytes:
    """The update is done, says a header with the zone and nothing else."""
    message_id, flags = struct.unpack_from("!HH", wire)
    zone = wire[12 : 12 + len(b"\x07example\x03com\x00") + 4]
    return struct.pack("!6H", message_id, flags | dns.flags.QR, 1, 0, 0, 0) + zone


def cut(wire: bytes) -> bytes:
    return wire[:5]


def test_a_yes_that_is_not_signed_is_not_believed():
    with (
        answering(unsigned) as server,
        pytest.raises(RemoteDnsUnavailable, match="requires a TSIG"),
    ):
        server.tell({"shop-test.example.com": ("CNAME", "node-a1.example.com")}, None)


def test_an_answer_that_is_no_dns_message_is_not_believed():
    with answering(cut) as server, pytest.raises(RemoteDnsUnavailable, match="not to be trusted"):
        server.fence()


def test_a_connection_that_ends_without_an_answer_is_said():
    with answering(lambda _: None) as server, pytest.raises(RemoteDnsUnavailable, match="without an answer"):
        server.fence()


def test_no_text_of_a_failure_has_the_key():
    with answering(cut) as server:
        state = server.state()

    assert not state.accepted
    assert KEY not in repr(state)


@pytest.mark.parametrize(
    ("name", "record", "reason"),
    [
        ("shop-test.example.com", ("CNAME", "node-a1.example.com"), None),
        ("node-a1.example.com", ("A", "127.0.1.1"), None),
        ("gone.example.com", None, None),
        ("shop.example.org", ("CNAME", "node-a1.example.com"), "not inside the zone example.com"),
        ("gone.example.org", None, "not inside the zone example.com"),
        ("node-a1.example.com", ("A", "127.0.1"), "no DNS record"),
        (f"{'a' * 64}.example.com", ("A", "127.0.1.1"), "no DNS record"),
        ("a..example.com", None, "no DNS record"),
    ],
)
def test_what_no_server_can_be_told_is_known_before(name, record, reason):
    found = why_unwritable(name, record, ZONE)

    assert found is None if reason is None else reason in str(found)


def test_an_address_of_ipv6_is_a_record_of_its_own_kind():
    assert rdata_of(("A", "2001:db8::1")).rdtype.name == "AAAA"
