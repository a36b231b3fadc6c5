"""What the operator chooses about the REST interface itself."""

from dataclasses import dataclass, field
from typing import Final

from broker.api.fronting import Fronting

# One that follows, and one that has just lost its connection and comes again.
FEWEST_STREAMS: Final = 2


@dataclass(frozen=True, kw_only=True, slots=True)
class ApiOptions:
    """`heartbeat_seconds` is how long a stream of routing events may be silent; `max_streams` how many may be open.

    Of these one login may have `max_streams_per_login`, a quarter but at least 2 unless it is given. A client that is
    gone is noticed when it is written to: a heartbeat of 4 seconds frees its place within 5. `fronting` is the proxy
    that is believed. With a text for `maintenance` that is all that most requests are answered.
    """

    version: str = "0"
    realm: str = "gearbroker"
    max_request_bytes: int = 1024 * 1024
    heartbeat_seconds: float = 4.0
    max_streams: int = 100
    max_streams_per_login: int | None = None
    fronting: Fronting = field(default=Fronting())
    maintenance: str = ""

    @property
    def streams_per_login(self) -> int:
        """How many streams one login may have open."""
        given = self.max_streams_per_login
        return max(FEWEST_STREAMS, self.max_streams // 4) if given is None else given
