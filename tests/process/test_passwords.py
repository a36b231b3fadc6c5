"""Passwords: hashed with salt, remembered for a minute, and forgotten with their hash."""

import subprocess
import sys

import pytest

from broker.process.passwords import MOST_REMEMBERED, REMEMBERED_SECONDS, Argon2Passwords


class Clock:
    """A time that the test sets."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def passwords(clock: Clock) -> Argon2Passwords:
    return Argon2Passwords(clock)


def test_a_password_fits_its_own_hash_only(passwords):
    mine, yours = passwords.hash("secret"), passwords.hash("other")

    assert passwords.verify("demo", "secret", mine)
    assert not passwords.verify("demo", "secret", yours)


def test_two_hashes_of_one_password_differ(passwords):
    assert passwords.hash("secret") != passwords.hash("secret")


def test_a_hash_holds_no_password(passwords):
    assert "secret" not in passwords.hash("secret")


def test_what_is_no_hash_fits_nothing(passwords):
    assert not passwords.verify("demo", "", "")
    assert not passwords.verify("demo", "secret", "$argon2id$broken")


def test_a_login_that_was_verified_is_remembered_for_a_minute(passwords, clock):
    hashed = passwords.hash("secret")
    passwords.verify("demo", "secret", hashed)

    clock.now = REMEMBERED_SECONDS - 1
    during = len(passwords._remembered)
    clock.now = REMEMBERED_SECONDS
    still = passwords._is_remembered(next(iter(passwords._remembered)))

    assert (during, still) == (1, False)


def test_a_remembered_login_is_of_no_use_with_another_hash(passwords):
    old, new = passwords.hash("secret"), passwords.hash("changed")
    passwords.verify("demo", "secret", old)

    assert not passwords.verify("demo", "secret", new)


def test_a_remembered_login_is_of_no_use_to_another_login_or_with_another_password(passwords):
    hashed = passwords.hash("secret")
    passwords.verify("demo", "secret", hashed)

    assert not passwords.verify("demo", "secret2", hashed)
    assert len(passwords._remembered) == 1


def test_a_wrong_password_is_not_remembered(passwords):
    hashed = passwords.hash("secret")

    passwords.verify("demo", "wrong", hashed)

    assert passwords._remembered == {}


def test_nothing_remembered_is_a_password(passwords):
    passwords.verify("demo", "secret", passwords.hash("secret"))

    assert not any(b"secret" in mark or b"demo" in mark for mark in passwords._remembered)


def test_the_memory_of_logins_has_an_end(passwords):
    for number in range(MOST_REMEMBERED + 10):
        passwords._remember(str(number).encode())

    assert len(passwords._remembered) == MOST_REMEMBERED
    assert b"0" not in passwords._remembered


@pytest.mark.parametrize("text", ["pässwörd ☃", "x" * 10_000, "", "a\0b", "\ud800"])
def test_any_text_is_a_password_or_is_none(passwords, text):
    try:
        hashed = passwords.hash(text)
    except UnicodeEncodeError:
        hashed = passwords.hash("something")
        assert not passwords.verify("demo", text, hashed)
        return

    assert passwords.verify("demo", text, hashed)


def test_many_wrong_logins_at_once_do_not_fill_the_memory():
    program = """
import threading
from broker.process.passwords import HASHES_AT_ONCE, MEMORY_KIB, Argon2Passwords

def peak_kib():
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmHWM"))

passwords = Argon2Passwords()
passwords.waste_time("wrong")
before = peak_kib()
threads = [threading.Thread(target=passwords.waste_time, args=("wrong",)) for _ in range(24)]
for thread in threads: thread.start()
for thread in threads: thread.join()
print(peak_kib() - before <= HASHES_AT_ONCE * MEMORY_KIB + 16 * 1024)
"""

    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=True)

    assert done.stdout == "True\n"
