"""What is wished to be deployed, and what gears report to have: the rules of their form."""

import re
from collections.abc import Callable, Container, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, NoReturn

from broker.core.deployment import Deployment
from broker.core.errors import Invalid
from broker.core.ids import DeploymentId
from broker.interfaces import Json
from broker.usecases.deployment_config import SHOWN, is_git_ref
from broker.usecases.times import timestamp

LONGEST_URL: Final = 2000
# Gears may have a few that are being replaced, or that the platform has forgotten already.
MORE_THAN_KEPT: Final = 10
MOST_REPORTED_ACTIVATIONS: Final = 20
# No login and no query: whoever sees the application sees the URL in its operations.
_ARTIFACT_URL = re.compile(r"(?:https?|ftp)://[^\s@/?#]+/[^\s?#]*\.(?:tgz|tar\.gz)", re.ASCII)
_ID = re.compile(r"[0-9a-f]{1,16}", re.ASCII)
_SHA1 = re.compile(r"[0-9a-f]{7,40}", re.ASCII)
_SECONDS = re.compile(r"(\d{1,11})(\.\d{1,20})?", re.ASCII)
_TIME = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(\.\d{1,20})?Z", re.ASCII)
_FIRST_TIME: Final = "1970"
_FIELD: Final = "deployments"


@dataclass(frozen=True, kw_only=True, slots=True)
class DeploymentWish:
    """Code to be deployed: a git reference or the URL of an artifact, one of them."""

    ref: str | None = None
    artifact_url: str | None = None
    hot_deploy: bool = False
    force_clean_build: bool = False


def check_deployment_wish(wish: DeploymentWish, deployment_type: str) -> None:
    """Refuses what is neither a git reference nor an artifact, and what the application is not deployed from."""
    if wish.ref is not None and not is_git_ref(wish.ref):
        text = (
            "The ref is not well-formed. Git ref must be less than 256 characters."
            " See also git-check-ref-format man page for rules."
        )
        raise _refused(text, "ref")
    if wish.artifact_url is not None and not is_artifact_url(wish.artifact_url):
        raise _refused(f"Invalid Binary Artifact URL({wish.artifact_url[:SHOWN]})", "artifact_url")
    if wish.ref is not None and wish.artifact_url is not None:
        raise _refused("Cannot specify a git deployment and a binary artifact deployment")
    if wish.ref is None and wish.artifact_url is None:
        raise _refused("Must specify a git deployment or a binary artifact deployment")
    if wish.artifact_url is not None and deployment_type != "binary":
        text = f"The binary artifact provided is not compatible with the app deployment type, '{deployment_type}'."
        raise _refused(text)
    if wish.ref is not None and deployment_type != "git":
        raise _refused(f"The git ref provided is not compatible with the app deployment type, '{deployment_type}'.")


def is_artifact_url(text: str) -> bool:
    """Whether it leads to a compressed archive by a protocol that nodes speak."""
    return len(text) <= LONGEST_URL and _ARTIFACT_URL.fullmatch(text) is not None


def check_report_size(entries: Sequence[object], keep: int) -> None:
    """Refuses a report of more than an application that keeps so many can have."""
    most = keep + MORE_THAN_KEPT
    if len(entries) > most:
        raise _refused(f"Invalid deployments: at most {most} can be reported.", _FIELD)


def read_report(entries: Sequence[object]) -> tuple[Deployment, ...]:
    """The deployments that gears say they have, in any order; refuses what cannot be stored.

    Times may be in seconds since 1970, as gears send them. The newest activations of each are taken.
    """
    found = tuple(_read(number, entry) for number, entry in enumerate(entries, 1))
    if len({each.deployment_id for each in found}) < len(found):
        raise _refused("Invalid deployments: an id is there more than once.", _FIELD)
    return found


def check_report(reported: Sequence[Deployment], known: Container[DeploymentId], deployment_type: str) -> None:
    """Refuses an unknown deployment that could not have been deployed to an application of this type."""
    for each in reported:
        if each.deployment_id not in known:
            check_deployment_wish(DeploymentWish(ref=each.ref, artifact_url=each.artifact_url), deployment_type)


def report_to_json(reported: Sequence[Deployment]) -> list[dict[str, object]]:
    """The report as data, from which `read_report` makes the same."""
    return [
        {
            "id": each.deployment_id,
            "ref": each.ref,
            "sha1": each.sha1,
            "artifact_url": each.artifact_url,
            "hot_deploy": each.hot_deploy,
            "force_clean_build": each.force_clean_build,
            "created_at": each.created_at,
            "activations": list(each.activations),
        }
        for each in reported
    ]


def _read(number: int, entry: object) -> Deployment:
    if not isinstance(entry, Mapping):
        raise _refused("Invalid deployments: expected array of hashes", _FIELD)
    times = entry.get("activations") or []
    if not isinstance(times, list):
        raise _refused("Invalid deployments: activations are an array of times", _FIELD)
    activations = sorted(_time(each) for each in times)
    return Deployment(
        deployment_id=DeploymentId(_text(entry, "id", _ID.fullmatch) or _missing("id")),
        number=number,
        ref=_text(entry, "ref", is_git_ref),
        sha1=_text(entry, "sha1", _SHA1.fullmatch),
        artifact_url=_text(entry, "artifact_url", is_artifact_url),
        hot_deploy=_truth(entry, "hot_deploy"),
        force_clean_build=_truth(entry, "force_clean_build"),
        created_at=_time(entry.get("created_at")),
        activations=tuple(activations[-MOST_REPORTED_ACTIVATIONS:]),
    )


def _text(entry: Json, name: str, fits: Callable[[str], object]) -> str | None:
    value = entry.get(name)
    if value is None or value == "":
        return None
    if not isinstance(value, str) or not fits(value):
        raise _refused(f"Invalid deployments: '{str(value)[:SHOWN]}' is no {name}", _FIELD)
    return value


def _missing(name: str) -> NoReturn:
    raise _refused(f"Invalid deployments: each has its {name}", _FIELD)


def _truth(entry: Json, name: str) -> bool:
    value = entry.get(name)
    if value is None or isinstance(value, bool):
        return bool(value)
    if isinstance(value, str) and value.lower() in {"true", "false"}:
        return value.lower() == "true"
    raise _refused(f"Invalid deployments: '{str(value)[:SHOWN]}' is not true or false", _FIELD)


def _time(value: object) -> str:
    text = "" if value is None or isinstance(value, bool) else str(value)
    seconds, written = _SECONDS.fullmatch(text), _TIME.fullmatch(text)
    if seconds:
        return timestamp(int(seconds[1]))
    if written and text >= _FIRST_TIME and _is_on_the_calendar(written[1]):
        return f"{written[1]}Z"
    raise _refused(f"Invalid deployments: '{text[:SHOWN]}' is no time", _FIELD)


def _is_on_the_calendar(text: str) -> bool:
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return False
    return True


def _refused(text: str, field: str | None = None) -> Invalid:
    return Invalid(text, field=field, exit_code=-1)
