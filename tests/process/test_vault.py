"""The secret of a platform: who may read its file, what it opens, and that it never shows itself."""

import logging
import os
import stat
import subprocess
import sys
import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from broker.core.errors import ConfigurationError
from broker.interfaces import Unopenable
from broker.process.vault import FileVault, SecretKey

OLD, NEW = "0b" * 32, "1c" * 32
keys = st.binary(min_size=32, max_size=32).map(SecretKey)


def kept(tmp_path, *lines, mode=0o600):
    """A file of these lines."""
    file = tmp_path / "secret.key"
    file.write_text("".join(f"{line}\n" for line in lines))
    file.chmod(mode)
    return file


def refusal(file, **options):
    with pytest.raises(ConfigurationError) as refused:
        FileVault(file, **options).check()
    assert refused.value.field == "SECRET_KEY_FILE"
    return refused.value.text


def test_whoever_may_create_makes_a_file_that_only_its_owner_can_read(tmp_path):
    file = tmp_path / "data" / "secret.key"

    made = FileVault(file, create=True)

    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert FileVault(file).open(made.seal(b"text", "test"), "test") == b"text"
    assert [path.name for path in file.parent.iterdir()] == ["secret.key"]


def test_of_many_that_start_at_once_all_have_the_same_key(tmp_path):
    file, begun, found = tmp_path / "secret.key", threading.Barrier(16), []

    def start():
        begun.wait(20)
        found.append(FileVault(file, create=True).fingerprint)

    threads = [threading.Thread(target=start) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)

    assert (len(found), len(set(found)), len(list(tmp_path.iterdir()))) == (16, 1, 1)


def test_a_file_that_is_there_is_never_replaced(tmp_path):
    file = kept(tmp_path, OLD)

    FileVault(file, create=True)

    assert file.read_text() == f"{OLD}\n"


def test_without_create_no_file_is_made_and_its_absence_is_told_when_it_is_needed(tmp_path):
    file = tmp_path / "secret.key"

    vault = FileVault(file)

    with pytest.raises(ConfigurationError, match=r"is not there\. Copy that of the platform's other processes"):
        vault.seal(b"text", "test")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("mode", [0o644, 0o604, 0o660, 0o666, 0o601])
def test_a_file_that_is_open_to_others_is_refused(tmp_path, mode):
    text = refusal(kept(tmp_path, OLD, mode=mode))

    assert f"is open to others (mode {mode:04o}). Give it mode 0600, or 0640" in text


@pytest.mark.parametrize("mode", [0o400, 0o600, 0o640])
def test_the_group_of_the_service_may_read_it(tmp_path, mode):
    FileVault(kept(tmp_path, OLD, mode=mode)).check()


@pytest.mark.parametrize("lines", [(), ("",), ("# nothing", "  ")])
def test_an_empty_file_is_refused(tmp_path, lines):
    assert "is empty: each line is a key of 64 hexadecimal digits" in refusal(kept(tmp_path, *lines))


@pytest.mark.parametrize("line", ["hunter2", OLD[1:], f"{OLD}0", OLD.upper(), f"{OLD[:-1]}é", f"{OLD} {NEW}"])
def test_a_malformed_file_is_refused_and_not_shown(tmp_path, line):
    text = refusal(kept(tmp_path, NEW, line))

    assert "is malformed" in text
    assert line not in text
    assert NEW not in text


def test_what_is_no_file_is_refused_without_waiting(tmp_path):
    os.mkfifo(tmp_path / "pipe", 0o600)

    assert "is no file" in refusal(tmp_path / "pipe")
    assert "secret key file" in refusal(tmp_path)


def test_a_place_where_nothing_can_be_made_is_one_sentence(tmp_path):
    (tmp_path / "file").touch()

    assert "cannot be made: " in refusal(tmp_path / "file" / "secret.key", create=True)


