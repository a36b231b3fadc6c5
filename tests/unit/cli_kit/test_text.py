import pytest

from broker.cli.kit.text import labelled, table


def test_labels_are_aligned_on_their_colon():
    block = labelled([("max gears", 100), ("HA allowed", True), ("plan", None), ("gear sizes", ("small", "medium"))])

    assert block == " max gears: 100\nHA allowed: true\n      plan: \ngear sizes: small, medium\n"


def test_a_block_without_labels_is_empty():
    assert labelled([]) == ""


def test_a_table_aligns_numbers_right_and_words_left():
    shown = table(("node", "gears"), [("node-a1", 5), ("node-b", 12)])

    assert shown == "node     gears\nnode-a1      5\nnode-b      12\n"


def test_a_row_with_a_cell_too_few_is_refused():
    with pytest.raises(ValueError, match="zip"):
        table(("node", "gears"), [("node-a1",)])
