"""How a process is asked to end: SIGTERM and Ctrl-C are one thing, and asking twice does not interrupt the ending."""

import signal
import threading


class Ending:
    """From its making on, the two signals no longer end the process but are noted; `wait` returns when one has come."""

    def __init__(self) -> None:
        self._asked = threading.Event()
        for each in (signal.SIGTERM, signal.SIGINT):
            signal.signal(each, self._note)

    def _note(self, _signal: int, _frame: object) -> None:
        self._asked.set()

    def wait(self) -> None:
        """Return once the process is asked to end, at once if it was already."""
        self._asked.wait()