def test_comments_and_blank_lines_are_passed_over(tmp_path):
    assert (
        FileVault(kept(tmp_path, "# the platform's", "", f"  {OLD}  ")).fingerprint
        == SecretKey(bytes.fromhex(OLD)).fingerprint
    )


def test_older_keys_open_and_the_first_one_seals(tmp_path):
    before = FileVault(kept(tmp_path, OLD))
    sealed, token = before.seal(b"text", "test"), before.derive("token", "1")
    after = FileVault(kept(tmp_path, NEW, OLD))

    assert after.open(sealed, "test") == b"text"
    assert after.fingerprint != before.fingerprint
    assert f".{after.fingerprint}." in after.seal(b"text", "test")
    assert (after.derived("token", "1")[0], token in after.derived("token", "1")) == (after.derive("token", "1"), True)


def test_what_another_key_has_sealed_says_which_keys_there_are(tmp_path):
    sealed = FileVault(kept(tmp_path, OLD)).seal(b"text", "test")
    other = FileVault(kept(tmp_path, NEW))

    with pytest.raises(Unopenable) as refused:
        other.open(sealed, "test")

    assert refused.value.text == (
        f"This was sealed with the key {sealed.split('.')[1]}, and SECRET_KEY_FILE of this process has"
        f" {other.fingerprint} only. Its operator has to add the key that it was sealed with."
    )


@given(keys, st.binary(), st.text(), st.text())
def test_a_sealed_text_opens_for_its_own_purpose_only(key, plaintext, purpose, other):
    content = key.seal(plaintext, purpose).split(".")[2]

    assert key.open(content, purpose) == plaintext
    if other != purpose:
        with pytest.raises(Unopenable):
            key.open(content, other)


@given(st.data(), keys)
def test_a_sealed_text_that_is_changed_anywhere_does_not_open(data, key):
    content = key.seal(b"some text", "test").split(".")[2]
    place = data.draw(st.integers(0, len(content) - 1))
    letter = data.draw(st.sampled_from("AZaz09-_").filter(lambda letter: letter != content[place]))

    with pytest.raises(Unopenable):
        key.open(f"{content[:place]}{letter}{content[place + 1 :]}", "test")


@given(st.text())
def test_what_was_never_sealed_does_not_open(text):
    with pytest.raises(Unopenable):
        SecretKey(bytes(32)).open(text, "test")


@pytest.mark.parametrize("text", ["", "v1", "v1..", f"v1.{'0' * 16}.", "v2.x.y", "v1.é.A", "A" * 100_000])
def test_what_has_not_the_form_of_a_sealed_text_is_told_apart(tmp_path, text):
    with pytest.raises(Unopenable, match="nothing that was sealed"):
        FileVault(kept(tmp_path, OLD)).open(text, "test")


@given(keys, keys, st.text(), st.text(), st.text())
def test_what_is_derived_depends_on_key_purpose_and_identifier_and_on_nothing_else(key, other, purpose, name, changed):
    derived = key.derive(purpose, name)

    assert derived == key.derive(purpose, name)
    assert (len(derived), set(derived) <= set("0123456789abcdef")) == (64, True)
    assert (derived == other.derive(purpose, name)) == (key == other)
    assert (derived == key.derive(changed, name)) == (changed == purpose)
    assert (derived == key.derive(purpose, changed)) == (changed == name)


def test_a_key_shows_itself_nowhere(tmp_path, caplog):
    caplog.set_level(logging.DEBUG)
    vault = FileVault(kept(tmp_path, OLD))
    vault.open(vault.seal(b"text", "test"), "test")

    shown = repr(vault) + str(vault) + repr(vault._keys) + caplog.text + vault.fingerprint

    assert OLD not in shown
    assert repr(bytes.fromhex(OLD)) not in shown


def test_the_library_is_not_imported_before_something_is_sealed():
    program = "import sys, broker.bootstrap; print([name for name in sys.modules if name.startswith('cryptography')])"

    assert subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout == "[]\n"
