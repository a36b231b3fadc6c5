"""The crash campaign, shortened: `make crash-campaign` runs it whole."""

import shutil
from pathlib import Path
from tempfile import mkdtemp

import pytest
from campaign.run import run
from campaign.stack_postgresql import PostgreSqlStack
from campaign.stack_sqlite import SqliteStack

KILLS = 20
SEED = "short"


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.parametrize(
    "stack",
    [SqliteStack, pytest.param(PostgreSqlStack, marks=pytest.mark.services("postgresql", "rabbitmq", "bind"))],
    ids=lambda stack: stack.name,
)
def test_nothing_is_lost_or_counted_twice_whoever_is_killed(stack):
    # Not what pytest gives: the users that servers run as must reach it.
    directory = Path(mkdtemp(prefix=f"crash-campaign-{stack.name}-"))

    with stack(directory) as whole:
        campaign = run(whole, seed=SEED, kills=KILLS, say=print)

    assert campaign.kills >= KILLS
    shutil.rmtree(directory)
