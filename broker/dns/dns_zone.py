"""What the embedded DNS server knows of one zone: the records of a name, and where its CNAMEs lead."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import dns.name
import dns.rdata
import dns.rdataclass
import dns.rdatatype
import dns.rrset
from dns.name import Name
from dns.rdata import Rdata
from dns.rdatatype import RdataType
from dns.rrset import RRset

from broker.dns.source import NameSource

TTL_SECONDS = 60  # as in the field's own DNS plugins
REFRESH_SECONDS = 3600
RETRY_SECONDS = 600
EXPIRE_SECONDS = 86400
SERIALS = 2**32
LONGEST_CHAIN = 16
RECORDS_REMEMBERED = 10_000


@dataclass(frozen=True, kw_only=True, slots=True)
class Found:
    """What there is for one question; `exists` is about the name at the end of the CNAMEs.

    `in_zone` is false where the CNAMEs lead out of the zone, so that nothing can be said about their end.
    """

    records: tuple[RRset, ...]
    exists: bool
    in_zone: bool
    has_type: bool


class DnsZone:
    """The zone `origin`: what the source knows, and SOA and NS at the apex.

    `ns_address`, where given, is the address of `ns_name` if that name is in the zone.
    A name is unknown where the source has no record for it, even if there are names below it.
    """

    def __init__(self, source: NameSource, origin: str, ns_name: str, ns_address: str | None = None) -> None:
        self.origin = dns.name.from_text(origin)
        self._source = source
        self._ns_name = dns.name.from_text(ns_name)
        self._ns_address = ns_address
        # To read a record from its text takes longer than all the rest of an answer.
        self._record = lru_cache(RECORDS_REMEMBERED)(_record)

    def holds(self, name: Name) -> bool:
        """Say whether a name belongs to this zone."""
        return name.is_subdomain(self.origin)

    def soa(self) -> RRset:
        """Return the zone's SOA with the source's present serial; its TTL is also that of "no such name"."""
        times = f"{REFRESH_SECONDS} {RETRY_SECONDS} {EXPIRE_SECONDS} {TTL_SECONDS}"
        serial = self._source.serial() % SERIALS
        return self._rrset(self.origin, "SOA", [f"{self._ns_name} hostmaster.{self.origin} {serial} {times}"])

    def find(self, name: Name, rdtype: RdataType) -> Found:
        """Return the records of that type, and the CNAMEs that led to them, as far as they stay in the zone.

        CNAMEs that lead in a circle are followed once round.
        """
        followed: list[RRset] = []
        seen: set[Name] = set()
        while self.holds(name) and name not in seen and len(followed) < LONGEST_CHAIN:
            seen.add(name)
            present = self._records(name)
            wanted = [rrset for rrset in present if rdtype in {rrset.rdtype, RdataType.ANY}]
            alias = next((rrset for rrset in present if rrset.rdtype == RdataType.CNAME), None)
            if wanted or alias is None:
                records = (*followed, *wanted)
                return Found(records=records, exists=bool(present), in_zone=True, has_type=bool(wanted))
            followed.append(alias)
            name = alias[0].target
        return Found(records=tuple(followed), exists=True, in_zone=False, has_type=False)

    def _records(self, name: Name) -> list[RRset]:
        values: dict[str, list[str]] = {}
        for rdtype, value in self._source.lookup(name.to_text(omit_final_dot=True).lower()):
            values.setdefault(rdtype, []).append(value)
        if name == self._ns_name and self._ns_address is not None:
            values.setdefault("AAAA" if ":" in self._ns_address else "A", [self._ns_address])
        rrsets = [self._rrset(name, rdtype, texts) for rdtype, texts in values.items()]
        if name == self.origin:
            rrsets += [self.soa(), self._rrset(name, "NS", [str(self._ns_name)])]
        return rrsets

    def _rrset(self, name: Name, rdtype: str, values: Sequence[str]) -> RRset:
        return dns.rrset.from_rdata_list(name, TTL_SECONDS, [self._record(rdtype, value) for value in values])


def _record(rdtype: str, value: str) -> Rdata:
    # The root as origin: names written without the final dot are absolute.
    number = dns.rdatatype.from_text(rdtype)
    return dns.rdata.from_text(dns.rdataclass.IN, number, value, origin=dns.name.root, relativize=False)
