"""Processes that share a platform need the same secret, and say so before they take anything in hand."""

import pytest

from tools.production.shape import production

pytestmark = pytest.mark.services("postgresql", "rabbitmq")


@pytest.fixture
def shape(tmp_path):
    with production(tmp_path) as made:
        yield made


@pytest.mark.parametrize("command", [("gearbroker", "serve"), ("gearbroker", "work")], ids=lambda words: words[1])
def test_a_process_without_the_secret_ends_at_once_and_makes_none(shape, tmp_path, command):
    missing = tmp_path / "missing.key"
    child = shape.child("alone", *command, GEARBROKER_PORT="0", SECRET_KEY_FILE=str(missing))
    child.begin()

    assert child.wait() == 78
    assert f"The secret key file {missing} is not there. Copy that of the platform's other processes" in child.said()
    assert not missing.exists()


def test_the_secret_that_migrate_has_made_is_that_of_brokers_and_workers(shape, tmp_path):
    made = (tmp_path / "secret.key").read_text()
    broker, worker = shape.broker("broker"), shape.worker("worker")
    broker.wait_for(r"serves at (http://[^/]+)/")
    worker.wait_for(r"gearbroker works")

    assert (tmp_path / "secret.key").read_text() == made
