import subprocess
from dataclasses import replace

import pytest

from broker.bootstrap import load_settings
from broker.cli.commands.ctl_user import USAGE, main
from broker.usecases.accounts import UserNotFound, create_user, find_user, log_in
from broker.usecases.namespaces import create_namespace, list_namespaces

REPORT = (
    "User demo:",
    "                            plan: ",
    "                usage account id: ",
    "                   plan quantity: 1",
    "            plan expiration date: ",
    "                consumed domains: 1",
    "                     max domains: 10",
    "                  consumed gears: 2",
    "                       max gears: 100",
    "    max tracked storage per gear: 0",
    "  max untracked storage per gear: 0",
    "                       max teams: 0",
    "viewing all global teams allowed: false",
    "                      gear sizes: small",
    "            sub accounts allowed: false",
    "private SSL certificates allowed: false",
    "              inherit gear sizes: false",
    "                      HA allowed: true",
)


def test_the_report_has_the_form_of_the_original(world, run):
    world.create("testha", ha=True)

    ended = run(main, "-l", "demo")

    assert (ended.status, ended.err) == (0, "")
    assert ended.out.split("\n") == ["", "", *REPORT, "", ""]


def test_a_new_user_has_the_defaults_and_cannot_log_in_yet(world, run):
    ended = run(main, "--login", "new", "--create")

    assert ended.status == 0
    assert "User new:\n" in ended.out
    assert "HA allowed: false\n" in ended.out
    assert log_in(world.platform, "new", "") is None


def test_creating_a_user_who_exists_changes_nothing(world, run):
    ended = run(main, "-l", "demo", "-c")

    assert ended.status == 0
    assert find_user(world.platform, "demo") == world.owner


@pytest.mark.parametrize(
    ("argv", "told", "shown"),
    [
        (("--setmaxgears", "25"), "Setting max_gears to 25... Done.", "max gears: 25"),
        (("--setmaxgears", "100"), "User demo already has max_gears set to 100", "max gears: 100"),
        (("--setmaxdomains", "3"), "Setting max_domains to 3... Done.", "max domains: 3"),
        (("--setmaxteams", "2"), "Setting max_teams to 2... Done.", "max teams: 2"),
        (("--allowha", "no"), "Setting HA capability to false for user demo... Done.", "HA allowed: false"),
        (("--allowha", "YES"), "User demo already has HA capability set to true", "HA allowed: true"),
        # Not in the original, which knows no router that follows over HTTP.
        (
            ("--allowrouting", "1"),
            "Setting routing capability to true for user demo... Done.",
            "routing allowed: true",
        ),
        (
            ("--setmaxtrackedstorage", "5"),
            "Setting max_tracked_storage to 5... Done.",
            "max tracked storage per gear: 5",
        ),
        (
            ("--setmaxuntrackedstorage", "2"),
            "Setting max_untracked_storage to 2... Done.",
            "max untracked storage per gear: 2",
        ),
        (
            ("--allowsubaccounts", "t"),
            "Setting subaccounts capability to true for user demo... Done.",
            "sub accounts allowed: true",
        ),
        (
            ("--allowviewglobalteams", "yes"),
            "Setting view global teams capability to true for user demo... Done.",
            "viewing all global teams allowed: true",
        ),
        (
            ("--allowprivatesslcertificates", "true"),
            "Setting private SSL certificates capability to true for user demo... Done.",
            "private SSL certificates allowed: true",
        ),
        (
            ("--inheritgearsizes", "true"),
            "Setting inherit gear sizes to true for user demo... Done.",
            "inherit gear sizes: true",
        ),
        (
            ("--inheritgearsizes", "perhaps"),
            "User demo already has inherit gear sizes set to false",
            "inherit gear sizes: false",
        ),
        (("--addgearsize", "small"), "User demo already has gear size small", "gear sizes: small"),
        (("--removegearsize", "small"), "Removing gear size small for user demo... Done.", "gear sizes:"),
        (("--removegearsize", "large"), "User demo does not have gear size large", "gear sizes: small"),
    ],
)
def test_a_change_is_told_and_then_shown(world, run, argv, told, shown):
    ended = run(main, "-l", "demo", *argv)

    assert (ended.status, ended.err) == (0, "")
    assert ended.out.startswith(f"\n\n{told}\nUser demo:\n")
    assert shown in [line.strip() for line in ended.out.splitlines()]


