"""What an operator adds to the shipped catalogue, replaces in it and takes out of it, without a line of code."""

import pytest

from broker.catalogue import MalformedManifest, offered_cartridges, offered_quickstarts
from broker.core.errors import ConfigurationError

THING = """\
Name: thing
Version: "1.0"
Cartridge-Vendor: acme
Categories: [service, web_framework]
"""


def write(directory, **files):
    for name, text in files.items():
        (directory / f"{name}.yaml").write_text(text, encoding="utf-8")


def test_without_a_directory_the_shipped_cartridges_are_offered():
    assert "php-5.4" in offered_cartridges("", ())


def test_a_cartridge_of_the_operators_is_offered_beside_the_shipped_ones(tmp_path):
    write(tmp_path, thing=THING)

    assert set(offered_cartridges(str(tmp_path), ())) - set(offered_cartridges("", ())) == {"acme-thing-1.0"}


def test_a_manifest_of_the_operators_takes_the_place_of_the_shipped_one_with_its_name(tmp_path):
    write(tmp_path, mine='Name: php\nVersion: "5.4"\nCartridge-Vendor: redhat\nDisplay-Name: Our PHP\n')

    before, after = offered_cartridges("", ())["php-5.4"], offered_cartridges(str(tmp_path), ())["php-5.4"]

    assert after.display_name == "Our PHP"
    assert after.categories == ()
    assert after.cartridge_id == before.cartridge_id


def test_a_file_that_only_marks_a_shipped_cartridge_leaves_the_rest_of_it(tmp_path):
    write(
        tmp_path,
        old='Name: php\nVersion: "5.3"\nObsolete: true\n',
        back='Name: ruby\nVersion: "1.8"\nObsolete: false\n',
    )

    offered = offered_cartridges(str(tmp_path), ())

    assert offered["php-5.3"].obsolete
    assert offered["php-5.3"].endpoints == offered_cartridges("", ())["php-5.3"].endpoints
    assert not offered["ruby-1.8"].obsolete


def test_a_broken_file_is_refused_by_file_and_key(tmp_path):
    write(tmp_path, broken=THING + "Scaling: {Min: many}\n")

    with pytest.raises(MalformedManifest, match=r"broken\.yaml: Scaling\.Min: expected a whole number, found 'many'\."):
        offered_cartridges(str(tmp_path), ())


def test_two_files_of_the_operators_cannot_give_the_same_cartridge(tmp_path):
    write(tmp_path, first=THING, second=THING)

    with pytest.raises(MalformedManifest, match=r"second\.yaml: Name: acme-thing-1\.0 is in .*first\.yaml already"):
        offered_cartridges(str(tmp_path), ())


def test_sizes_for_a_cartridge_that_is_not_there_are_refused():
    with pytest.raises(
        ConfigurationError, match=r"VALID_GEAR_SIZES_FOR_CARTRIDGE: the catalogue has no cartridge php-6"
    ):
        offered_cartridges("", ("php-6",))


def test_the_shipped_quickstarts_use_shipped_cartridges():
    catalogue = offered_cartridges("", ())

    assert {name for each in offered_quickstarts("") for name in each.cartridges} <= set(catalogue)


def test_a_file_of_the_operators_takes_the_place_of_the_shipped_quickstarts(tmp_path):
    file = tmp_path / "mine.yaml"
    file.write_text("quickstarts: [{id: one, name: One, initial_git_url: https://example.com/one.git}]")

    (one,) = offered_quickstarts(str(file))

    assert (one.quickstart_id, one.cartridges, one.tags) == ("one", (), ())


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("quickstarts: [{id: one, name: One}]", r"quickstarts\[0\].initial_git_url: missing"),
        ("quickstarts: [{id: 'o/ne', name: One, initial_git_url: g}]", r"quickstarts\[0\].id: 'o/ne'"),
        ("quickstart: []", "quickstart: this key is not known"),
        (
            "quickstarts: [{id: a, name: A, initial_git_url: g}, {id: a, name: B, initial_git_url: g}]",
            r"quickstarts\[1\].id: a is another quickstart's already",
        ),
    ],
)
def test_a_broken_file_of_quickstarts_is_refused_by_key(tmp_path, text, problem):
    file = tmp_path / "mine.yaml"
    file.write_text(text)

    with pytest.raises(MalformedManifest, match=problem):
        offered_quickstarts(str(file))


def test_a_file_of_quickstarts_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(MalformedManifest, match=r"absent\.yaml"):
        offered_quickstarts(str(tmp_path / "absent.yaml"))
