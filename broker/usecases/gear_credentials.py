"""The credentials by which a gear speaks to the broker for its application: a sealed text and its other half."""

import json
from dataclasses import dataclass, field, replace

from broker.core.access import Scopes
from broker.core.ids import ApplicationId
from broker.core.owner import User
from broker.interfaces import Platform, Unopenable
from broker.usecases.times import timestamp

# Longer is nothing that was issued, and is not looked at.
LONGEST = 1024
_PURPOSE = "gear credentials"


@dataclass(frozen=True, kw_only=True, slots=True)
class GearCredentials:
    """What a gear sends as `broker_auth_key` and `broker_auth_iv`: texts that fit a header, worth nothing apart."""

    key: str = field(repr=False)
    iv: str = field(repr=False)


def issue_gear_credentials(platform: Platform, application_id: ApplicationId) -> GearCredentials:
    """New credentials of the application; those issued before stay good. Nothing hands them to gears yet."""
    iv = platform.vault.derive("half of gear credentials", platform.new_id())
    content = {"application": application_id, "made": timestamp(platform.clock.now())}
    return GearCredentials(key=platform.vault.seal(json.dumps(content).encode(), f"{_PURPOSE} {iv}"), iv=iv)


def user_of_gear(platform: Platform, key: str, iv: str) -> User | None:
    """The owner of the application that a gear speaks for, allowed what a gear may.

    None where the two are not ours, where the application is gone, and where it is newer than they are.
    """
    opened = _opened(platform, key, iv)
    if opened is None:
        return None
    application_id, made = opened
    with platform.reading() as work:
        parts = work.applications.by_id(application_id)
        if parts is None or made < parts.application.created_at:
            return None
        owner = work.users.by_id(parts.application.owner_id)
    scopes = f"application/{application_id}/scale application/{application_id}/report_deployments"
    return None if owner is None else replace(owner, scopes=Scopes.stored(scopes))


def application_of_gear(platform: Platform, key: str, iv: str) -> ApplicationId | None:
    """The application that the two were issued for, which may be gone since; None if they are not ours."""
    opened = _opened(platform, key, iv)
    return None if opened is None else opened[0]


def _opened(platform: Platform, key: str, iv: str) -> tuple[ApplicationId, str] | None:
    """For which application and when the two were issued."""
    if max(len(key), len(iv)) > LONGEST:
        return None
    try:
        content = json.loads(platform.vault.open(key, f"{_PURPOSE} {iv}"))
    except Unopenable:
        return None
    return ApplicationId(content["application"]), content["made"]
