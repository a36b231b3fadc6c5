"""Waiting until somebody waits."""

from time import monotonic, sleep

import pytest
from sqlalchemy import text

DEADLINE_SECONDS = 20.0
_WAITING = text("SELECT count(DISTINCT pid) FROM pg_locks WHERE NOT granted")


def wait_for_locks(work, count: int = 1) -> None:
    """Until so many connections wait for a lock."""
    deadline = monotonic() + DEADLINE_SECONDS
    while work._connection.execute(_WAITING).scalar() < count:
        if monotonic() > deadline:
            pytest.fail("nobody waits for a lock")
        sleep(0.01)
