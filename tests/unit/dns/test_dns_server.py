import contextlib
import logging
import socket
import struct
import subprocess
import threading
from collections.abc import Iterator, Sequence

import dns.flags
import dns.message
import dns.opcode
import dns.query
import dns.rcode
import pytest
from dns.message import Message
from dns.rdatatype import RdataType
from hypothesis import given
from hypothesis import strategies as st

from broker.dns.dns_zone import DnsZone
from broker.dns.responder import Responder
from broker.dns.server import DnsServer

ORIGIN = "example.com"
NS_NAME = "ns.example.com"
SECONDS = 5.0
RECORDS: dict[str, list[tuple[str, str]]] = {
    "node-a1.example.com": [("A", "192.0.2.1")],
    "testha-test.example.com": [("CNAME", "node-a1.example.com")],
    "ha-testha-test.example.com": [("CNAME", "testha-test.example.com")],
    "away-test.example.com": [("CNAME", "www.example.org")],
    "dangling-test.example.com": [("CNAME", "gone.example.com")],
    "round-test.example.com": [("CNAME", "about-test.example.com")],
    "about-test.example.com": [("CNAME", "round-test.example.com")],
    "some.example.com": [("A", f"192.0.2.{number}") for number in range(1, 51)],
    "many.example.com": [("A", f"10.0.{number // 250}.{number % 250}") for number in range(500)],
}


class Names:
    """A source of names that can be made to fail."""

    def __init__(self, serial: int = 7) -> None:
        self.number = serial
        self.broken = False

    def lookup(self, name: str) -> Sequence[tuple[str, str]]:
        """Return the records of a name."""
        if self.broken:
            raise ConnectionError("the names are away")
        return RECORDS.get(name, [])

    def serial(self) -> int:
        """Return the number of changes so far."""
        return self.number


@pytest.fixture
def names() -> Names:
    return Names()


@pytest.fixture
def server(names: Names) -> Iterator[DnsServer]:
    running = DnsServer(names, ORIGIN, ns_name=NS_NAME, ns_address="127.0.0.1", idle_seconds=SECONDS)
    running.start()
    yield running
    running.stop()


def ask(server: DnsServer, name: str, rdtype: str = "A", **options: object) -> Message:
    host, port = server.address
    query = dns.message.make_query(name, rdtype, **options)
    return dns.query.udp(query, host, timeout=SECONDS, port=port)


def ask_over_tcp(server: DnsServer, name: str, rdtype: str = "A") -> Message:
    host, port = server.address
    return dns.query.tcp(dns.message.make_query(name, rdtype), host, timeout=SECONDS, port=port)


def connected(server: DnsServer) -> socket.socket:
    return socket.create_connection(server.address, timeout=SECONDS)


def exchange(connection: socket.socket, wire: bytes) -> bytes:
    connection.sendall(struct.pack("!H", len(wire)) + wire)
    (length,) = struct.unpack("!H", connection.recv(2, socket.MSG_WAITALL))
    return connection.recv(length, socket.MSG_WAITALL)


def answers(response: Message) -> list[str]:
    return [rrset.to_text() for rrset in response.answer]


def authority(response: Message) -> list[str]:
    return [RdataType(rrset.rdtype).name for rrset in response.authority]


def test_a_known_name_is_answered_with_authority(server: DnsServer) -> None:
    response = ask(server, "node-a1.example.com")

    assert response.rcode() == dns.rcode.NOERROR
    assert response.flags & dns.flags.AA
    assert not response.flags & dns.flags.RA
    assert answers(response) == ["node-a1.example.com. 60 IN A 192.0.2.1"]


def test_cnames_are_followed_within_the_zone(server: DnsServer) -> None:
    assert answers(ask(server, "ha-testha-test.example.com")) == [
        "ha-testha-test.example.com. 60 IN CNAME testha-test.example.com.",
        "testha-test.example.com. 60 IN CNAME node-a1.example.com.",
        "node-a1.example.com. 60 IN A 192.0.2.1",
    ]


