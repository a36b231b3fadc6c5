"""What the campaign relies on, and that it would notice."""

import os
import signal
import subprocess
import sys
from pathlib import Path
from random import Random

import pytest
from campaign import seams
from campaign.model import BUSY, NO_SUCH_APPLICATION, Like, Request, after_answer, draw_request, likely
from campaign.rest import Answer
from campaign.routers_seen import RouterSeen
from campaign.seams import POINTS, SEAMS, Trap
from campaign.stack_postgresql import AGENT_POINTS, BROKER_POINTS, ROUTER_POINTS, WORKER_POINTS
from campaign.stack_sqlite import BROKER_POINTS as SQLITE_BROKER_POINTS
from campaign.strikes import draw_strikes

from routing_spi.codec import encode_json
from routing_spi.conformance_story import a_life, tables_after

SHOP = Like(gears=2, ha=False)
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])}
# Passes two points five times each; the second is the one that is armed.
STEPPING = """
import sys
from pathlib import Path
from campaign.seams import Trap
trap = Trap(Path(sys.argv[1]))
for _ in range(5):
    trap.step(1)
    trap.step(4)
    print(".", end="", flush=True)
"""


@pytest.mark.parametrize("name", SEAMS)
def test_every_seam_is_where_the_campaign_looks_for_it(name):
    owner, called = seams.find(SEAMS[name])

    assert callable(getattr(owner, called))


def test_every_point_at_which_something_is_killed_exists():
    used = {*AGENT_POINTS, *BROKER_POINTS, *ROUTER_POINTS, *WORKER_POINTS, *SQLITE_BROKER_POINTS}

    assert used == set(POINTS)


def test_who_steps_into_a_trap_dies_at_the_passing_that_was_said(tmp_path):
    trap = Trap(tmp_path / "trap")
    point = POINTS[3]
    trap.arm(point, 3)
    stepping = [sys.executable, "-c", STEPPING, str(tmp_path / "trap")]

    done = subprocess.run(stepping, capture_output=True, text=True, timeout=60, check=False, env=ENVIRONMENT)

    assert done.returncode == -signal.SIGKILL
    assert done.stdout == ".."
    assert trap.sprung == point
    trap.close()


def answer(status, code=None, text="") -> Answer:
    return Answer(status, {"messages": [{"exit_code": code, "text": text}]})


def scale_up() -> Request:
    chance = Random("scale-up")
    while not (request := draw_request(chance, "shop", "test", SHOP, 1)).text.startswith("scale-up by 1"):
        pass
    return request


@pytest.mark.parametrize(
    ("status", "code", "gears"),
    [(200, None, {3}), (422, None, {2}), (500, BUSY, {2}), (500, 1, {2, 3}), (None, None, {2, 3})],
    ids=["done", "refused", "busy", "failed", "cut off"],
)
def test_an_answer_says_what_the_application_may_be_like(status, code, gears):
    after = after_answer(frozenset({SHOP}), scale_up(), answer(status, code))

    assert {state.gears for state in after} == gears


def test_who_says_that_nothing_was_changed_is_taken_at_their_word():
    after = after_answer(frozenset({SHOP}), scale_up(), answer(503, 1, "No database. Nothing was changed; try again."))

    assert after == {SHOP}


def test_an_answer_that_cannot_be_leaves_nothing_possible():
    assert after_answer(frozenset({SHOP}), scale_up(), answer(404, NO_SUCH_APPLICATION)) == frozenset()
    assert after_answer(frozenset({None}), scale_up(), answer(200)) == frozenset()


def test_what_is_not_known_of_an_application_is_known_after_the_next_answer():
    unknown = after_answer(frozenset({None}), draw_request(Random(1), "shop", "test", None, 1), answer(None))

    assert after_answer(unknown, scale_up(), answer(404, NO_SUCH_APPLICATION)) == {None}
    assert likely(unknown) is not None


def recorded(path, lines):
    """A recording as the listener writes it, read to its end."""
    path.write_text("".join(lines), encoding="utf-8")
    seen = RouterSeen(file=path)
    seen.read_on()
    return seen


def line(event) -> str:
    return f'{{"monotonic_seconds":1.0,"event":{encode_json(event)}}}\n'


def test_a_router_s_recording_makes_its_tables(tmp_path):
    events = a_life(position=0)

    seen = recorded(tmp_path / "told", map(line, events))

    assert seen.tables == dict(tables_after(events))
    assert seen.broken == []


def test_an_event_left_out_or_told_twice_is_noticed(tmp_path):
    first, second, third, *_ = a_life(position=0)

    assert recorded(tmp_path / "gap", map(line, [first, third])).broken
    assert recorded(tmp_path / "repeat", map(line, [first, second, second])).broken


def test_a_line_that_a_kill_has_torn_is_not_counted(tmp_path):
    first, second, *_ = a_life(position=0)

    seen = recorded(tmp_path / "torn", [line(first), line(second)[:40], line(second)])

    assert (seen.events, seen.broken) == (2, [])


def test_the_same_seed_draws_the_same_deaths():
    class Program:
        points = POINTS

    draws = [[draw_strikes(Random("seed/7"), Program(), 4) for _ in range(3)] for _ in range(2)]

    assert draws[0] == draws[1]
