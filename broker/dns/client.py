"""Asks a DNS server one question, as `dig` would."""

import dns.exception
import dns.message
import dns.query
import dns.rcode
import dns.rdatatype

TIMEOUT_SECONDS = 5.0


def ask(
    host: str, port: int, name: str, kind: str = "A", timeout_seconds: float = TIMEOUT_SECONDS
) -> tuple[str, tuple[str, ...]]:
    """The status of the answer, such as NOERROR or NXDOMAIN, and its records, one text each.

    Raises `OSError` where nobody answers in time.
    """
    question = dns.message.make_query(name, kind)
    try:
        answer = dns.query.udp(question, host, port=port, timeout=timeout_seconds)
    except dns.exception.Timeout as error:
        raise TimeoutError(f"the DNS server at {host}:{port} did not answer") from error
    records = tuple(
        f"{rrset.name.to_text(omit_final_dot=True)} {dns.rdatatype.to_text(rrset.rdtype)}"
        f" {record.to_text().removesuffix('.')}"
        for rrset in answer.answer
        for record in rrset
    )
    return dns.rcode.to_text(answer.rcode()), records