def test_a_cname_that_is_asked_for_is_not_followed(server: DnsServer) -> None:
    assert answers(ask(server, "ha-testha-test.example.com", "CNAME")) == [
        "ha-testha-test.example.com. 60 IN CNAME testha-test.example.com."
    ]


def test_a_cname_out_of_the_zone_is_all_that_is_said(server: DnsServer) -> None:
    response = ask(server, "away-test.example.com")

    assert answers(response) == ["away-test.example.com. 60 IN CNAME www.example.org."]
    assert (response.rcode(), authority(response)) == (dns.rcode.NOERROR, [])


def test_a_cname_to_an_unknown_name_is_shown_and_the_name_said_not_to_exist(server: DnsServer) -> None:
    response = ask(server, "dangling-test.example.com")

    assert len(response.answer) == 1
    assert (response.rcode(), authority(response)) == (dns.rcode.NXDOMAIN, ["SOA"])


def test_cnames_in_a_circle_are_followed_once_round(server: DnsServer) -> None:
    assert len(ask(server, "round-test.example.com").answer) == 2


def test_upper_and_lower_case_are_the_same_name_and_the_question_comes_back_as_asked(
    server: DnsServer,
) -> None:
    response = ask(server, "TestHA-test.EXAMPLE.com")

    assert answers(response)[-1].endswith(" 60 IN A 192.0.2.1")
    assert response.question[0].name.to_text() == "TestHA-test.EXAMPLE.com."


def test_the_apex_has_an_soa_whose_serial_rises_with_the_names(server: DnsServer, names: Names) -> None:
    before = ask(server, ORIGIN, "SOA").answer[0][0].serial

    names.number += 1

    assert (before, ask(server, ORIGIN, "SOA").answer[0][0].serial) == (7, 8)


def test_the_serial_wraps_at_32_bits(server: DnsServer, names: Names) -> None:
    names.number = 2**32 + 3

    assert ask(server, ORIGIN, "SOA").answer[0][0].serial == 3


def test_the_apex_has_the_name_server_and_that_has_its_address(server: DnsServer) -> None:
    assert answers(ask(server, ORIGIN, "NS")) == ["example.com. 60 IN NS ns.example.com."]
    assert answers(ask(server, NS_NAME)) == ["ns.example.com. 60 IN A 127.0.0.1"]


def test_an_unknown_name_does_not_exist_and_the_soa_says_for_how_long(server: DnsServer) -> None:
    response = ask(server, "nobody.example.com")

    assert (response.rcode(), response.answer) == (dns.rcode.NXDOMAIN, [])
    assert response.flags & dns.flags.AA
    assert (response.authority[0].ttl, response.authority[0][0].minimum) == (60, 60)


def test_a_known_name_without_that_type_has_no_data_and_an_soa(server: DnsServer) -> None:
    response = ask(server, "node-a1.example.com", "AAAA")

    assert (response.rcode(), response.answer, authority(response)) == (dns.rcode.NOERROR, [], ["SOA"])


@pytest.mark.parametrize("name", ["www.example.org", "com", ".", "notexample.com"])
def test_a_name_outside_the_zone_is_refused_without_authority(server: DnsServer, name: str) -> None:
    response = ask(server, name)

    assert response.rcode() == dns.rcode.REFUSED
    assert not response.flags & dns.flags.AA


def test_a_query_of_another_class_is_refused(server: DnsServer) -> None:
    assert ask(server, "node-a1.example.com", rdclass="CH").rcode() == dns.rcode.REFUSED


def test_a_zone_transfer_is_refused(server: DnsServer) -> None:
    assert ask_over_tcp(server, ORIGIN, "AXFR").rcode() == dns.rcode.REFUSED


