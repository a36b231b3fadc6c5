"""One request at a time an application, in the order of their coming."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from scenarios.world import eventually

from broker.core.errors import ApplicationBusy
from broker.core.ids import ApplicationId
from broker.process.gates import LocalGates

SHOP, BLOG = ApplicationId("5" * 24), ApplicationId("b" * 24)
LONG = 30.0


def _waiting(gates: LocalGates, application_id: ApplicationId) -> int:
    with gates._lock:
        return len(gates._queues.get(application_id, ()))


def test_who_comes_second_waits_for_the_first():
    gates = LocalGates()
    inside: list[int] = []
    most: list[int] = []

    def enter(number: int) -> None:
        with gates.enter(SHOP, LONG):
            inside.append(number)
            most.append(len(inside))
            inside.remove(number)

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(enter, range(64)))

    assert max(most) == 1
    assert gates._queues == {}


def test_the_turn_comes_in_the_order_of_coming():
    gates = LocalGates()
    order: list[int] = []

    def enter(number: int) -> None:
        with gates.enter(SHOP, LONG):
            order.append(number)

    threads = []
    with gates.enter(SHOP, LONG):
        for number in range(10):
            thread = threading.Thread(target=enter, args=(number,))
            thread.start()
            threads.append(thread)
            eventually(lambda expected=number + 2: _waiting(gates, SHOP) == expected, "the wait")
    for thread in threads:
        thread.join()

    assert order == list(range(10))


def test_another_application_is_not_waited_for():
    gates = LocalGates()

    with gates.enter(SHOP, 0), gates.enter(BLOG, 0):
        assert _waiting(gates, BLOG) == 1


def test_who_has_waited_too_long_is_refused_and_holds_nobody_up():
    gates = LocalGates()

    with gates.enter(SHOP, LONG), pytest.raises(ApplicationBusy), gates.enter(SHOP, 0.01):
        pytest.fail("the gate was open")

    with gates.enter(SHOP, 0):
        assert _waiting(gates, SHOP) == 1
    assert gates._queues == {}


def test_one_in_the_queue_who_gives_up_lets_the_next_move_up():
    gates = LocalGates()
    entered = threading.Event()

    def enter() -> None:
        with gates.enter(SHOP, LONG):
            entered.set()

    def give_up() -> None:
        with pytest.raises(ApplicationBusy), gates.enter(SHOP, 0.05):
            pytest.fail("the gate was open")

    with gates.enter(SHOP, LONG):
        impatient = threading.Thread(target=give_up)
        impatient.start()
        eventually(lambda: _waiting(gates, SHOP) == 2, "the impatient one")
        patient = threading.Thread(target=enter)
        patient.start()
        impatient.join()
    patient.join()

    assert entered.is_set()


def test_a_request_that_fails_opens_the_gate():
    gates = LocalGates()

    with pytest.raises(ValueError, match="inside"), gates.enter(SHOP, 0):
        raise ValueError("inside")

    assert gates._queues == {}
