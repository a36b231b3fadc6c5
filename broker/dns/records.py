"""Records of applications and gears as they are written into a zone that is not only the broker's."""

from functools import lru_cache

import dns.exception
import dns.name
import dns.rdata
import dns.rdataclass
import dns.rdatatype
from dns.name import Name
from dns.rdata import Rdata
from dns.update import UpdateMessage

TTL_SECONDS = 60  # as in the field's own DNS plugins
# What a name of the broker may be; other records of the same name, such as a host's SSHFP, are somebody else's.
KINDS = ("A", "AAAA", "CNAME")

RECORDS_REMEMBERED = 10_000

Record = tuple[str, str]


def absolute(name: str) -> Name:
    """The name as seen from the root, with or without a final dot."""
    return dns.name.from_text(name)


@lru_cache(RECORDS_REMEMBERED)
def rdata_of(record: Record) -> Rdata:
    """The data of (kind, target); names in it are absolute. An address of IPv6 is AAAA, whatever its kind says."""
    kind, target = record
    wanted = "AAAA" if kind == "A" and ":" in target else kind
    return dns.rdata.from_text(dns.rdataclass.IN, wanted, target, origin=dns.name.root, relativize=False)


def why_unwritable(name: str, record: Record | None, zone: Name) -> str | None:
    """Why no server can be told of this, None if it can."""
    try:
        if not absolute(name).is_subdomain(zone):
            return f"the name is not inside the zone {zone.to_text(omit_final_dot=True)}"
        if record is not None:
            rdata_of(record)
    except (dns.exception.DNSException, ValueError) as error:
        return f"this is no DNS record: {error}"
    return None


def replace(message: UpdateMessage, name: str, record: Record | None) -> None:
    """Add to an update that the name leads to the record only."""
    owner = absolute(name)
    for kind in KINDS:
        message.delete(owner, kind)
    if record is not None:
        message.add(owner, TTL_SECONDS, rdata_of(record))


def require(message: UpdateMessage, name: str, record: Record | None) -> None:
    """Make it a condition of an update that the name leads to the record only."""
    owner = absolute(name)
    present = None if record is None else rdata_of(record)
    for kind in KINDS:
        if present is None or dns.rdatatype.to_text(present.rdtype) != kind:
            message.absent(owner, kind)
    if present is not None:
        message.present(owner, present)
