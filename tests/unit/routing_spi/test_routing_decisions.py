import pytest

from routing_spi.conformance_story import FIRST_GEAR, Story
from routing_spi.delivery import Decision, Known, decide
from routing_spi.positions import AHEAD_AT_MOST, Positions


def event_of(sequence, *, position=None):
    story = Story("testha")
    events = [story.create(), *(story.state(FIRST_GEAR, "started") for _ in range(sequence - 1))]
    if position is not None:
        return Story("testha", position=position - 1).create()
    return events[-1]


@pytest.mark.parametrize(
    ("known", "sequence", "decision"),
    [
        (None, 1, Decision.APPLY),  # an application begins
        (None, 2, Decision.GAP),  # its beginning was missed
        (Known(sequence=2), 3, Decision.APPLY),
        (Known(sequence=3), 3, Decision.REPEAT),
        (Known(sequence=3), 1, Decision.REPEAT),  # late
        (Known(sequence=1), 3, Decision.GAP),
        (Known(sequence=4, gone=True), 1, Decision.REPEAT),  # its beginning must not bring it back
        (Known(sequence=4, gone=True), 5, Decision.GAP),  # gone, and yet something happens: ask
    ],
)
def test_the_sequence_decides(known, sequence, decision):
    assert decide(known, event_of(sequence)) is decision


def test_a_beginning_of_nobody_we_remember_is_a_repeat_if_its_position_is_contained():
    event = event_of(1, position=7)

    assert decide(None, event, through=7) is Decision.REPEAT
    assert decide(None, event, through=6) is Decision.APPLY


def test_a_first_event_that_creates_nothing_is_a_gap():
    event = Story("testha").state(FIRST_GEAR, "started")

    assert decide(None, event) is Decision.GAP


def heard(*numbers, through=0):
    positions = Positions(through=through)
    for number in numbers:
        positions.hear(number)
    return positions


def test_positions_in_order_move_on():
    positions = heard(1, 2)

    assert (positions.through, positions.ahead, positions.highest) == (2, set(), 2)


def test_a_position_that_comes_early_waits_for_those_before_it():
    early = heard(3, 2)

    assert (early.through, early.highest, early.misses_before(4)) == (0, 3, True)
    early.hear(1)
    assert (early.through, early.ahead) == (3, set())


def test_an_event_without_a_position_moves_nothing():
    positions = heard(None, through=4)

    assert (positions.through, positions.highest, positions.has(None)) == (4, 4, True)


def test_a_reader_of_a_part_of_the_log_skips_what_belongs_to_others():
    positions = heard(7, 9)
    positions.skip_to(8)

    assert (positions.through, positions.ahead, positions.has(7), positions.has(10)) == (8, {9}, True, False)


def test_the_memory_of_early_positions_ends_somewhere():
    positions = heard(*range(2, 4 * AHEAD_AT_MOST))

    assert len(positions.ahead) <= AHEAD_AT_MOST
    assert positions.highest == 4 * AHEAD_AT_MOST - 1
    assert positions.through == 0
