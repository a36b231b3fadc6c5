"""One DNS message in, one out: the rules of an authoritative server, without sockets."""

import logging
import struct

import dns.exception
import dns.flags
import dns.message
import dns.opcode
import dns.rcode
import dns.rdataclass
from dns.message import Message
from dns.rcode import Rcode
from dns.rdatatype import RdataType

from broker.dns.dns_zone import DnsZone

HEADER = struct.Struct("!HHHHHH")
OPCODE_MASK = 0x7800
PLAIN_UDP_BYTES = 512  # RFC 1035, 4.2.1
OUR_UDP_BYTES = 1232  # what passes everywhere without fragments: DNS Flag Day 2020
TCP_BYTES = 65535

_log = logging.getLogger(__name__)


class Responder:
    """Answers queries about one zone with authority, and refuses all others."""

    def __init__(self, dns_zone: DnsZone) -> None:
        self._dns_zone = dns_zone
        self._failing = False

    def answer(self, wire: bytes, *, udp: bool) -> bytes | None:
        """Return the response to a message, None where none may be given; never raises.

        None is for what is shorter than a header, and for responses: two servers would answer each other
        for ever. Over UDP a response longer than 512 bytes, or than the query's EDNS size up to 1232, is
        truncated.
        """
        if len(wire) < HEADER.size:
            return None
        message_id, flags, *_counts = HEADER.unpack_from(wire)
        if flags & dns.flags.QR:
            return None
        if flags & OPCODE_MASK:
            return _header_only(message_id, flags, dns.rcode.NOTIMP)
        try:
            query = dns.message.from_wire(wire)
        except (dns.exception.DNSException, ValueError):
            return _header_only(message_id, flags, dns.rcode.FORMERR)
        if len(query.question) != 1:
            return _header_only(message_id, flags, dns.rcode.FORMERR)
        return self._encoded(query, udp=udp)

    def _encoded(self, query: Message, *, udp: bool) -> bytes:
        longest = _longest_udp(query) if udp else TCP_BYTES
        try:
            wire = self._response(query).to_wire(max_size=longest, prefer_truncation=True)
        except Exception:  # noqa: BLE001 - the source is not ours: whatever it raises, the next query is to be answered
            if not self._failing:
                _log.exception("names cannot be read; queries get SERVFAIL until they can be read again")
            self._failing = True
            return _blank(query, dns.rcode.SERVFAIL).to_wire()
        self._failing = False
        return wire

    def _response(self, query: Message) -> Message:
        question = query.question[0]
        if query.edns > 0:
            return _blank(query, dns.rcode.BADVERS)
        if question.rdtype in {RdataType.AXFR, RdataType.IXFR} or question.rdclass != dns.rdataclass.IN:
            return _blank(query, dns.rcode.REFUSED)
        if not self._dns_zone.holds(question.name):
            return _blank(query, dns.rcode.REFUSED)
        found = self._dns_zone.find(question.name, question.rdtype)
        response = _blank(query, dns.rcode.NOERROR if found.exists else dns.rcode.NXDOMAIN)
        response.flags |= dns.flags.AA
        response.answer.extend(found.records)
        if found.in_zone and not found.has_type:
            response.authority.append(self._dns_zone.soa())
        return response


def _blank(query: Message, rcode: Rcode) -> Message:
    response = dns.message.make_response(query, our_payload=OUR_UDP_BYTES)
    response.set_rcode(rcode)
    return response


def _longest_udp(query: Message) -> int:
    if query.edns < 0:
        return PLAIN_UDP_BYTES
    return max(PLAIN_UDP_BYTES, min(query.payload, OUR_UDP_BYTES))


def _header_only(message_id: int, flags: int, rcode: Rcode) -> bytes:
    kept = flags & (OPCODE_MASK | dns.flags.RD)
    return HEADER.pack(message_id, kept | dns.flags.QR | rcode, 0, 0, 0, 0)