@pytest.mark.parametrize("opcode", [dns.opcode.STATUS, dns.opcode.NOTIFY, dns.opcode.UPDATE])
def test_other_opcodes_are_not_implemented(server: DnsServer, opcode: dns.opcode.Opcode) -> None:
    query = dns.message.make_query("node-a1.example.com", "A")
    query.set_opcode(opcode)

    with connected(server) as connection:
        reply = dns.message.from_wire(exchange(connection, query.to_wire()))

    assert (reply.rcode(), reply.opcode(), reply.id) == (dns.rcode.NOTIMP, opcode, query.id)


@pytest.mark.parametrize(
    "wire",
    [
        struct.pack("!HHHHHH", 9, 0, 1, 0, 0, 0),  # announces a question that is not there
        struct.pack("!HHHHHH", 9, 0, 0, 0, 0, 0),  # asks nothing
        struct.pack("!HHHHHH", 9, 0, 1, 0, 0, 0) + b"\xc0\x0c\x00\x01\x00\x01",  # a name that points to itself
    ],
    ids=["cut", "empty", "circular"],
)
def test_garbage_behind_a_header_is_a_format_error(server: DnsServer, wire: bytes) -> None:
    with connected(server) as connection:
        reply = exchange(connection, wire)

    assert struct.unpack("!HH", reply[:4]) == (9, dns.flags.QR | dns.rcode.FORMERR)


def test_edns_is_answered_with_edns_and_plain_with_plain(server: DnsServer) -> None:
    assert ask(server, "node-a1.example.com", use_edns=0).edns == 0
    assert ask(server, "node-a1.example.com", use_edns=False).edns == -1


def test_an_edns_version_we_do_not_know_is_said_so(server: DnsServer) -> None:
    assert ask(server, "node-a1.example.com", use_edns=1).rcode() == dns.rcode.BADVERS


@pytest.mark.parametrize(
    ("options", "limit", "truncated"),
    [
        ({"use_edns": False}, 512, True),
        ({"use_edns": 0, "payload": 600}, 600, True),
        ({"use_edns": 0, "payload": 1232}, 1232, False),
    ],
)
def test_a_long_answer_is_truncated_where_the_client_cannot_take_it(
    server: DnsServer, options: dict[str, object], limit: int, *, truncated: bool
) -> None:
    response = ask(server, "some.example.com", **options)

    assert bool(response.flags & dns.flags.TC) == truncated
    assert len(response.to_wire()) <= limit


def test_what_was_truncated_is_whole_over_tcp(server: DnsServer) -> None:
    assert ask(server, "many.example.com", payload=65535).flags & dns.flags.TC

    assert len(ask_over_tcp(server, "many.example.com").answer[0]) == 500


def test_several_queries_are_answered_on_one_connection(server: DnsServer) -> None:
    with connected(server) as connection:
        replies = [
            dns.message.from_wire(exchange(connection, dns.message.make_query(name, "A").to_wire()))
            for name in ("node-a1.example.com", "nobody.example.com", "node-a1.example.com")
        ]

    assert [reply.rcode() for reply in replies] == [0, dns.rcode.NXDOMAIN, 0]


def test_the_server_survives_garbage_over_udp_and_tcp(server: DnsServer) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
        for garbage in (b"", b"x", b"\xff" * 40, b"\x00" * 1400):
            udp.sendto(garbage, server.address)
    with connected(server) as tcp:
        tcp.sendall(b"\x00\x03abc")
        assert tcp.recv(1) == b""

    assert answers(ask(server, "node-a1.example.com"))
    assert answers(ask_over_tcp(server, "node-a1.example.com"))


def test_an_idle_connection_is_closed(names: Names) -> None:
    server = DnsServer(names, ORIGIN, ns_name=NS_NAME, idle_seconds=0.05)
    server.start()

    with connected(server) as connection:
        assert connection.recv(1) == b""
    server.stop()


