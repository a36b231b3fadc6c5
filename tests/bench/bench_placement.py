"""Gears placed a second: the engine with all rules and reasons, beside a clear scan of every node.

Usage: PYTHONPATH=. .venv/bin/python tests/bench/bench_placement.py [--check]
"""

import argparse
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from broker.core.placement import Draw, Fleet, GroupSpread, Node, Request, Rules, place
from broker.core.placement.draw import RANK_MASK, rank_of
from broker.core.placement.model import load_of

GOAL_RATE = 40_000  # gears a second at 10,000 nodes, on a machine of its own
GOAL_GROWTH = 1.5  # cost of a gear at 10,000 nodes over that at 100
GOAL_GROWTH_ALONE = 1.3  # the same of a gear that comes alone to a group that is everywhere
GOAL_AGAINST_SCAN = 40  # engine over full scan at 10,000 nodes
ROUNDS = 7
FLEET_SIZES = (100, 1_000, 10_000)
RULES = Rules(zones_required=True, minimum_zones=2)
ZONES = "abcde"


def nodes_of(size: int) -> list[Node]:
    """Five zones, two regions, two profiles, some nodes deactivated or lost, loads from 0 to 60 percent."""
    return [
        Node(
            node_id=f"node-{number}.example.com",
            profile="large" if number % 10 == 9 else "small",
            region="r2" if number % 20 == 7 else "r1",
            zone=ZONES[number % len(ZONES)],
            capacity=1_000,
            gears=number * 7919 % 600,
            active=number % 50 != 3,
            responsive=number % 100 != 11,
        )
        for number in range(size)
    ]


def gears_of(count: int) -> list[Request]:
    """An application's gears, of which the first two and then every tenth carry the proxy."""
    return [
        Request(profile="small", region="r1", carries_proxy=number < 2 or number % 10 == 0) for number in range(count)
    ]


@dataclass(slots=True)
class ScannedNode:
    """What a plain scan keeps of a node."""

    node: Node
    gears: int
    rank: int


@dataclass(slots=True)
class Scan:
    """The same rules, read from every node for each gear: refuse, narrow, pick, and count the reasons."""

    fleet: list[ScannedNode]
    gears: Counter[str] = field(default_factory=Counter)
    proxies: Counter[str] = field(default_factory=Counter)
    zone_gears: Counter[str | None] = field(default_factory=Counter)
    zone_proxies: Counter[str | None] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)

    def refuse(self, request: Request) -> list[ScannedNode]:
        """The nodes that may take the gear."""
        every = self.fleet
        sized = [each for each in every if each.node.profile == request.profile]
        near = [each for each in sized if each.node.region == request.region]
        active = [each for each in near if each.node.active]
        alive = [each for each in active if each.node.responsive]
        zoned = [each for each in alive if each.node.zone is not None]
        roomy = [each for each in zoned if each.gears < each.node.capacity]
        free = roomy
        if request.carries_proxy:
            free = [each for each in roomy if not self.proxies[each.node.node_id]]
        existing = {each.node.zone for each in sized if each.node.region == request.region}
        reachable = {each.node.zone for each in free} | {zone for zone, count in self.zone_gears.items() if count}
        left = free if len(reachable) >= min(RULES.minimum_zones, len(existing)) else []
        steps = [every, sized, near, active, alive, zoned, roomy, free, left]
        self.reasons = Counter(
            {
                name: len(before) - len(after)
                for name, before, after in zip(
                    ("profile", "region", "inactive", "unresponsive", "zone", "full", "proxy", "minimum"),
                    steps[:-1],
                    steps[1:],
                    strict=True,
                )
            }
        )
        return left

    def narrow(self, left: list[ScannedNode], request: Request) -> list[ScannedNode]:
        """Those of the nodes that spread the gear group best."""
        if request.carries_proxy:
            least = min(self.zone_proxies[each.node.zone] for each in left)
            left = [each for each in left if self.zone_proxies[each.node.zone] == least]
            self.reasons["zones by proxies"] = len(left)
        least = min(self.zone_gears[each.node.zone] for each in left)
        left = [each for each in left if self.zone_gears[each.node.zone] == least]
        self.reasons["zones by gears"] = len(left)
        least = min(self.gears[each.node.node_id] for each in left)
        left = [each for each in left if self.gears[each.node.node_id] == least]
        self.reasons["nodes by gears"] = len(left)
        return left

    def place(self, request: Request, point: int) -> str:
        """Choose a node and book the gear; the zones' loads decide nothing here, to the scan's advantage."""
        left = self.narrow(self.refuse(request), request)
        least = min(load_of(each.gears, each.node.capacity) for each in left)
        tied = [each for each in left if load_of(each.gears, each.node.capacity) == least]
        best = min(tied, key=lambda each: (each.rank - point) & RANK_MASK)
        best.gears += 1
        self.gears[best.node.node_id] += 1
        self.zone_gears[best.node.zone] += 1
        if request.carries_proxy:
            self.proxies[best.node.node_id] += 1
            self.zone_proxies[best.node.zone] += 1
        return best.node.node_id


