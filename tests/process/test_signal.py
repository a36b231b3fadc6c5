"""Relay and followers wake when there is something, and nobody is left waiting at the end."""

import threading

from broker.process.signal import LocalSignal

LONG = 30.0


def _in_a_thread(call) -> tuple[threading.Thread, list[object]]:
    answers: list[object] = []
    thread = threading.Thread(target=lambda: answers.append(call()))
    thread.start()
    return thread, answers


def test_a_follower_wakes_when_a_later_position_can_be_read():
    signal = LocalSignal()
    thread, answers = _in_a_thread(lambda: signal.wait_numbered(4, LONG))

    signal.numbered(5)
    thread.join()

    assert answers == [True]


def test_a_follower_does_not_wait_for_what_it_can_read_already():
    signal = LocalSignal()
    signal.numbered(5)

    assert signal.wait_numbered(4, 0)
    assert not signal.wait_numbered(5, 0)


def test_a_position_never_goes_back():
    signal = LocalSignal()
    signal.numbered(5)

    signal.numbered(3)

    assert signal.wait_numbered(4, 0)


def test_every_follower_wakes():
    signal = LocalSignal()
    waiting = [_in_a_thread(lambda: signal.wait_numbered(0, LONG)) for _ in range(5)]

    signal.numbered(1)
    for thread, _ in waiting:
        thread.join()

    assert [answers for _, answers in waiting] == [[True]] * 5


def test_the_relay_wakes_when_events_were_committed():
    signal = LocalSignal()
    thread, answers = _in_a_thread(lambda: signal.wait_committed(LONG))

    signal.committed()
    thread.join()

    assert answers == [None]


def test_events_committed_before_the_relay_waited_are_not_missed():
    signal = LocalSignal()
    signal.committed()

    thread, _ = _in_a_thread(lambda: signal.wait_committed(LONG))
    thread.join(LONG / 2)

    assert not thread.is_alive()


def test_everybody_wakes_at_the_end():
    signal = LocalSignal()
    follower, answers = _in_a_thread(lambda: signal.wait_numbered(0, LONG))
    relay, _ = _in_a_thread(lambda: signal.wait_committed(LONG))

    signal.close()
    follower.join()
    relay.join()

    assert answers == [False]
