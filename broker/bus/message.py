"""What goes over the bus."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class Message:
    """One event on the wire; the body is UTF-8."""

    routing_key: str
    body: bytes
    content_type: str