@dataclass(frozen=True, kw_only=True, slots=True)
class Load:
    """A kind of work: so many gears a call, one for each node where that is 0.

    Each call is for a new application; with `everywhere`, for one that has a gear on every node; with `lasts`, for
    the same one as the last. Judged are `growth`, at most, and `against_scan`, at least, where there is such a goal.
    """

    name: str
    gears: int
    total: int
    everywhere: bool = False
    lasts: bool = False
    growth: float | None = None
    against_scan: float | None = None

    def misses(self, growth: float, against_scan: float) -> bool:
        """Whether a ratio misses its goal."""
        grows = self.growth is not None and growth > self.growth
        return grows or (self.against_scan is not None and against_scan < self.against_scan)

    def sized(self, nodes: int) -> tuple[int, int]:
        """Gears a call, and calls."""
        gears = self.gears or nodes
        return gears, self.total // gears

    def requests(self, gears: int) -> list[Request]:
        """What one call asks for."""
        return [Request(profile="small", region="r1")] * gears if self.everywhere else gears_of(gears)

    def spread(self, nodes: list[Node]) -> GroupSpread:
        """Where the group is before the first call."""
        return everywhere(nodes) if self.everywhere else GroupSpread()


LOADS = (
    Load(name="1 gear a call", gears=1, total=1_000),
    Load(name="10 gears a call", gears=10, total=2_000),
    Load(name="100 gears a call", gears=100, total=2_000, growth=GOAL_GROWTH, against_scan=GOAL_AGAINST_SCAN),
    Load(
        name="saturated",
        gears=0,
        total=10_000,
        everywhere=True,
        growth=GOAL_GROWTH,
        against_scan=GOAL_AGAINST_SCAN,
    ),
    Load(name="1 more, on all nodes", gears=1, total=2_000, everywhere=True, lasts=True, growth=GOAL_GROWTH_ALONE),
)


def everywhere(nodes: list[Node]) -> GroupSpread:
    """A gear group that has a gear on every node."""
    spread = GroupSpread()
    for node in nodes:
        spread.add(node.node_id, region=node.region, zone=node.zone)
    spread.home_region = "r1"
    return spread


def rounds_of_engine(load: Load, size: int) -> Iterator[float]:
    """Seconds a gear, round after round, each on a new fleet; what a group that lasts knows is known before."""
    nodes = nodes_of(size)
    gears, calls = load.sized(size)
    batch = load.requests(gears)
    while True:
        fleet = Fleet(nodes)
        groups = 1 if load.lasts else calls
        work = [(load.spread(nodes), Draw.for_application(str(number))) for number in range(groups)]
        if load.lasts:
            spread, draw = work[0]
            place(fleet, spread, batch, rules=RULES, draw=draw)
            work *= calls
        began = time.perf_counter()
        for spread, draw in work:
            place(fleet, spread, batch, rules=RULES, draw=draw)
        yield (time.perf_counter() - began) / (gears * calls)


def rounds_of_scan(load: Load, size: int, gears: int) -> Iterator[float]:
    """Seconds a gear of the plain scan, over the first so many gears of the same work."""
    nodes = nodes_of(size)
    draw = Draw.for_application("0")
    batch = load.requests(gears)
    while True:
        scan = Scan(fleet=[ScannedNode(node, node.gears, rank_of(node.node_id)) for node in nodes])
        if load.everywhere:
            scan.gears.update(node.node_id for node in nodes)
            scan.zone_gears.update(node.zone for node in nodes if node.region == "r1")
        began = time.perf_counter()
        chosen = [scan.place(request, draw.point) for request in batch]
        took = time.perf_counter() - began
        placed = place(Fleet(nodes), load.spread(nodes), batch, rules=RULES, draw=draw)
        if chosen != [placement.node_id for placement in placed]:
            raise SystemExit(f"engine and scan disagree: {load.name}, {size} nodes")
        yield took / gears


def best_of(rounds: Iterator[float]) -> Callable[[], float]:
    """The least seconds so far, after one more round: what other work on the machine disturbed least."""
    seen: list[float] = []

    def again() -> float:
        seen.append(next(rounds))
        return min(seen)

    return again


def measure(load: Load) -> dict[str, float]:
    """Seconds a gear of the engine by fleet size and of the scan, their rounds taken in turn."""
    engines = {f"{size:,}": best_of(rounds_of_engine(load, size)) for size in FLEET_SIZES}
    scan = best_of(rounds_of_scan(load, FLEET_SIZES[-1], min(load.sized(FLEET_SIZES[-1])[0], 10)))
    measured: dict[str, float] = {}
    for _ in range(ROUNDS):
        measured = {size: again() for size, again in engines.items()} | {"scan": scan()}
    return measured


def main() -> int:
    """Print the figures; with `--check` the exit status is 1 when a ratio misses its goal."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="exit 1 when a ratio misses its goal")
    check = parser.parse_args().check
    heads = [f"{size:,} nodes" for size in FLEET_SIZES]
    print(
        f"{'gears a second':<24}{''.join(f'{head:>14}' for head in heads)}{'full scan':>12}{'growth':>9}{'x scan':>8}"
    )
    missed = False
    for load in LOADS:
        measured = measure(load)
        small, large, scan = measured["100"], measured["10,000"], measured["scan"]
        growth, faster = large / small, scan / large
        rates = "".join(f"{1 / measured[f'{size:,}']:>14,.0f}" for size in FLEET_SIZES)
        fails = load.misses(growth, faster)
        missed |= fails
        print(f"{load.name:<24}{rates}{1 / scan:>12,.0f}{growth:>9.2f}{faster:>8.0f}{'  MISSED' if fails else ''}")
    began = time.perf_counter()
    Fleet(nodes_of(FLEET_SIZES[-1]))
    print(f"index of 10,000 nodes built in {time.perf_counter() - began:.3f} s")
    print(
        f"goals: growth <= {GOAL_GROWTH}, of one more <= {GOAL_GROWTH_ALONE}, x scan >= {GOAL_AGAINST_SCAN};"
        f" 100 a call on a quiet machine >= {GOAL_RATE:,} a second"
    )
    return 1 if check and missed else 0


if __name__ == "__main__":
    sys.exit(main())
