"""Chance without chance: numbers that follow from an application's id, so that placements repeat."""

from dataclasses import dataclass
from hashlib import blake2b

RANK_BITS = 128
RANK_MASK = (1 << RANK_BITS) - 1

_WORD_MASK = (1 << 64) - 1
_GOLDEN_GAMMA = 0x9E3779B97F4A7C15


def rank_of(node_id: str) -> int:
    """The node's fixed place on a ring of 2**128, whatever the process and the order of insertion."""
    return int.from_bytes(blake2b(node_id.encode(), digest_size=RANK_BITS // 8).digest())


@dataclass(frozen=True, slots=True)
class Draw:
    """An endless row of 64-bit numbers fixed by `start`; reading one changes nothing.

    The numbers are those of splitmix64 (Steele, Lea and Flood, 2014), whose n-th output needs none before it.
    """

    start: int

    @classmethod
    def for_application(cls, application_id: str) -> "Draw":
        """The application's own row, so that applications differ and one application repeats."""
        return cls(int.from_bytes(blake2b(application_id.encode(), digest_size=8).digest()))

    def number(self, index: int) -> int:
        """The number at `index` (from 0), in 0 .. 2**64 - 1."""
        mixed = (self.start + (index + 1) * _GOLDEN_GAMMA) & _WORD_MASK
        mixed = ((mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9) & _WORD_MASK
        mixed = ((mixed ^ (mixed >> 27)) * 0x94D049BB133111EB) & _WORD_MASK
        return mixed ^ (mixed >> 31)

    def below(self, index: int, bound: int) -> int:
        """The number at `index`, scaled to 0 .. bound - 1; `bound` is at least 1 and far below 2**64."""
        return (self.number(index) * bound) >> 64

    @property
    def point(self) -> int:
        """Where on the ring of ranks this application starts looking."""
        return (self.number(0) << 64) | self.number(1)
