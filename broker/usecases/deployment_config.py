"""How an application's code is deployed: the settings a user may choose when creating it, and their rules."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

from broker.core.errors import Invalid, ManyRefusals, Refusal
from broker.core.scaling import parse_number

LONGEST_REF: Final = 256
MOST_DEPLOYMENTS: Final = 1000
TYPES: Final = ("git", "binary")
FIELD: Final = "config"
SHOWN: Final = 100
# What git check-ref-format forbids, and the semicolon with it.
_NO_REF = re.compile(r"^/|/\.|\.\.|//|@\{|[\\ ~^:?*\[;\x00-\x1f\x7f]|\.lock$|/$|\.$")


@dataclass(frozen=True, kw_only=True, slots=True)
class DeploymentConfig:
    """The settings, as they are where nothing is chosen."""

    auto_deploy: bool = True
    deployment_branch: str = "master"
    keep_deployments: int = 1
    deployment_type: str = "git"


def is_git_ref(text: str) -> bool:
    """Whether git would take it as the name of a branch or tag."""
    return 0 < len(text) <= LONGEST_REF and not _NO_REF.search(text)


def check_deployment_config(given: Mapping[str, object]) -> DeploymentConfig:
    """The settings chosen, the usual ones otherwise; refuses all that are wrong, each with its text.

    What is unknown is ignored, and what is null or blank is not chosen.
    """
    config, wrong = DeploymentConfig(), list[Refusal]()
    for name, check in _CHECKS.items():
        value = given.get(name)
        if _is_blank(value):
            continue
        try:
            config = check(config, value)
        except Invalid as refusal:
            wrong.append(refusal)
    if wrong:
        raise wrong[0] if len(wrong) == 1 else ManyRefusals(tuple(wrong))
    return config


def check_config_changes(given: Mapping[str, object], config: DeploymentConfig) -> DeploymentConfig:
    """The settings with those changed that are given; refuses the first that is wrong, by its own name.

    Raises `Invalid` too where nothing is given at all.
    """
    wanted = {name: value for name, value in given.items() if name in _CHECKS and not _is_blank(value)}
    if not wanted:
        text = (
            "You must specify at least one of the following for an update:"
            " auto_deploy, deployment_branch, keep_deployments and/or deployment_type"
        )
        raise Invalid(text, exit_code=1)
    for name in _CHANGED:
        if name not in wanted:
            continue
        try:
            config = _CHECKS[name](config, wanted[name])
        except Invalid as refusal:
            raise Invalid(refusal.text, field=name, exit_code=1) from None
    return config


def _is_blank(value: object) -> bool:
    return value is None or (isinstance(value, str) and not value.strip())


def _auto_deploy(config: DeploymentConfig, value: object) -> DeploymentConfig:
    word = str(value).lower() if isinstance(value, bool | str) else ""
    if word not in {"true", "false"}:
        text = f"Invalid value '{_shown(value)}' for auto_deploy.  Acceptable values are true or false"
        raise _refused(text)
    return replace(config, auto_deploy=word == "true")


def _deployment_branch(config: DeploymentConfig, value: object) -> DeploymentConfig:
    if isinstance(value, str) and len(value) > LONGEST_REF:
        text = (
            f"Invalid deployment_branch: {_shown(value)}. Deployment branches are limited to {LONGEST_REF} characters"
        )
        raise _refused(text)
    if not isinstance(value, str) or not is_git_ref(value):
        raise _refused(f"Invalid application configuration: [deployment_branch '{_shown(value)}' is no git branch]")
    return replace(config, deployment_branch=value)


def _keep_deployments(config: DeploymentConfig, value: object) -> DeploymentConfig:
    number = parse_number(value) if isinstance(value, int | str) else None
    if number is None or not 0 < number <= MOST_DEPLOYMENTS:
        text = (
            f"Invalid number of deployments to keep: {_shown(value)}."
            f" Keep deployments must be greater than 0 and no greater than {MOST_DEPLOYMENTS}."
        )
        raise _refused(text)
    return replace(config, keep_deployments=number)


def _deployment_type(config: DeploymentConfig, value: object) -> DeploymentConfig:
    if not isinstance(value, str) or value not in TYPES:
        raise _refused(f"Invalid deployment type: {_shown(value)}. Acceptable values are: {', '.join(TYPES)}")
    return replace(config, deployment_type=value)


def _shown(value: object) -> str:
    return str(value)[:SHOWN]


def _refused(text: str) -> Invalid:
    return Invalid(text, field=FIELD, exit_code=-1)


_CHECKS = {
    "auto_deploy": _auto_deploy,
    "deployment_branch": _deployment_branch,
    "keep_deployments": _keep_deployments,
    "deployment_type": _deployment_type,
}
# The order in which a change is checked.
_CHANGED = ("auto_deploy", "deployment_type", "keep_deployments", "deployment_branch")
