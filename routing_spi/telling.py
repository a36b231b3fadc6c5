"""Tells a listener, and finds the applications that it cannot take, so that one of them never stops all others."""

from collections.abc import Callable, Mapping
from typing import Final

from routing_spi.events import RoutingEvent
from routing_spi.knowledge import Refused, told_tables
from routing_spi.listener import Listener
from routing_spi.snapshot import Snapshot
from routing_spi.table import RoutingTable

Tables = Mapping[str, RoutingTable]

# How often in a row a listener may fail before what it fails on is put aside. The waits between are the caller's.
TRIES: Final = 4


class ListenerFailed(Exception):
    """The listener raised: nothing was noted, and the same will be told again."""

    def __init__(self, told: str, error: Exception) -> None:
        """Say what it was told and what it raised."""
        super().__init__(f"the listener failed on {told}: {error!r}")


class Teller:
    """One listener and how often it has failed in a row."""

    def __init__(self, listener: Listener, *, failing: Callable[[str | None], None], tries: int = TRIES) -> None:
        """After `tries` failures in a row what it fails on is given up for now.

        `failing` is told why nothing goes on, and None once something does.
        """
        self._listener = listener
        self._failing = failing
        self._tries = tries
        self._failures = 0
        # What an earlier process has left may say that it fails.
        self._said_to_fail = True

    def event(self, event: RoutingEvent) -> str | None:
        """Tell one event; None when it was taken, the reason when it is given up. Raises `ListenerFailed`."""
        try:
            self._listener.apply(event)
        except Exception as error:  # noqa: BLE001 a listener is its author's code and may raise anything
            self._failed(f"event {event.event_id} ({event.action})", error)
            self._goes_on()
            return repr(error)
        self._goes_on()
        return None

    def everything(
        self, wanted: Tables, *, position: int, told: Tables, refused: Mapping[str, Refused], patient: bool = True
    ) -> dict[str, Refused]:
        """Tell all tables; returns those that were given up, with the table of each that the listener has.

        `told` is what it has now, nothing after a start. One that refused tables before is told the others all
        the same. Raises `ListenerFailed`: with `patient` until there were so many failures in a row, and else
        only if the listener takes nothing at all, which no application can be blamed for.
        """
        error = self._try(wanted, position)
        if error is None:
            return {}
        if refused and self._try(told_tables(wanted, refused), position) is None:
            return dict(refused)
        what = f"the snapshot at position {position}"
        if patient:
            self._failed(what, error)
        changed = sorted(each for each in {*wanted, *told} if wanted.get(each) != told.get(each))
        have = dict(told)
        reasons = self._narrow(have, wanted, changed, position)
        if len(reasons) == len(changed) and (not told or self._try(told, position) is not None):
            raise self._failure(what, error) from error
        return {each: Refused(reason=reason, told=told.get(each)) for each, reason in reasons.items()}

    def _narrow(
        self, have: dict[str, RoutingTable], wanted: Tables, changed: list[str], position: int
    ) -> dict[str, str]:
        """Tell the changed ones by halves; `have` becomes what was taken, returned are the reasons of the rest."""
        tried = {**have}
        for each in changed:
            tried.pop(each, None)
            if each in wanted:
                tried[each] = wanted[each]
        error = self._try(tried, position)
        if error is None:
            have.clear()
            have.update(tried)
            return {}
        if len(changed) <= 1:
            return dict.fromkeys(changed, repr(error))
        middle = len(changed) // 2
        first = self._narrow(have, wanted, changed[:middle], position)
        return first | self._narrow(have, wanted, changed[middle:], position)

    def _try(self, tables: Tables, position: int) -> Exception | None:
        try:
            self._listener.resync(Snapshot(position=position, tables=dict(tables)))
        except Exception as error:  # noqa: BLE001 as above
            return error
        self._goes_on()
        return None

    def _failed(self, what: str, error: Exception) -> None:
        self._failures += 1
        if self._failures < self._tries:
            raise self._failure(what, error) from error
        self._failures = 0

    def _failure(self, what: str, error: Exception) -> ListenerFailed:
        failed = ListenerFailed(what, error)
        self._said_to_fail = True
        self._failing(str(failed))
        return failed

    def _goes_on(self) -> None:
        self._failures = 0
        if self._said_to_fail:
            self._failing(None)
            self._said_to_fail = False
