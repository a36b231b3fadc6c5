"""Which cartridges share gears, whatever is asked for."""

from hypothesis import given
from hypothesis import strategies as st

from broker.catalogue import read_catalogue, shipped_manifests
from broker.core.gear_group import compose_groups

CATALOGUE = {each.name: each for each in read_catalogue([shipped_manifests()])}
OTHERS = ["mysql-5.5", "mongodb-2.4", "postgresql-9.2", "cron-1.4", "phpmyadmin-4", "rockmongo-1.1"]


@st.composite
def wishes(draw):
    names = ["php-5.4", "haproxy-1.4", *draw(st.lists(st.sampled_from(OTHERS), unique=True))]
    together = draw(st.lists(st.sets(st.sampled_from(names), min_size=1, max_size=3), max_size=3))
    return names, together


def composed(names, together, *, scalable=True):
    cartridges = [CATALOGUE[name] for name in names]
    return compose_groups(cartridges, scalable=scalable, profile="small", together=together)


@given(wishes())
def test_every_cartridge_is_in_one_group_and_what_is_to_be_together_is(wish):
    names, together = wish
    groups = composed(names, together)

    assert sorted(name for group in groups for name in group) == sorted(names)
    for wanted in together:
        assert any(wanted <= set(group) for group in groups)


@given(wishes())
def test_to_ask_for_what_there_is_already_changes_nothing(wish):
    names, together = wish
    groups = composed(names, together)

    assert composed(names, groups) == groups


@given(wishes())
def test_a_cartridge_that_comes_separates_none_of_those_that_share_gears(wish):
    names, together = wish
    before = composed(names[:-1], [each - {names[-1]} for each in together if each - {names[-1]}])

    after = composed(names, before)

    assert all(any(set(group) <= set(other) for other in after) for group in before)


@given(wishes())
def test_without_scaling_everything_is_together(wish):
    names, together = wish
    assert len(composed(names, together, scalable=False)) == 1
