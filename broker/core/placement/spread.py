"""Where the gears of one gear group are: counted by node, by zone and by region."""

from collections.abc import Iterator
from typing import Protocol, TypeVar

Place = tuple[str | None, str | None]
"""A region and one of its zones; zones of the same name in two regions are two places."""

_Key = TypeVar("_Key", str, Place)


class Watcher(Protocol):
    """Whoever keeps something in step with a spread."""

    def look(self, node_id: str) -> None:
        """The group's gears on that node have changed."""


class GroupSpread:
    """The gears and proxy gears of one gear group, as counts; its size grows with nodes, not with gears.

    `home_region` is the region of the application's first gear, where the caller knows it from another gear
    group; without it, the region of this group's first gear that has one. The `watcher`, told of every change, is
    no part of what the spread says.
    """

    __slots__ = ("gears", "home_region", "proxies", "regions", "total", "watcher", "zone_gears", "zone_proxies")

    def __init__(self, *, home_region: str | None = None) -> None:
        self.home_region = home_region
        self.gears: dict[str, int] = {}
        self.proxies: dict[str, int] = {}
        self.zone_gears: dict[Place, int] = {}
        self.zone_proxies: dict[Place, int] = {}
        self.regions: dict[str, int] = {}
        self.total = 0
        self.watcher: Watcher | None = None

    @property
    def region(self) -> str | None:
        """The region that further gears must follow; None while there is none to follow."""
        return self.home_region or next(iter(self.regions), None)

    def add(self, node_id: str, *, region: str | None, zone: str | None, carries_proxy: bool = False) -> None:
        """Count one gear in."""
        place = (region, zone)
        self.total += 1
        self.gears[node_id] = self.gears.get(node_id, 0) + 1
        self.zone_gears[place] = self.zone_gears.get(place, 0) + 1
        if region is not None:
            self.regions[region] = self.regions.get(region, 0) + 1
        if carries_proxy:
            self.proxies[node_id] = self.proxies.get(node_id, 0) + 1
            self.zone_proxies[place] = self.zone_proxies.get(place, 0) + 1
        if self.watcher:
            self.watcher.look(node_id)

    def remove(self, node_id: str, *, region: str | None, zone: str | None, carries_proxy: bool = False) -> None:
        """Count one gear out; ValueError if no such gear had been counted in."""
        place = (region, zone)
        counted = node_id in self.gears and place in self.zone_gears
        if not counted or (carries_proxy and (node_id not in self.proxies or place not in self.zone_proxies)):
            raise ValueError(f"no such gear of the gear group on node {node_id} in region {region}, zone {zone}")
        self.total -= 1
        _less(self.gears, node_id)
        _less(self.zone_gears, place)
        if region is not None:
            _less(self.regions, region)
        if carries_proxy:
            _less(self.proxies, node_id)
            _less(self.zone_proxies, place)
        if self.watcher:
            self.watcher.look(node_id)

    def zones_used(self) -> Iterator[Place]:
        """The zones, with their regions, that have a gear of the group."""
        return (place for place in self.zone_gears if place[1] is not None)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, GroupSpread):
            return NotImplemented
        counts = [name for name in self.__slots__ if name != "watcher"]
        return all(getattr(self, name) == getattr(other, name) for name in counts)

    __hash__ = None  # type: ignore[assignment]


def _less(counts: dict[_Key, int], key: _Key) -> None:
    if counts[key] == 1:
        del counts[key]
    else:
        counts[key] -= 1
