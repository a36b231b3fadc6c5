"""Streams of routing events: JSON lines or server-sent events, each sent as soon as it is there."""

import contextlib
import threading
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from broker.api.refusals import TooManyStreams
from broker.core.errors import LogUnavailable
from broker.core.owner import User
from broker.interfaces import LoggedEvent, Platform
from broker.usecases.routing import PAGE, Caller, follow_events, read_events, wire_text

LINES = "application/jsonl"
NDJSON = "application/x-ndjson"
SERVER_SENT = "text/event-stream"
MEDIA = (LINES, NDJSON, SERVER_SENT)

PieceOf = Callable[[LoggedEvent | None], bytes]


@dataclass(frozen=True, kw_only=True, slots=True)
class Reading:
    """From which position, at most how many events, and whether to go on at the end of the log."""

    after: int
    limit: int | None
    follows: bool
    heartbeat_seconds: float


def piece_of(media: str) -> PieceOf:
    """How one event, or None for a heartbeat, is written."""
    return _server_sent if media == SERVER_SENT else _line


def _line(event: LoggedEvent | None) -> bytes:
    return b"\n" if event is None else f"{wire_text(event)}\n".encode()


def _server_sent(event: LoggedEvent | None) -> bytes:
    if event is None:
        return b": heartbeat\n\n"
    return f"id: {event.position}\ndata: {wire_text(event)}\n\n".encode()


def pieces(
    platform: Platform, caller: Caller, reading: Reading, form: PieceOf, stopping: Callable[[], bool]
) -> Iterator[bytes]:
    """The events as bytes. Raises `LogUnavailable` at once; a stream that falls behind what is kept just ends.

    It ends too once there is no `caller` any more, and tells what they may see as they are at each reading.

    What the log has is sent a page at a time; what comes after it, event by event. A stream that follows begins
    with a heartbeat, so that the client knows at once that it is connected.
    """
    user = caller()
    first = ((), reading.after) if user is None else read_events(platform, user, reading.after, _page(reading.limit))

    def generate() -> Iterator[bytes]:
        left, (events, position) = reading.limit, first
        if reading.follows:
            yield form(None)
        while events:
            yield b"".join(map(form, events))
            left = None if left is None else left - len(events)
            user = caller()
            if left == 0 or user is None or stopping():
                return
            try:
                events, position = read_events(platform, user, position, _page(left))
            except LogUnavailable:
                return  # so slow that the log has gone on without it; when it asks again it is told
        if reading.follows and left != 0:
            seconds = reading.heartbeat_seconds
            coming = follow_events(platform, caller, position, heartbeat_seconds=seconds, until=stopping)
            with contextlib.suppress(LogUnavailable):  # as above
                yield from map(form, _at_most(left, coming))

    return generate()


def _page(limit: int | None) -> int:
    return PAGE if limit is None else min(limit, PAGE)


def _at_most(limit: int | None, events: Iterable[LoggedEvent | None]) -> Iterator[LoggedEvent | None]:
    """So many events, with the heartbeats between them."""
    left = limit
    for event in events:
        yield event
        if event is not None and left is not None:
            left -= 1
            if left == 0:
                return


class StreamSlots:
    """How many streams may be open at once in this process, and how many of them for one login."""

    def __init__(self, maximum: int, per_login: int) -> None:
        self._maximum = maximum
        self._per_login = per_login
        self._open: Counter[str] = Counter()
        self._lock = threading.Lock()

    def take(self, user: User) -> Callable[[], None]:
        """Take a slot; the answer gives it back, however often it is called. Raises `TooManyStreams`.

        Who may follow all routing is a router, and bound by the number of all streams only.
        """
        login = user.login
        with self._lock:
            if self._open.total() >= self._maximum:
                raise TooManyStreams(self._maximum)
            if self._open[login] >= self._per_login and not user.may_follow_all_routing:
                raise TooManyStreams(self._per_login, login)
            self._open[login] += 1
        once = threading.Lock()

        def give_back() -> None:
            if once.acquire(blocking=False):
                with self._lock:
                    self._open[login] -= 1
                    self._open += Counter()  # forgets who has none

        return give_back
