"""Wakes relays and followers of other processes over PostgreSQL's LISTEN and NOTIFY: a hint, never the truth.

One thread with one connection a process says what was committed or numbered here and hears what was elsewhere.
It says it after the commit, so that no row is held meanwhile, and once for all commits since it last said it.
"""

import logging
import os
import selectors
import threading
from typing import Any

import psycopg
from sqlalchemy import Engine

from broker.interfaces import EventSignal

COMMITTED = "gearbroker_committed"
NUMBERED = "gearbroker_numbered"
# The end of the log is asked for this often even if nothing was heard.
POLL_SECONDS = 0.5
RECONNECT_SECONDS = 0.5
CONNECT_SECONDS = 5
CONNECTION: dict[str, Any] = {
    "autocommit": True,
    "connect_timeout": CONNECT_SECONDS,
    "tcp_user_timeout": 10_000,  # milliseconds, until a server that is gone without a word is noticed
    "application_name": "gearbroker-signal",
}
_LISTEN = f"LISTEN {COMMITTED}; LISTEN {NUMBERED}"
_LAST_POSITION = "SELECT value FROM counters WHERE name = 'routing_position'"
_NOTIFY = "SELECT pg_notify(%s, %s)"

_log = logging.getLogger(__name__)


class SharedSignal:
    """A signal of this process, told to all processes on the same database and heard from them.

    The connection is made when somebody first waits or tells, and made anew whenever it is lost.
    """

    def __init__(self, local: EventSignal, engine: Engine) -> None:
        self._local = local
        self._engine = engine
        self._lock = threading.Lock()
        self._closed = False
        self._thread: threading.Thread | None = None
        self._awake = _Awakening()
        # What the other processes have still to be told.
        self._committed = False
        self._numbered = 0

    def committed(self) -> None:
        """Relays wake, here and elsewhere."""
        self._local.committed()
        with self._lock:
            self._committed = True
        self._begin()

    def numbered(self, position: int) -> None:
        """Followers wake, here and elsewhere."""
        self._local.numbered(position)
        with self._lock:
            self._numbered = max(self._numbered, position)
        self._begin()

    def wait_committed(self, timeout: float) -> None:
        """Return once events may have been committed anywhere, or the time has passed."""
        self._listen()
        self._local.wait_committed(timeout)

    def wait_numbered(self, after: int, timeout: float) -> bool:
        """True as soon as a position past `after` can be read, False when the time has passed or nothing will come."""
        self._listen()
        return self._local.wait_numbered(after, timeout)

    def close(self) -> None:
        """Say what is still to be said, and wake everybody."""
        self._local.close()
        with self._lock:
            if self._closed:
                return
            self._closed = True
        self._awake.wake()
        if self._thread is not None:
            self._thread.join(CONNECT_SECONDS)
        if self._thread is None or not self._thread.is_alive():
            self._awake.close()

    def _begin(self) -> None:
        self._listen()
        self._awake.wake()

    def _listen(self) -> None:
        with self._lock:
            if self._thread is None and not self._closed:
                self._thread = threading.Thread(target=self._run, name="signal", daemon=True)
                self._thread.start()

    def _run(self) -> None:
        deaf = False
        while not self._closed:
            try:
                with psycopg.connect(**self._address()) as connection:
                    connection.execute(_LISTEN)
                    if deaf:
                        _log.info("the database's notifications are heard again")
                    deaf = False
                    self._talk(connection)
            except (psycopg.Error, OSError) as error:
                if not deaf:
                    reason = str(error).partition("\n")[0]
                    _log.warning("the database's notifications are not heard", extra={"reason": reason})
                deaf = True
                self._awake.sleep(None, RECONNECT_SECONDS)

    def _address(self) -> dict[str, Any]:
        _, address = self._engine.dialect.create_connect_args(self._engine.url)
        return {**CONNECTION, **address}

    def _talk(self, connection: psycopg.Connection) -> None:
        # There may be something that was said before anybody listened here.
        self._local.committed()
        self._look(connection)
        while True:
            self._say(connection)
            self._hear(connection)
            if self._closed:
                return
            if not self._awake.sleep(connection.fileno(), POLL_SECONDS):
                self._look(connection)

    def _say(self, connection: psycopg.Connection) -> None:
        with self._lock:
            committed, self._committed = self._committed, False
            numbered, self._numbered = self._numbered, 0
        if committed:
            connection.execute(_NOTIFY, (COMMITTED, ""))
        if numbered:
            connection.execute(_NOTIFY, (NUMBERED, str(numbered)))

    def _hear(self, connection: psycopg.Connection) -> None:
        for heard in connection.notifies(timeout=0):
            if heard.pid == connection.info.backend_pid:
                continue
            if heard.channel == COMMITTED:
                self._local.committed()
            elif heard.payload.isdecimal():
                self._local.numbered(int(heard.payload))

    def _look(self, connection: psycopg.Connection) -> None:
        row = connection.execute(_LAST_POSITION).fetchone()
        if row is not None:
            self._local.numbered(row[0])


class _Awakening:
    """Ends another thread's wait for a connection."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._reader, self._writer = os.pipe()
        os.set_blocking(self._reader, False)
        os.set_blocking(self._writer, False)
        self._woken = False
        self._closed = False

    def wake(self) -> None:
        """The wait that runs now ends, or the next one."""
        with self._lock:
            if not self._woken and not self._closed:
                os.write(self._writer, b"!")
                self._woken = True

    def sleep(self, connection: int | None, seconds: float) -> bool:
        """Wait until woken or there is something to read; False where the time has passed."""
        with selectors.DefaultSelector() as selector:
            selector.register(self._reader, selectors.EVENT_READ)
            if connection is not None:
                selector.register(connection, selectors.EVENT_READ)
            happened = bool(selector.select(seconds))
        with self._lock:
            if self._woken:
                os.read(self._reader, 1)
                self._woken = False
        return happened

    def close(self) -> None:
        """Give the pipe back; nobody may sleep any more."""
        with self._lock:
            self._closed = True
            os.close(self._reader)
            os.close(self._writer)
