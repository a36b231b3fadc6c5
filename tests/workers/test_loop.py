"""Workers end together, and say whether they have."""

import threading

from broker.workers.loop import Worker, stop_all


def test_workers_are_told_to_end_before_one_of_them_is_waited_for():
    both_told = threading.Barrier(2, timeout=20)
    begun = threading.Semaphore(0)

    def worker():
        def tick():
            begun.release()
            stopping.wait(20)
            both_told.wait()

        return Worker("slow", tick)

    stopping = threading.Event()
    workers = [worker(), worker()]
    for each in workers:
        each.start()
    for _ in workers:
        assert begun.acquire(timeout=20)

    threading.Timer(0.05, stopping.set).start()

    assert stop_all(workers, 20.0) is True


def test_a_worker_that_does_not_end_in_time_is_said_not_to_have():
    going_on = threading.Event()
    worker = Worker("stuck", lambda: going_on.wait(20) and None)
    worker.start()

    ended = stop_all([worker], 0.05)

    going_on.set()
    assert ended is False
    assert stop_all([worker], 20.0) is True


def test_what_a_worker_has_begun_elsewhere_is_waited_for():
    asked = []

    def finish(seconds):
        asked.append(seconds > 0)
        return False

    worker = Worker("begins", lambda: None, pause_seconds=0.01, finish=finish)
    worker.start()

    assert stop_all([worker], 20.0) is False
    assert asked == [True]
