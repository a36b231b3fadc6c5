"""Which deployments are forgotten, and what a report of gears adds to what is known."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from broker.core.deployment import MOST_ACTIVATIONS, Deployment, news_of, to_be_forgotten
from broker.core.ids import DeploymentId

TIMES = st.integers(0, 20).map(lambda second: f"2026-01-01T00:00:{second:02}Z")
IDS = st.integers(0, 7).map(lambda number: DeploymentId(f"{number:08x}"))


def _deployment(deployment_id, number, created_at, activations):
    return Deployment(
        deployment_id=deployment_id,
        number=number,
        ref="master",
        sha1=None,
        artifact_url=None,
        hot_deploy=False,
        force_clean_build=False,
        created_at=created_at,
        activations=tuple(sorted(activations)),
    )


@st.composite
def several(draw):
    ids = draw(st.lists(IDS, unique=True, max_size=8))
    return tuple(
        _deployment(each, number, draw(TIMES), draw(st.lists(TIMES, max_size=3))) for number, each in enumerate(ids, 1)
    )


NOW = "2026-01-01T00:00:10Z"


def _after(known, news):
    """What is known with the news."""
    return [
        *(
            replace(
                each,
                sha1=news.commits.get(each.deployment_id, each.sha1),
                activations=tuple(sorted((*each.activations, *news.activations.get(each.deployment_id, ())))),
            )
            for each in known
        ),
        *news.added,
    ]


@given(several(), IDS, st.integers(1, 9))
def test_the_newest_and_the_active_one_are_kept(known, active, keep):
    forgotten = to_be_forgotten(known, active, keep)

    left = {each.deployment_id for each in known} - set(forgotten)
    newest = sorted(known, key=lambda each: each.number)[-keep:]
    assert active not in forgotten
    assert {each.deployment_id for each in newest} <= left
    assert len(left) <= keep + 1


@given(several(), several(), st.integers(1, 9))
def test_a_report_takes_nothing_from_what_is_known(known, reported, keep):
    after = _after(known, news_of(known, reported, keep=keep, now=NOW))

    for before, now in zip(known, after, strict=False):
        same = replace(now, sha1=before.sha1, activations=before.activations)
        assert same == before
        assert set(before.activations) <= set(now.activations)


@given(several(), several(), st.integers(1, 9))
def test_what_a_report_adds_is_no_later_than_now_and_among_the_newest(known, reported, keep):
    news = news_of(known, reported, keep=keep, now=NOW)

    assert all(max((each.created_at, *each.activations)) <= NOW for each in news.added)
    assert all(at <= NOW for times in news.activations.values() for at in times)
    assert len(news.added) <= keep
    numbers = [each.number for each in _after(known, news)]
    assert numbers == sorted(set(numbers))


@given(several(), several(), st.integers(1, 9))
def test_a_report_that_comes_again_says_nothing_new(known, reported, keep):
    first = _after(known, news_of(known, reported, keep=keep, now=NOW))
    again = news_of(first, reported, keep=keep, now=NOW)

    assert not again.commits
    assert not again.activations


@given(several(), st.integers(1, 9))
def test_a_report_of_what_is_known_adds_no_deployment(known, keep):
    assert news_of(known, known, keep=keep, now=NOW).added == ()


def test_a_late_report_of_an_old_deployment_takes_no_newer_ones_place():
    known = (_deployment("2", 1, "2026-01-01T00:00:02Z", ()), _deployment("3", 2, "2026-01-01T00:00:03Z", ()))

    late = news_of(known, [_deployment("1", 1, "2026-01-01T00:00:01Z", ())], keep=2, now=NOW)
    new = news_of(known, [_deployment("4", 1, "2026-01-01T00:00:04Z", ())], keep=2, now=NOW)

    assert late.added == ()
    assert [(each.deployment_id, each.number) for each in new.added] == [("4", 3)]


def test_a_commit_and_times_of_a_known_one_are_taken_and_nothing_else():
    known = _deployment("1", 1, "2026-01-01T00:00:01Z", ["2026-01-01T00:00:01Z"])
    said = replace(known, ref="other", artifact_url="http://example.com/a.tgz", sha1="a" * 40, hot_deploy=True)
    said = replace(said, activations=("2026-01-01T00:00:01Z", "2099-01-01T00:00:00Z"))

    news = news_of((known,), (said,), keep=1, now=NOW)

    assert (news.added, news.commits, news.activations) == ((), {"1": "a" * 40}, {"1": (NOW,)})


def test_activations_that_would_be_forgotten_at_once_are_no_news():
    times = [f"2026-01-01T00:{number // 60:02}:{number % 60:02}Z" for number in range(60, 60 + MOST_ACTIVATIONS)]
    known = _deployment("1", 1, "2026-01-01T00:00:01Z", times)
    said = replace(known, activations=("2026-01-01T00:00:01Z",))

    assert news_of((known,), (said,), keep=1, now="2027-01-01T00:00:00Z").activations == {}