def test_a_gear_size_that_was_taken_away_can_be_given_back(world, run):
    run(main, "-l", "demo", "--removegearsize", "small")

    ended = run(main, "-l", "demo", "--addgearsize", "small")

    assert "Adding gear size small for user demo... Done.\n" in ended.out
    assert find_user(world.platform, "demo").gear_sizes == ("small",)


def test_a_sub_account_is_made_listed_and_removed_with_all_it_has(world, run):
    made = run(main, "-l", "demo", "--allowsubaccounts", "true", "--inheritgearsizes", "1", "--addsubaccount", "child")
    child = find_user(world.platform, "child")
    create_namespace(world.platform, child, "shop")
    replace(world, owner=child).create("web", namespace="shop")
    listed = run(main, "-l", "demo", "--listsubaccounts")
    removed = run(main, "-l", "demo", "--removesubaccount", "child", "--listsubaccounts")

    assert (made.status, "Adding sub account child for user demo... Done.\n" in made.out) == (0, True)
    assert (child.parent_id, child.gear_sizes) == (world.owner.user_id, world.owner.gear_sizes)
    assert (listed.status, listed.out.endswith("Sub Accounts: 1\n    child\n")) == (0, True)
    assert (removed.status, "Removing sub account child for user demo... Done.\n" in removed.out) == (0, True)
    assert removed.out.endswith("Sub Accounts: 0\n")
    assert list_namespaces(world.platform, child) == ()
    with pytest.raises(UserNotFound):
        find_user(world.platform, "child")


def test_whose_sub_account_it_is_not_cannot_remove_it_and_who_may_have_none_gets_none(world, run):
    create_user(world.platform, "stranger")

    removed = run(main, "-l", "demo", "--removesubaccount", "stranger")
    added = run(main, "-l", "demo", "--addsubaccount", "child")
    taken = run(main, "-l", "demo", "--allowsubaccounts", "true", "--addsubaccount", "stranger")

    assert (removed.status, removed.err) == (5, "Error: Sub account 'stranger' not found for user 'demo'\n")
    assert (added.status, added.err) == (5, "Error: User 'demo' is not allowed to have sub accounts\n")
    assert (taken.status, taken.err) == (10, "User 'stranger' exists already.\n")


@pytest.mark.parametrize("argv", [("--addsubaccount", "child"), ("--removesubaccount", "child")])
def test_a_sub_account_is_one_users_only(world, run, tmp_path, argv):
    logins = tmp_path / "logins"
    logins.write_text("demo\nother\n")

    ended = run(main, "-f", str(logins), *argv)

    assert (ended.status, ended.out) == (255, USAGE)


def test_a_list_cannot_be_asked_for_quietly(run):
    assert run(main, "-q", "-l", "demo", "--listsubaccounts").status == 255


def test_logins_of_a_file_are_taken_once_each_with_the_one_on_the_command_line(world, run, tmp_path):
    logins = tmp_path / "logins"
    logins.write_text("ann\n\nbob\nann\n  demo \n")

    ended = run(main, "-l", "demo", "-f", str(logins), "-c")

    assert ended.status == 0
    assert [line for line in ended.out.splitlines() if line.startswith("User ")] == [
        "User demo:",
        "User ann:",
        "User bob:",
    ]


def test_the_last_failure_of_several_logins_decides_and_the_others_are_done(world, run, tmp_path):
    logins = tmp_path / "logins"
    logins.write_text("nobody\ndemo\n")

    ended = run(main, "-f", str(logins), "--setmaxgears", "7")

    assert ended.status == 5
    assert ended.err == "Error: User 'nobody' not found\nErrors were encountered\n"
    assert find_user(world.platform, "demo").max_gears == 7


