"""What a gear proves itself with: good for its application, wherever the same secret is, and for nobody else."""

import shutil

import pytest
from hypothesis import given
from hypothesis import strategies as st

from broker.bootstrap import Settings, built
from broker.core.ids import ApplicationId
from broker.usecases.gear_credentials import application_of_gear, issue_gear_credentials

SHOP, BLOG = ApplicationId("a" * 24), ApplicationId("b" * 24)


@pytest.fixture(scope="module")
def platform(tmp_path_factory):
    with built(Settings(data_dir=tmp_path_factory.mktemp("data")), create=True) as made:
        yield made.platform


def test_credentials_tell_their_application(platform):
    shop, blog = issue_gear_credentials(platform, SHOP), issue_gear_credentials(platform, BLOG)

    assert application_of_gear(platform, shop.key, shop.iv) == SHOP
    assert application_of_gear(platform, blog.key, blog.iv) == BLOG


def test_each_issue_differs_and_all_stay_good(platform):
    issued = [issue_gear_credentials(platform, SHOP) for _ in range(10)]

    assert len({each.key for each in issued}) == len({each.iv for each in issued}) == 10
    assert {application_of_gear(platform, each.key, each.iv) for each in issued} == {SHOP}


def test_halves_of_two_issues_are_worth_nothing(platform):
    one, two = issue_gear_credentials(platform, SHOP), issue_gear_credentials(platform, SHOP)

    assert application_of_gear(platform, one.key, two.iv) is None


def test_something_else_that_was_sealed_is_no_credential(platform):
    sealed = platform.vault.seal(b'{"application": "x"}', "certificate")

    assert application_of_gear(platform, sealed, "") is None


@given(st.text(), st.text())
def test_what_was_not_issued_is_nobody_s(platform, key, iv):
    assert application_of_gear(platform, key, iv) is None


@given(st.data())
def test_what_is_changed_anywhere_is_nobody_s(platform, data):
    issued = issue_gear_credentials(platform, SHOP)
    place = data.draw(st.integers(0, len(issued.key) - 1))
    letter = data.draw(st.characters(codec="ascii").filter(lambda letter: letter != issued.key[place]))
    changed = f"{issued.key[:place]}{letter}{issued.key[place + 1 :]}"

    assert application_of_gear(platform, changed, issued.iv) is None


def test_what_is_far_too_long_is_nobody_s(platform):
    issued = issue_gear_credentials(platform, SHOP)

    assert application_of_gear(platform, issued.key * 1000, issued.iv) is None
    assert application_of_gear(platform, issued.key, issued.iv * 1000) is None


def test_another_process_with_the_same_secret_knows_them_and_one_with_another_does_not(platform, tmp_path):
    issued = issue_gear_credentials(platform, SHOP)
    secret = platform.vault._file
    same = shutil.copy(secret, tmp_path / "same.key")
    (tmp_path / "same.key").chmod(0o600)
    made = [
        Settings(data_dir=tmp_path / "one", secret_key_file=str(same)),
        Settings(data_dir=tmp_path / "two"),
    ]
    told = []
    for settings in made:
        with built(settings, create=True) as other:
            told.append(application_of_gear(other.platform, issued.key, issued.iv))

    assert told == [SHOP, None]


def test_both_halves_fit_a_header_and_show_themselves_nowhere(platform):
    issued = issue_gear_credentials(platform, SHOP)

    assert all(part.isascii() and part.isprintable() and " " not in part for part in (issued.key, issued.iv))
    assert repr(issued) == "GearCredentials()"
