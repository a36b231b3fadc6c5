"""A deployment: code that an application was given, and when it became what its gears are to run."""

from collections.abc import Callable, Container, Mapping, Sequence
from dataclasses import dataclass, field, replace

from broker.core.ids import DeploymentId

# Of one deployment; older ones are forgotten.
MOST_ACTIVATIONS = 100


@dataclass(frozen=True, kw_only=True, slots=True)
class Deployment:
    """Code from a git reference or from a binary artifact; `number` rises with each of its application's.

    `sha1` is the commit, where a gear has reported it. `activations` are times, oldest first.
    """

    deployment_id: DeploymentId
    number: int
    ref: str | None
    sha1: str | None
    artifact_url: str | None
    hot_deploy: bool
    force_clean_build: bool
    created_at: str
    activations: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class ReportedNews:
    """What a report says that was not known: deployments, and of known ones their commit and times of activation."""

    added: tuple[Deployment, ...] = ()
    commits: Mapping[DeploymentId, str] = field(default_factory=dict)
    activations: Mapping[DeploymentId, tuple[str, ...]] = field(default_factory=dict)


def to_be_forgotten(
    deployments: Sequence[Deployment], active: DeploymentId | None, keep: int
) -> tuple[DeploymentId, ...]:
    """The deployments that are older than the newest `keep`; never the active one."""
    newest_first = sorted(deployments, key=lambda each: -each.number)
    return tuple(each.deployment_id for each in newest_first[keep:] if each.deployment_id != active)


def news_of(known: Sequence[Deployment], reported: Sequence[Deployment], *, keep: int, now: str) -> ReportedNews:
    """What a report of an application's gears adds to what is known; nothing is later than `now`.

    Of a known deployment only the commit and the activations are taken. An unknown one is added if it is among the
    newest `keep` of all by the time of its creation, and is numbered behind the known ones.
    """
    before = {each.deployment_id: each for each in known}
    said = [_not_later(each, now) for each in reported]
    by_age = sorted((*known, *(each for each in said if each.deployment_id not in before)), key=_age(before))
    fresh = [each for each in by_age[-keep:] if each.deployment_id not in before]
    highest = max((each.number for each in known), default=0)
    again = [(before[each.deployment_id], each) for each in said if each.deployment_id in before]
    later = {old.deployment_id: _unknown_times(old, new) for old, new in again}
    return ReportedNews(
        added=tuple(replace(each, number=highest + number) for number, each in enumerate(fresh, 1)),
        commits={new.deployment_id: new.sha1 for old, new in again if new.sha1 is not None and new.sha1 != old.sha1},
        activations={deployment_id: times for deployment_id, times in later.items() if times},
    )


def _age(known: Container[DeploymentId]) -> Callable[[Deployment], tuple[str, bool, int]]:
    """In one second what is reported is newer, for it was not there when the platform last told the gears."""
    return lambda each: (each.created_at, each.deployment_id not in known, each.number)


def _not_later(deployment: Deployment, now: str) -> Deployment:
    times = sorted({min(at, now) for at in deployment.activations})
    return replace(deployment, created_at=min(deployment.created_at, now), activations=tuple(times))


def _unknown_times(known: Deployment, reported: Deployment) -> tuple[str, ...]:
    """Those that the deployment would keep of the reported activations, and does not have yet."""
    kept = sorted({*known.activations, *reported.activations})[-MOST_ACTIVATIONS:]
    return tuple(at for at in kept if at not in known.activations)
