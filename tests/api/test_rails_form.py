import pytest
from hypothesis import given
from hypothesis import strategies as st

from broker.api.rails_form import nest
from broker.api.refusals import Unreadable


@pytest.mark.parametrize(
    ("pairs", "value"),
    [
        ([("a", "1"), ("a", "2")], {"a": "2"}),  # a plain name keeps its last value
        ([("a[]", "1"), ("a[]", "2")], {"a": ["1", "2"]}),
        ([("a[b]", "1"), ("a[c]", "2")], {"a": {"b": "1", "c": "2"}}),
        ([("a[][b]", "1"), ("a[][c]", "2"), ("a[][b]", "3")], {"a": [{"b": "1", "c": "2"}, {"b": "3"}]}),
        ([("a[][b][]", "1"), ("a[][b][]", "2")], {"a": [{"b": ["1", "2"]}]}),
        ([("a[b][]", "1"), ("a[b][]", "2")], {"a": {"b": ["1", "2"]}}),
        ([("a[", "1"), ("[b]", "2"), ("a]b", "3")], {"a[": "1", "[b]": "2", "a]b": "3"}),  # no nesting at all
        ([("", "1")], {}),
    ],
)
def test_brackets_become_lists_and_mappings(pairs, value):
    assert nest(pairs) == value


@pytest.mark.parametrize(
    "pairs",
    [
        [("a", "1"), ("a[]", "2")],
        [("a[]", "1"), ("a[b]", "2")],
        [("a[b]", "1"), ("a[b][c]", "2")],
        [("a" + "[b]" * 17, "1")],
    ],
)
def test_contradictions_and_depth_are_refused(pairs):
    with pytest.raises(Unreadable):
        nest(pairs)


@given(st.lists(st.tuples(st.text("ab[]", max_size=12), st.text(max_size=2)), max_size=8))
def test_any_names_are_either_read_or_refused(pairs):
    try:
        read = nest(pairs)
    except Unreadable:
        return

    assert isinstance(read, dict)
