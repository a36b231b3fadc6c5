"""Guessing is slow, whoever guesses; who knows the password is not held up by those who do not."""

import threading

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from broker.api.throttle import ADDRESS, FORGOTTEN_SECONDS, KNOWN_SECONDS, LOGIN, PAIR, LoginThrottle

LONGEST = max(PAIR.longest_seconds, ADDRESS.longest_seconds, LOGIN.longest_seconds)
OWNER, HOME, AWAY, ENEMY = "owner", "192.0.2.1", "192.0.2.2", "198.51.100.7"
logins = st.sampled_from(["owner", "other", "nobody", "x" * 10_000, "\0", "\ud800"])
addresses = st.sampled_from([HOME, AWAY, ENEMY, "2001:db8::1", "2001:db8:0:1::1", "::ffff:192.0.2.1", "unknown", ""])


class Clock:
    """A time that the test sets."""

    def __init__(self):
        self.now = 1000.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def throttle(clock):
    return LoginThrottle(clock)


def fail(throttle, login, address, times):
    for _ in range(times):
        throttle.failed(login, address)


def tries_within(throttle, clock, seconds, guesses):
    """How many of these guesses, asked for as soon as one may, are let through in that time, all of them wrong."""
    end = clock.now + seconds
    for count, (login, address) in enumerate(guesses):
        while wait := throttle.check(login, address):
            clock.now += wait
        if clock.now > end:
            return count
        throttle.failed(login, address)
    raise AssertionError("too few guesses")


def test_the_first_mistakes_cost_nothing_and_then_each_one_doubles_the_wait(throttle, clock):
    waits = []
    for _ in range(13):
        waits.append(throttle.check(OWNER, HOME))
        clock.now += waits[-1]
        throttle.failed(OWNER, HOME)

    assert waits == [0, 0, 0, 0, 0, 1, 2, 4, 8, 16, 32, 60, 60]


def test_the_wait_becomes_shorter_as_time_passes(throttle, clock):
    fail(throttle, OWNER, HOME, 9)

    before, clock.now = throttle.check(OWNER, HOME), clock.now + 6

    assert (before, throttle.check(OWNER, HOME)) == (16, 10)


def test_a_right_login_ends_the_waiting(throttle):
    fail(throttle, OWNER, HOME, 9)
    throttle.succeeded(OWNER, HOME)

    assert throttle.check(OWNER, HOME) == 0


def test_mistakes_are_forgotten_after_a_quiet_time(throttle, clock):
    fail(throttle, OWNER, HOME, 1000)
    clock.now += FORGOTTEN_SECONDS + 1
    throttle.failed(OWNER, HOME)

    assert throttle.check(OWNER, HOME) == 0


@pytest.mark.parametrize("attack", [[(OWNER, HOME)], [(f"name{n}", HOME) for n in range(50)]], ids=["one", "many"])
def test_one_address_gets_few_guesses_however_it_varies_them(throttle, clock, attack):
    guesses = attack * (100_000 // len(attack))

    # Freely at first, and then one in ten seconds at best.
    assert tries_within(throttle, clock, 3600, guesses) <= ADDRESS.free + 4 + 3600 / ADDRESS.longest_seconds


def test_many_addresses_together_get_few_guesses_at_one_login(throttle, clock):
    guesses = [(OWNER, f"198.51.{n // 250}.{n % 250}") for n in range(60_000)]

    assert tries_within(throttle, clock, 3600, guesses) <= LOGIN.free + 4 + 3600 / LOGIN.longest_seconds


def test_all_addresses_of_one_customer_of_ipv6_are_one(throttle, clock):
    guesses = [(f"name{n}", f"2001:db8::{n:x}") for n in range(60_000)]

    assert tries_within(throttle, clock, 3600, guesses) <= ADDRESS.free + 4 + 3600 / ADDRESS.longest_seconds


def test_the_same_address_in_two_notations_is_one(throttle):
    fail(throttle, OWNER, "::ffff:192.0.2.1", 9)

    assert throttle.check(OWNER, "192.0.2.1") == 16


def test_where_one_has_to_wait_only_one_of_many_at_once_is_let_through(throttle, clock):
    fail(throttle, OWNER, ENEMY, 9)
    clock.now += 16

    assert [throttle.check(OWNER, ENEMY) for _ in range(3)] == [0, 16, 16]


@given(st.lists(st.tuples(logins, addresses), max_size=200), st.floats(0, KNOWN_SECONDS - 1))
def test_an_owner_who_was_right_from_here_passes_whatever_others_try_elsewhere_or_with_other_logins(tried, passed):
    clock = Clock()
    throttle = LoginThrottle(clock)
    throttle.succeeded(OWNER, HOME)
    for login, address in tried:
        if (login, address) not in {(OWNER, HOME), (OWNER, "::ffff:192.0.2.1")}:
            throttle.failed(login, address)
    clock.now += passed

    assert throttle.check(OWNER, HOME) == 0


def test_an_owner_elsewhere_waits_no_longer_than_seconds_under_attack(throttle):
    for number in range(10_000):
        throttle.failed(OWNER, f"198.51.{number // 250}.{number % 250}")

    assert throttle.check(OWNER, AWAY) == LOGIN.longest_seconds


def test_random_names_from_everywhere_do_not_fill_the_memory(clock):
    throttle = LoginThrottle(clock, most_entries=100)
    for number in range(5000):
        throttle.failed(f"name{number}", f"2001:db8:{number:x}::1")
        throttle.succeeded(OWNER, f"2001:db8:{number:x}::1")

    assert len(throttle) <= 400


def test_threads_lose_no_count(throttle):
    threads = [threading.Thread(target=fail, args=(throttle, OWNER, HOME, 2000)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)

    assert next(iter(throttle._pairs._counts.values())).wrong == 16_000


class Throttling(RuleBasedStateMachine):
    """Anything in any order: no wait is too long, memory is bounded, and silence makes good."""

    def __init__(self):
        super().__init__()
        self.clock = Clock()
        self.throttle = LoginThrottle(self.clock, most_entries=3)
        self.allowed = None

    @rule(login=logins, address=addresses)
    def ask(self, login, address):
        wait = self.throttle.check(login, address)
        assert 0 <= wait <= LONGEST
        self.allowed = (login, address) if wait == 0 else None

    @precondition(lambda self: self.allowed)
    @rule(right=st.booleans())
    def answer(self, right):
        (self.throttle.succeeded if right else self.throttle.failed)(*self.allowed)
        self.allowed = None

    @rule(login=logins, address=addresses)
    def fail(self, login, address):
        self.throttle.failed(login, address)

    @rule(login=logins, address=addresses)
    def wait_as_told(self, login, address):
        self.clock.now += self.throttle.check(login, address)
        assert self.throttle.check(login, address) <= LONGEST

    @rule(seconds=st.floats(0, FORGOTTEN_SECONDS * 2))
    def pass_time(self, seconds):
        self.clock.now += seconds

    @rule(login=logins, address=addresses)
    def be_quiet(self, login, address):
        self.clock.now += FORGOTTEN_SECONDS + 1
        assert self.throttle.check(login, address) == 0

    @invariant()
    def memory_is_bounded(self):
        assert len(self.throttle) <= 4 * 3


TestThrottling = Throttling.TestCase
TestThrottling.settings = settings(stateful_step_count=60)