def test_for_a_connection_too_many_the_one_that_was_silent_longest_makes_room(names: Names) -> None:
    server = DnsServer(names, ORIGIN, ns_name=NS_NAME, most_connections=2)
    server.start()
    query = dns.message.make_query("node-a1.example.com", "A").to_wire()

    with connected(server) as first, connected(server) as second:
        for connection in (first, second, first):
            exchange(connection, query)
        with connected(server) as third:
            answered = dns.message.from_wire(exchange(third, query))

            assert answered.answer
            assert second.recv(1) == b""
            assert exchange(first, query)
            assert exchange(third, query)
    server.stop()


def test_connections_that_nobody_uses_keep_no_one_out(names: Names) -> None:
    server = DnsServer(names, ORIGIN, ns_name=NS_NAME, most_connections=5)
    server.start()

    with contextlib.ExitStack() as idle:
        for _ in range(20):
            idle.enter_context(connected(server))

        assert ask_over_tcp(server, "node-a1.example.com").answer
    server.stop()


def test_a_failing_source_is_a_server_failure_logged_once_and_over_when_the_source_is_back(
    server: DnsServer, names: Names, caplog: pytest.LogCaptureFixture
) -> None:
    names.broken = True
    with caplog.at_level(logging.ERROR):
        broken = [ask(server, "node-a1.example.com").rcode() for _ in range(3)]
    names.broken = False

    assert broken == [dns.rcode.SERVFAIL] * 3
    assert len(caplog.records) == 1
    assert answers(ask(server, "node-a1.example.com"))


def test_a_stopped_server_frees_its_port_and_can_be_started_again(names: Names) -> None:
    first = DnsServer(names, ORIGIN, ns_name=NS_NAME)
    first.start()
    host, port = first.address
    first.stop()

    second = DnsServer(names, ORIGIN, host, port, ns_name=NS_NAME)
    second.start()

    assert answers(ask(second, "node-a1.example.com"))
    second.stop()


def test_a_port_that_is_taken_is_an_error_and_leaves_nothing_running(server: DnsServer, names: Names) -> None:
    before = threading.active_count()

    with pytest.raises(OSError, match="in use"):
        DnsServer(names, ORIGIN, *server.address, ns_name=NS_NAME).start()

    assert threading.active_count() == before


def test_stopping_a_server_ends_its_connections_and_threads(names: Names) -> None:
    before = threading.active_count()
    server = DnsServer(names, ORIGIN, ns_name=NS_NAME)
    server.start()
    with connected(server) as connection:
        exchange(connection, dns.message.make_query("node-a1.example.com", "A").to_wire())

        server.stop()

        assert connection.recv(1) == b""
    assert threading.active_count() == before


@given(wire=st.binary(max_size=200) | st.binary(max_size=60).map(lambda end: b"\0\1\0\0\0\1\0\0\0\0\0\0" + end))
def test_no_bytes_whatever_break_the_responder(wire: bytes) -> None:
    responder = Responder(DnsZone(Names(), ORIGIN, NS_NAME))

    response = responder.answer(wire, udp=True)

    assert response is None or (response[:2] == wire[:2] and len(response) <= 1232)


@given(wire=st.binary(min_size=12, max_size=100))
def test_a_response_is_never_answered(wire: bytes) -> None:
    responder = Responder(DnsZone(Names(), ORIGIN, NS_NAME))
    as_response = wire[:2] + bytes([wire[2] | 0x80]) + wire[3:]

    assert responder.answer(as_response, udp=True) is None


@pytest.mark.services("dig")
@pytest.mark.parametrize("transport", ["+notcp", "+tcp"])
def test_dig_finds_the_address_behind_an_application(server: DnsServer, dig: str, transport: str) -> None:
    host, port = server.address

    seen = subprocess.run(
        [dig, f"@{host}", "-p", str(port), "testha-test.example.com", "A", "+short", transport],
        capture_output=True,
        text=True,
        check=True,
    )

    assert seen.stdout == "node-a1.example.com.\n192.0.2.1\n"
