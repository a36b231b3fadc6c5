from routing_spi.conformance_story import FIRST_GEAR, Story, a_life, tables_after
from routing_spi.names import pool_aliases, pool_members, pool_name


def table_of(*events):
    (table,) = tables_after(events).values()
    return table


def test_the_pool_and_its_first_alias_are_named_as_the_field_names_them():
    table = table_of(*a_life())

    assert pool_name(table) == "pool_ose_testha_test_80"
    assert pool_aliases(table)[0] == "ha-testha-test.example.com"


def test_an_application_s_name_is_not_read_as_a_pattern():
    table = table_of(Story("%n").create())

    assert pool_name(table, "%a-%n") == "%n-test"


def test_a_web_framework_endpoint_makes_no_member():
    story = Story("testha")

    table = table_of(story.create(), story.add(FIRST_GEAR, "203.0.113.17", 1001, kind="web_framework"))

    assert pool_name(table) == "pool_ose_testha_test_80"
    assert pool_members(table) == ()


def test_a_load_balancer_that_is_started_is_a_member():
    story = Story("testha")
    events = [story.create(), story.add(FIRST_GEAR, "203.0.113.17", 1001)]

    started, stopped = table_of(*events), table_of(*events, story.state(FIRST_GEAR, "stopped"))

    assert [member.public_port for member in pool_members(started)] == [1001]
    assert pool_members(stopped) == ()
