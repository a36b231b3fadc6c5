"""What the operator chooses about the REST interface itself."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class ApiOptions:
    """`heartbeat_seconds` is how long a stream of routing events may be silent; `max_streams` how many may be open."""

    version: str = "0"
    realm: str = "gearbroker"
    max_request_bytes: int = 1024 * 1024
    heartbeat_seconds: float = 15.0
    max_streams: int = 100
