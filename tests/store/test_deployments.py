"""Deployments of an application in the database, with the times at which each was activated."""

import pytest
from sqlalchemy import event
from store.rows import a_namespace, an_application

from broker.core.deployment import MOST_ACTIVATIONS, Deployment, ReportedNews
from broker.core.errors import Conflict
from broker.core.ids import DeploymentId


def _deployment(number: int, *activations: str, **given: object) -> Deployment:
    values: dict[str, object] = {
        "deployment_id": DeploymentId(f"{number:08x}"),
        "number": number,
        "ref": "master",
        "sha1": None,
        "artifact_url": None,
        "hot_deploy": False,
        "force_clean_build": True,
        "created_at": f"2026-01-01T00:00:{number:02}Z",
        "activations": activations,
    }
    return Deployment(**{**values, **given})


@pytest.fixture
def shop(writing, user):
    namespace = a_namespace(user, "demo")
    parts = an_application(user, namespace)
    with writing() as work:
        work.namespaces.add(namespace)
        work.applications.add(parts.application, parts.groups, parts.cartridges)
        work.commit()
    return parts.application.application_id


def test_deployments_come_back_as_they_were_stored(writing, reading, shop):
    first = _deployment(1, "2026-01-01T00:00:01Z", "2026-01-01T00:00:05Z", sha1="a" * 40)
    second = _deployment(2, ref=None, artifact_url="http://example.com/a.tgz", hot_deploy=True)
    with writing() as work:
        work.deployments.add(shop, second)
        work.deployments.add(shop, first)
        work.commit()

    with reading() as work:
        assert work.deployments.of_application(shop) == (first, second)
        assert work.deployments.by_id(shop, first.deployment_id) == first
        assert work.deployments.by_id(shop, "0") is None


def test_an_application_has_an_id_once(writing, shop):
    with writing() as work:
        work.deployments.add(shop, _deployment(1))
        work.commit()

    with writing() as work, pytest.raises(Conflict):
        work.deployments.add(shop, _deployment(2, deployment_id=DeploymentId(f"{1:08x}")))


def test_activations_are_in_the_order_in_which_they_came_and_the_newest_are_kept(writing, reading, shop):
    made = _deployment(1)
    times = [f"2026-01-01T00:{number // 60:02}:{number % 60:02}Z" for number in range(MOST_ACTIVATIONS + 3)]
    with writing() as work:
        work.deployments.add(shop, made)
        for at in times:
            work.deployments.activate(shop, made.deployment_id, at)
        work.commit()

    with reading() as work:
        assert work.deployments.by_id(shop, made.deployment_id).activations == tuple(times[3:])


def test_what_is_removed_is_gone_with_its_activations(writing, reading, shop):
    with writing() as work:
        for number in (1, 2, 3):
            work.deployments.add(shop, _deployment(number, "2026-01-01T00:00:09Z"))
        work.deployments.remove(shop, [DeploymentId(f"{number:08x}") for number in (1, 2)])
        work.deployments.add(shop, _deployment(1))
        work.commit()

    with reading() as work:
        assert work.deployments.of_application(shop) == (_deployment(1), _deployment(3, "2026-01-01T00:00:09Z"))


def test_what_a_report_adds_is_written_and_what_was_known_stays(writing, reading, shop):
    known = _deployment(1, "2026-01-01T00:00:05Z")
    added = _deployment(2, "2026-01-01T00:00:06Z", "2026-01-01T00:00:07Z")
    times = {known.deployment_id: ("2026-01-01T00:00:01Z", "2026-01-01T00:00:09Z")}
    news = ReportedNews(added=(added,), commits={known.deployment_id: "a" * 40}, activations=times)
    with writing() as work:
        work.deployments.add(shop, known)
        work.deployments.record(shop, news)
        work.deployments.record(shop, ReportedNews())
        work.commit()

    with reading() as work:
        first, second = work.deployments.of_application(shop)
        assert first.activations == ("2026-01-01T00:00:01Z", "2026-01-01T00:00:05Z", "2026-01-01T00:00:09Z")
        assert (first.sha1, first.ref, second) == ("a" * 40, known.ref, added)
        assert work.deployments.highest_number(shop) == 2


def test_a_report_of_many_times_leaves_the_newest(writing, reading, shop):
    times = [f"2026-01-01T00:{number // 60:02}:{number % 60:02}Z" for number in range(MOST_ACTIVATIONS)]
    known = _deployment(1, *times)
    late = ("2025-01-01T00:00:00Z", "2027-01-01T00:00:00Z")
    with writing() as work:
        work.deployments.add(shop, known)
        work.deployments.record(shop, ReportedNews(activations={known.deployment_id: late}))
        work.commit()

    with reading() as work:
        assert work.deployments.by_id(shop, known.deployment_id).activations == (*times[1:], late[1])


def test_one_deployment_is_read_without_the_activations_of_the_others(writing, shop):
    with writing() as work:
        for number in range(1, 4):
            work.deployments.add(shop, _deployment(number, "2026-01-01T00:00:09Z", "2026-01-01T00:00:10Z"))
        work.commit()

    with writing() as work:
        asked = _parameters(work, lambda: work.deployments.by_id(shop, f"{2:08x}"))
        highest = _parameters(work, lambda: work.deployments.highest_number(shop))

    assert len(asked) == 2
    assert all(f"{2:08x}" in each for each in asked)
    assert len(highest) == 1


def _parameters(work, read):
    """The values that each statement of a read was given."""
    given = []

    def note(_connection, _cursor, _statement, parameters, _context, _many):
        given.append(tuple(parameters.values()) if isinstance(parameters, dict) else tuple(parameters))

    connection = work._connection
    event.listen(connection, "before_cursor_execute", note)
    read()
    event.remove(connection, "before_cursor_execute", note)
    return given
