"""The crash campaign, shortened: `make crash-campaign` runs it whole."""

from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from campaign.run import run
from campaign.stack_postgresql import PostgreSqlStack
from campaign.stack_sqlite import SqliteStack

KILLS = 25
SEED = "shortened"


@pytest.fixture
def directory():
    """One that the users of servers can reach; what pytest gives is its own user's only."""
    with TemporaryDirectory(prefix="crash-campaign-") as made:
        yield Path(made)


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.parametrize(
    "stack",
    [SqliteStack, pytest.param(PostgreSqlStack, marks=pytest.mark.services("postgresql", "rabbitmq"))],
    ids=lambda stack: stack.name,
)
def test_nothing_is_lost_or_counted_twice_whoever_is_killed(stack, directory):
    with stack(directory) as whole:
        campaign = run(whole, seed=SEED, kills=KILLS, say=print)

    assert campaign.kills >= KILLS
