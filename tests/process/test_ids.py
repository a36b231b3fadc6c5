"""Ids: 24 hexadecimal digits, never the same twice, rising with time."""

import re
from concurrent.futures import ThreadPoolExecutor

from hypothesis import given
from hypothesis import strategies as st

from broker.process.ids import id_source


def test_an_id_is_24_lower_case_hexadecimal_digits():
    assert re.fullmatch(r"[0-9a-f]{24}", id_source()())


@given(st.lists(st.integers(0, 2**32 - 1), min_size=2, max_size=50))
def test_ids_of_later_seconds_sort_later(seconds):
    times = iter(sorted(seconds))
    new_id = id_source(lambda: float(next(times)))

    made = [new_id() for _ in seconds]

    assert [each[:8] for each in made] == sorted(each[:8] for each in made)
    assert len(set(made)) == len(made)


def test_ids_of_one_second_sort_in_the_order_they_were_made():
    new_id = id_source(lambda: 1_000_000.0)

    made = [new_id() for _ in range(1000)]

    assert made == sorted(made)


def test_threads_never_get_the_same_id():
    new_id = id_source()

    with ThreadPoolExecutor(8) as threads:
        made = list(threads.map(lambda _: new_id(), range(4000)))

    assert len(set(made)) == len(made)


def test_two_processes_never_get_the_same_id():
    one, other = id_source(lambda: 1.0), id_source(lambda: 1.0)

    assert not {one() for _ in range(1000)} & {other() for _ in range(1000)}
