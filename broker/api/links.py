"""Link objects: how an answer tells a client what it can do next, and with which parameters."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

# An application has dozens of them, and to make them anew for each was half of the cost of a list.
MOST_KEPT: Final = 4096


@dataclass(frozen=True, kw_only=True, slots=True)
class Param:
    """A parameter of a link; `valid` lists its only possible values, where that is known, `invalid` impossible ones."""

    name: str
    description: str
    type: str = "string"
    valid: tuple[object, ...] = ()
    default: object = None
    invalid: tuple[object, ...] = ()

    @lru_cache(maxsize=MOST_KEPT)  # noqa: B019 what is kept are the few parameters that links have
    def required(self) -> dict[str, object]:
        """As one that must be given; the same for all, and not to be changed."""
        return {
            "name": self.name,
            "type": self.type,
            "description": self.description,
            "valid_options": list(self.valid),
            "invalid_options": list(self.invalid),
        }

    @lru_cache(maxsize=MOST_KEPT)  # noqa: B019 as above
    def optional(self) -> dict[str, object]:
        """As one that may be left out; the same for all, and not to be changed."""
        return {
            "name": self.name,
            "type": self.type,
            "description": self.description,
            "valid_options": list(self.valid),
            "default_value": self.default,
        }


@dataclass(frozen=True, kw_only=True, slots=True)
class Link:
    """Something a client can do: a name, a method and a path below the base of the interface."""

    name: str
    rel: str
    path: str
    method: str = "GET"
    required: tuple[Param, ...] = ()
    optional: tuple[Param, ...] = ()


def link_map(base: str, links: Iterable[Link]) -> dict[str, object]:
    """The links as an answer carries them, by name, with absolute URLs."""
    return {
        link.name: {
            "rel": link.rel,
            "method": link.method,
            "href": f"{base}/{link.path}",
            "required_params": [param.required() for param in link.required],
            "optional_params": [param.optional() for param in link.optional],
        }
        for link in links
    }
