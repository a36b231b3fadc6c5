"""Where the embedded DNS server reads names from."""

from collections.abc import Sequence
from typing import Protocol


class NameSource(Protocol):
    """The names of one DNS zone as they are now; may be asked from several threads at once."""

    def lookup(self, name: str) -> Sequence[tuple[str, str]]:
        """Return the records of a name as (type, value), none where there is no such name.

        The name is absolute, in lower case, and without the final dot: "testha-test.example.com" gives
        `[("CNAME", "node-a1.example.com")]`. Values are as in a zone file; names in them are absolute.
        """
        ...

    def serial(self) -> int:
        """Return a number that rises with every change; it may pass 2**32."""
        ...
