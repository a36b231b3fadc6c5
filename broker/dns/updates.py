"""Tells a DNS server of names by updates (RFC 2136) that take effect in order, however late they arrive.

A connection may end with an update in it that the server has yet to read, so neither a lock nor a transaction of ours
says when an update can take effect no more. The zone itself does: a TXT record holds a word that every update replaces
by a new one, on the condition that the old one is still there.
"""

import secrets
from collections.abc import Mapping
from itertools import islice

import dns.message
import dns.rcode
import dns.rdatatype
from dns.rcode import Rcode
from dns.update import UpdateMessage

from broker.dns.records import KINDS, TTL_SECONDS, Record, absolute, replace, require, why_unwritable
from broker.dns.signing import RemoteDnsSilent, SignedExchange
from broker.interfaces import FIRST_FENCE, FenceMoved, RemoteDnsState, RemoteDnsUnavailable, ToldNames

FENCE_LABEL = "_gearbroker"
FENCE_BYTES = 12
# An update answers so where one of its conditions does not hold.
UNMET = frozenset({dns.rcode.NXRRSET, dns.rcode.YXRRSET, dns.rcode.NXDOMAIN, dns.rcode.YXDOMAIN})

Records = Mapping[str, Record | None]


class Rfc2136Server:
    """The DNS server behind `exchange`, which is the primary of `zone`; the fence's record is below `cloud_domain`.

    At most about a hundred names can be told at once: a message has 65,535 bytes.
    """

    def __init__(self, exchange: SignedExchange, zone: str, cloud_domain: str) -> None:
        self._exchange = exchange
        self._zone = absolute(zone)
        self._fence_name = absolute(f"{FENCE_LABEL}.{cloud_domain}")

    def fence(self) -> str | None:
        """The word of the fence, None where there is none; raises `RemoteDnsUnavailable`."""
        answer = self._ask(self._fence_name.to_text(), "TXT")
        return next((text.strip('"') for kind, text in answer if kind == "TXT"), None)

    def tell(self, records: Records, fence: str | None) -> ToldNames:
        """Replace what these names lead to, then ask the server whether it has just that.

        What the server refuses is halved until the names are found that it refuses, so that they hold no other up.
        Raises `FenceMoved` where the fence is another's, and `RemoteDnsUnavailable` where nothing can be written.
        """
        unwritable = {
            name: reason for name, record in records.items() if (reason := why_unwritable(name, record, self._zone))
        }
        writable = {name: record for name, record in records.items() if name not in unwritable}
        if fence is not None and records and not writable:
            return ToldNames(fence=fence, refused=unwritable, unwritable=unwritable)
        fence, not_taken = self._write(writable, fence)
        taken = {name: record for name, record in writable.items() if name not in not_taken}
        refused = unwritable | not_taken | self._differing(taken)
        return ToldNames(fence=fence, refused=refused, unwritable=unwritable)

    def lookup(self, name: str) -> list[Record]:
        """What the name leads to on the server itself; raises `RemoteDnsUnavailable`."""
        return [record for record in self._ask(name, "A") if record[0] in KINDS]

    def state(self) -> RemoteDnsState:
        """Ask for the zone's SOA, and for an update that has a condition and no content."""
        soa = error = None
        reachable = True
        try:
            soa = next((text for kind, text in self._ask(self._zone.to_text(), "SOA") if kind == "SOA"), None)
            nothing = UpdateMessage(self._zone)
            nothing.present(self._zone, "SOA")
            rcode = self._exchange.answer(nothing).rcode()
            error = None if rcode == dns.rcode.NOERROR else self._refusal(rcode)
        except RemoteDnsUnavailable as unavailable:
            reachable = not isinstance(unavailable, RemoteDnsSilent)
            error = str(unavailable)
        return RemoteDnsState(
            address=self._exchange.address, reachable=reachable, soa=soa, accepted=error is None, error=error
        )

    def _write(self, records: Records, fence: str | None) -> tuple[str, dict[str, str]]:
        """The fence afterwards, and the names that the server refuses."""
        next_fence = ("" if fence else FIRST_FENCE) + secrets.token_hex(FENCE_BYTES)
        rcode = self._exchange.answer(self._update(records, fence, next_fence)).rcode()
        if rcode == dns.rcode.NOERROR:
            return next_fence, {}
        if rcode in UNMET:
            raise FenceMoved(f"the zone {self._zone} has been updated by another")
        if not records:
            raise RemoteDnsUnavailable(self._refusal(rcode))
        # Whether it refuses these names or everything is seen by an update without names.
        fence, refused = self._write({}, fence)
        if len(records) == 1:
            return fence, dict.fromkeys(records, f"refused by the DNS server ({dns.rcode.to_text(rcode)})")
        for half in _halves(records):
            fence, refused_of_half = self._write(half, fence)
            refused |= refused_of_half
        return fence, refused

    def _update(self, records: Records, fence: str | None, next_fence: str) -> UpdateMessage:
        message = UpdateMessage(self._zone)
        if fence is None:
            message.absent(self._fence_name, "TXT")
        else:
            message.present(self._fence_name, "TXT", f'"{fence}"')
        message.replace(self._fence_name, TTL_SECONDS, "TXT", f'"{next_fence}"')
        for name, record in records.items():
            replace(message, name, record)
        return message

    def _differing(self, records: Records) -> dict[str, str]:
        """Of these names, those that the server has otherwise, although it has taken them."""
        if not records:
            return {}
        question = UpdateMessage(self._zone)
        for name, record in records.items():
            require(question, name, record)
        rcode = self._exchange.answer(question).rcode()
        if rcode == dns.rcode.NOERROR:
            return {}
        if rcode not in UNMET:
            raise RemoteDnsUnavailable(self._refusal(rcode))
        if len(records) == 1:
            return {name: f"the DNS server has taken it, and has {self._present(name)}" for name in records}
        first, second = _halves(records)
        return self._differing(first) | self._differing(second)

    def _present(self, name: str) -> str:
        return ", ".join(f"{kind} {text}" for kind, text in self._ask(name, "ANY")) or "nothing of that name"

    def _ask(self, name: str, kind: str) -> list[Record]:
        """What the server says of a name itself, as (type, text)."""
        answer = self._exchange.answer(dns.message.make_query(name, kind))
        if answer.rcode() not in {dns.rcode.NOERROR, dns.rcode.NXDOMAIN}:
            raise RemoteDnsUnavailable(self._refusal(answer.rcode()))
        owner = absolute(name)
        return [
            (dns.rdatatype.to_text(rrset.rdtype), rdata.to_text())
            for rrset in answer.answer
            if rrset.name == owner
            for rdata in rrset
        ]

    def _refusal(self, rcode: Rcode) -> str:
        zone = self._zone.to_text(omit_final_dot=True)
        return f"The DNS server {self._exchange.address} refuses us the zone {zone} ({dns.rcode.to_text(rcode)})."


def _halves(records: Records) -> tuple[Records, Records]:
    middle = len(records) // 2
    items = iter(records.items())
    return dict(islice(items, middle)), dict(items)
