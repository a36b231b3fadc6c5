from datetime import UTC, datetime, timedelta

import pytest

from broker.core.node import is_overdue

HEARD = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("silent_seconds", "overdue"),
    [
        (0, False),
        (10, False),  # one heartbeat is due just now
        (40, False),  # three are missing, and the fourth is due just now
        (40.001, True),
        (-5, False),  # a clock that went backwards
    ],
)
def test_a_node_is_overdue_after_more_than_the_missed_heartbeats_allowed(silent_seconds, overdue):
    now = HEARD + timedelta(seconds=silent_seconds)

    assert is_overdue(HEARD, now, 10, 3) is overdue
