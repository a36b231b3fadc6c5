"""Levels: how many gears of the gear group a node has, and what the gear to be placed makes of that."""

from enum import StrEnum

Level = tuple[int, int]
"""Proxy gears of the group, where the order minds them, and gears of the group on a node."""

FRESH: Level = (0, 0)
"""The level of a node without gears of the group: none is better."""

BARRED: Level = (-1, -1)
"""The level of a node that the request put out of the question."""


class Order(StrEnum):
    """What the gear to be placed makes of the group's gears on a node."""

    GEAR = "gear"  # fewest gears first
    PROXY = "proxy"  # fewest proxy gears first, then fewest gears
    LONE_PROXY = "lone_proxy"  # no proxy gear at all, fewest gears first

    def sees(self, level: Level) -> Level | None:
        """The level as far as this order minds it; None if a node of that level cannot take the gear."""
        proxies, gears = level
        if proxies < 0 or (proxies and self is Order.LONE_PROXY):
            return None
        return level if self is Order.PROXY else (0, gears)
