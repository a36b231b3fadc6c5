"""The key that a platform's database is sealed with: who has another one does not begin, and says why."""

import pytest

from broker.bootstrap import build
from broker.config import Settings
from broker.core.errors import ConfigurationError
from broker.process.vault import make_key_file
from broker.simulator.embedded import open_embedded
from broker.usecases.platform_secret import agreed_secret, check_secret


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.services("postgresql"))])
def settings(request, tmp_path):
    """Those of a platform with a secret of its own, whose database is there."""
    given = {"database_url": request.getfixturevalue("postgresql_url")} if request.param == "postgresql" else {}
    made = Settings(data_dir=tmp_path / "one", dns_port=0, **given)
    build(made, create=True).close()
    return made


def process_with(settings, file):
    """Another process of the same platform, with that file."""
    return build(Settings(**{**vars_of(settings), "secret_key_file": str(file)}))


def vars_of(settings):
    return {"data_dir": settings.data_dir, "dns_port": 0, "database_url": settings.database_url}


def test_a_process_with_another_key_is_refused_and_changes_nothing(settings, tmp_path):
    first = build(settings)
    check_secret(first.platform)
    other = tmp_path / "other.key"
    make_key_file(other)

    stranger = process_with(settings, other)
    with pytest.raises(ConfigurationError, match="Give every process the same file"):
        check_secret(stranger.platform)

    with pytest.raises(ConfigurationError):
        agreed_secret(stranger.platform)
    assert agreed_secret(first.platform) == first.platform.vault.fingerprint
    check_secret(first.platform)
    first.close()
    stranger.close()


def test_a_new_key_above_the_old_one_moves_the_platform_to_it(settings, tmp_path):
    first = build(settings)
    check_secret(first.platform)
    both = tmp_path / "both.key"
    make_key_file(both)
    old = (settings.data_dir / "secret.key").read_text()
    both.write_text(both.read_text() + old)

    newer = process_with(settings, both)
    check_secret(newer.platform)

    assert agreed_secret(newer.platform) == newer.platform.vault.fingerprint
    with pytest.raises(ConfigurationError):
        check_secret(first.platform)
    first.close()
    newer.close()


def test_an_embedded_broker_with_another_key_does_not_start(tmp_path):
    settings = Settings(data_dir=tmp_path, dns_port=0)
    open_embedded(settings).built.close()
    other = tmp_path / "other.key"
    make_key_file(other)

    with pytest.raises(ConfigurationError, match="seals with the key"):
        open_embedded(Settings(data_dir=tmp_path, dns_port=0, secret_key_file=str(other)))
