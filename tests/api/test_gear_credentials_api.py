"""Credentials of gears are good as long as their application is there, and not for one that is newer than they are."""

from dataclasses import replace

import pytest
from api.credentials import SetClock

from broker.core.ids import ApplicationId
from broker.usecases.gear_credentials import issue_gear_credentials
from broker.usecases.times import seconds_of

APPLICATION = "/broker/rest/domain/test/application/testha"


@pytest.fixture
def shown(testha):
    return testha("GET", APPLICATION).data


def gear(world, application_id, *, made=None):
    """The client of a gear with credentials of that application, issued now or when they are said to be."""
    platform = world.embedded.platform
    clock = platform.clock if made is None else SetClock(made)
    given = issue_gear_credentials(replace(platform, clock=clock), ApplicationId(application_id))
    return replace(world.nobody, headers={"broker_auth_key": given.key, "broker_auth_iv": given.iv})


@pytest.mark.parametrize(("seconds", "status"), [(-1, 401), (0, 200), (1, 200)])
def test_credentials_older_than_the_application_are_nobodys(world, shown, seconds, status):
    client = gear(world, shown["id"], made=seconds_of(shown["creation_time"]) + seconds)

    assert client.send("GET", APPLICATION).status_code == status


def test_credentials_of_a_deleted_application_are_nobodys(world, testha, shown):
    client = gear(world, shown["id"])
    assert client.send("GET", APPLICATION).status_code == 200

    assert testha("DELETE", APPLICATION).status == 200

    assert client.send("GET", APPLICATION).status_code == 401


def test_credentials_of_an_application_that_there_never_was_are_nobodys(world, testha):
    assert gear(world, "f" * 24).send("GET", APPLICATION).status_code == 401
