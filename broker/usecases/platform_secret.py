"""The one secret of a platform: every process must have the key that its database is sealed with."""

from broker.core.errors import ConfigurationError
from broker.interfaces import Platform
from broker.usecases.again import again

AGREED = "secret_key"
_SETTING = "SECRET_KEY_FILE"


def check_secret(platform: Platform) -> None:
    """Agree on the key that seals; a process that has the agreed key and a newer one moves the platform to the newer.

    To be called before a process begins to answer or to work. Raises `ConfigurationError` for one without the key.
    """
    again(lambda: _agree(platform))


def _agree(platform: Platform) -> None:
    mine = platform.vault.fingerprints
    with platform.unit_of_work() as work:
        agreed = work.agreements.propose(AGREED, mine[0])
        if agreed not in mine:
            raise ConfigurationError(_refusal(agreed, mine[0]), field=_SETTING)
        if agreed != mine[0]:
            work.agreements.replace(AGREED, agreed, mine[0])
        work.commit()


def agreed_secret(platform: Platform) -> str | None:
    """The name of the key that the platform seals with, None before its first process has begun. Changes nothing.

    Raises `ConfigurationError` where this process could not begin with the key it has.
    """
    with platform.reading() as work:
        agreed = work.agreements.find(AGREED)
    if agreed is not None and agreed not in platform.vault.fingerprints:
        raise ConfigurationError(_refusal(agreed, platform.vault.fingerprint), field=_SETTING)
    return agreed


def _refusal(agreed: str, mine: str) -> str:
    return (
        f"This platform seals with the key {agreed}, and {_SETTING} of this process has {mine} in its place."
        " Give every process the same file; to change the key, write the new one above the old one."
    )
