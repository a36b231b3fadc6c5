"""The tests every listener must pass, shipped for authors.

Use it in a test as `check_listener(make)`, or give `CHECKS` to `pytest.mark.parametrize`.
"""

import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeAlias

from routing_spi.conformance_story import FIRST_GEAR, SECOND_GEAR, Story, a_life, tables_after
from routing_spi.events import Action, RoutingEvent
from routing_spi.listener import Listener
from routing_spi.names import pool_aliases, pool_members
from routing_spi.snapshot import Snapshot
from routing_spi.table import RoutingTable

# A name, and the address and port that traffic for it is sent to.
Route: TypeAlias = tuple[str, str, int]


class ConformanceFailure(AssertionError):
    """The listener does not do what the SPI promises to its users."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Subject:
    """A listener under test, where it sends traffic now, and how to close it, if that is needed."""

    listener: Listener
    routes: Callable[[], Iterable[Route]]
    close: Callable[[], None] | None = None


# Makes a new listener that keeps whatever it writes in the directory.
Make: TypeAlias = Callable[[Path], Subject]
Check: TypeAlias = Callable[[Make], None]


def check_listener(make: Make) -> None:
    """Run all `CHECKS`; raises `ConformanceFailure` at the first promise that is broken."""
    for check in CHECKS:
        check(make)


def routes_of(tables: Iterable[RoutingTable]) -> set[Route]:
    """Where traffic belongs: every name of an application to every load balancer endpoint that is serving."""
    return {
        (name, endpoint.public_address, endpoint.public_port)
        for table in tables
        for name in pool_aliases(table)
        for endpoint in pool_members(table)
    }


def starts_with_nothing_to_route(make: Make) -> None:
    """After an empty snapshot a new listener routes nothing."""
    _told(make, [], "an empty snapshot at the start")


def routes_what_every_event_says(make: Make) -> None:
    """After each event of a whole life, with every action in it, the routes are those of the table."""
    events = a_life()
    with _started(make) as subject:
        for count, event in enumerate(events, start=1):
            subject.listener.apply(event)
            _expect(subject, tables_after(events[:count]).values(), f"{event.action} as event {count}")


def forgets_a_deleted_application(make: Make) -> None:
    """After delete_application nothing of the application is routed, and others are as before."""
    kept, gone = Story("kept"), Story("gone")
    events = [
        kept.create(), kept.add(FIRST_GEAR, "203.0.113.17", 1001),
        gone.create(), gone.add(SECOND_GEAR, "203.0.113.18", 1002), gone.delete(),
    ]  # fmt: skip
    _told(make, events, "delete_application")


def repeats_change_nothing(make: Make) -> None:
    """The event told last may be told again, as happens after a failure; the routes stay."""
    repeated = [event for event in a_life() for _ in range(2)]
    with _started(make) as subject:
        for event in repeated:
            subject.listener.apply(event)
        _expect(subject, tables_after(a_life()).values(), "each event told twice")


def a_snapshot_replaces_everything(make: Make) -> None:
    """What is not in a snapshot is gone, what is in it is routed; told twice it changes nothing."""
    other = tables_after(a_life("other"))
    with _started(make) as subject:
        _apply(subject, a_life("known"))
        for told in ("a snapshot", "the same snapshot again"):
            subject.listener.resync(Snapshot(position=99, tables=other))
            _expect(subject, other.values(), told)


def an_empty_snapshot_empties(make: Make) -> None:
    """A listener believes an empty snapshot: to hold back a doubtful one is the follower's work."""
    with _started(make) as subject:
        _apply(subject, a_life())
        subject.listener.resync(Snapshot(position=99, tables={}))
        _expect(subject, [], "an empty snapshot")


def goes_on_after_a_snapshot(make: Make) -> None:
    """Events after a snapshot are applied to what it said, wherever in a life it was taken."""
    events = a_life()
    for cut in range(1, len(events)):
        with _started(make) as subject:
            subject.listener.resync(Snapshot(position=cut, tables=tables_after(events[:cut])))
            _apply(subject, events[cut:])
            _expect(subject, tables_after(events).values(), f"a snapshot after event {cut}, then the rest")


def a_gear_that_is_down_gets_no_traffic(make: Make) -> None:
    """A gear in any state but started is not routed to, and is again once it is started."""
    for state in ("stopped", "unresponsive", "unknown"):
        story = Story("testha")
        events = [
            story.create(),
            story.add(FIRST_GEAR, "203.0.113.17", 1001),
            story.add(SECOND_GEAR, "203.0.113.18", 1002),
            story.state(FIRST_GEAR, state),
        ]
        _told(make, events, f"gear_state_changed to {state}")
        _told(make, [*events, story.state(FIRST_GEAR, "started")], "gear_state_changed back to started")


def a_restarted_listener_is_told_everything(make: Make) -> None:
    """A new listener on what an old one left behind routes what the snapshot says."""
    known, now = a_life("known"), tables_after(a_life("other"))
    with tempfile.TemporaryDirectory() as directory:
        with _made(make, directory) as subject:
            _apply(subject, known)
        with _made(make, directory) as subject:
            subject.listener.resync(Snapshot(position=99, tables=now))
            _expect(subject, now.values(), "a restart with another snapshot")


def a_name_that_comes_back_is_routed_anew(make: Make) -> None:
    """An application created again under its name, with another id, is routed to its new endpoints."""
    old, new = Story("testha"), Story("testha")
    new.application_id = "f" * 24
    events = [
        old.create(), old.add(FIRST_GEAR, "203.0.113.17", 1001), old.delete(),
        new.create(), new.add(SECOND_GEAR, "203.0.113.18", 1002),
        new.tell(Action.ADD_ALIAS, alias="www.example.org"),
    ]  # fmt: skip
    _told(make, events, "a name that came back")


CHECKS: Final[tuple[Check, ...]] = (
    starts_with_nothing_to_route,
    routes_what_every_event_says,
    forgets_a_deleted_application,
    repeats_change_nothing,
    a_snapshot_replaces_everything,
    an_empty_snapshot_empties,
    goes_on_after_a_snapshot,
    a_gear_that_is_down_gets_no_traffic,
    a_restarted_listener_is_told_everything,
    a_name_that_comes_back_is_routed_anew,
)


def _told(make: Make, events: list[RoutingEvent], told: str) -> None:
    with _started(make) as subject:
        _apply(subject, events)
        _expect(subject, tables_after(events).values(), told)


@contextmanager
def _started(make: Make) -> Iterator[Subject]:
    with tempfile.TemporaryDirectory() as directory, _made(make, directory) as subject:
        yield subject


@contextmanager
def _made(make: Make, directory: str) -> Iterator[Subject]:
    subject = make(Path(directory))
    try:
        subject.listener.resync(Snapshot(position=0, tables={}))
        yield subject
    finally:
        if subject.close is not None:
            subject.close()


def _apply(subject: Subject, events: Iterable[RoutingEvent]) -> None:
    for event in events:
        subject.listener.apply(event)


def _expect(subject: Subject, tables: Iterable[RoutingTable], told: str) -> None:
    expected, routed = routes_of(tables), set(subject.routes())
    if routed != expected:
        missing, surplus = sorted(expected - routed), sorted(routed - expected)
        raise ConformanceFailure(f"after {told}: missing routes {missing}, surplus routes {surplus}")