def test_a_user_who_does_not_exist_is_said_on_stderr(world, run):
    ended = run(main, "-l", "nobody")

    assert (ended.status, ended.err) == (5, "Error: User 'nobody' not found\n")


def test_ha_is_not_given_where_the_platform_forbids_it(world, run, monkeypatch):
    monkeypatch.setenv("ALLOW_HA_APPLICATIONS", "false")

    ended = run(main, "-l", "demo", "--allowha", "true")

    assert (ended.status, ended.err) == (5, "Error: Platform does not allow HA applications\n")


def test_a_size_that_the_platform_does_not_have_is_refused(world, run):
    ended = run(main, "-l", "demo", "--addgearsize", "huge")

    assert (ended.status, ended.err) == (6, "Error: Size 'huge' is not valid. Valid sizes: small\n")


def test_a_login_that_no_account_can_have_is_refused(world, run):
    ended = run(main, "-l", "a:b", "-c")

    assert ended.status == 10
    assert "a:b" in ended.err


@pytest.mark.parametrize(
    ("argv", "name"),
    [
        (("--setmaxgears", "-1"), "Max gears"),
        (("--setmaxdomains", "ten"), "Max domains"),
        (("--setmaxteams", "1.5"), "Max teams"),
        (("--setmaxgears", "9" * 20), "Max gears"),
        (("--setmaxtrackedstorage", "-5"), "Max tracked storage"),
        (("--setmaxuntrackedstorage", "much"), "Max untracked storage"),
        (("--setmaxgears", "٣"), "Max gears"),
    ],
)
def test_a_number_that_is_none_is_refused_before_anything_is_done(world, run, argv, name):
    ended = run(main, "-l", "demo", *argv)

    assert (ended.status, ended.out, ended.err) == (1, "", f"ERROR: {name} must be a positive integer\n")


def test_a_file_of_logins_that_cannot_be_read_is_said(run, tmp_path):
    ended = run(main, "-f", str(tmp_path / "none"))

    assert (ended.status, ended.err) == (1, f"ERROR: Could not read logins from {tmp_path / 'none'}\n")


@pytest.mark.parametrize("argv", [(), ("--setmaxgears", "3")])
def test_without_a_login_the_usage_is_shown(run, argv):
    ended = run(main, *argv)

    assert (ended.status, ended.out, ended.err) == (255, USAGE, "")


def test_stray_arguments_are_refused(run):
    ended = run(main, "-l", "demo", "stray", "more")

    assert (ended.status, ended.out, ended.err) == (255, USAGE, "Stray input arguments - ['stray', 'more']\n")


def test_quietly_the_change_is_made_and_nothing_is_said(world, run):
    ended = run(main, "-q", "-l", "demo", "--setmaxgears", "9")

    assert (ended.status, ended.out, ended.err) == (0, "", "")
    assert find_user(world.platform, "demo").max_gears == 9


def test_a_password_on_standard_input_lets_the_user_log_in(world, tmp_path, process):
    given = tmp_path / "password"
    given.write_text("secret\n")

    with given.open() as stdin:
        ended = process("broker.cli.commands.ctl_user", "-l", "new", "-c", "--password-stdin", stdin=stdin)

    assert ended.status == 0, ended.err
    assert log_in(world.platform, "new", "secret") is not None


def test_without_standard_input_a_password_is_missed_in_one_line(world, process):
    ended = process("broker.cli.commands.ctl_user", "-l", "new", "-c", "--password-stdin", stdin=subprocess.DEVNULL)

    assert (ended.status, ended.err) == (1, "ERROR: There is no password on standard input\n")


def test_a_command_sees_the_platform_that_the_environment_names(world, run, monkeypatch, tmp_path):
    empty = tmp_path / "empty"
    empty.mkdir()
    monkeypatch.setenv("GEARBROKER_DATA_DIR", str(empty))

    ended = run(main, "-l", "demo")

    assert load_settings({"GEARBROKER_DATA_DIR": str(empty)}).data_dir == empty
    assert (ended.status, ended.out) == (78, "")
