import json
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from broker.core.ids import ApplicationId, GearId
from broker.core.rotation import Rotation
from broker.core.routing_application import apply
from broker.core.routing_difference import difference
from broker.core.routing_table import Endpoint, RoutedCertificate, RoutingTable
from broker.core.verdict import VerdictState
from routing_spi.events import Action, RoutingEvent
from routing_spi.table import apply_event

GEARS = ("g1", "g2", "g3", "g4")
PLACES = (("n1", "r1", "a"), ("n2", "r1", "b"), ("n3", None, None))


@st.composite
def endpoints_of(draw, gear_id, head):
    node, region, zone = draw(st.sampled_from(PLACES))
    places = draw(st.sets(st.tuples(st.sampled_from(("10.0.0.1", "10.0.0.2")), st.integers(1, 4)), max_size=3))
    state = draw(st.sampled_from(("started", "stopped", "unresponsive")))
    rotation = draw(st.sampled_from((Rotation.IN, Rotation.OUT)))
    return [
        Endpoint(
            gear_id=GearId(gear_id),
            public_port_name=draw(st.sampled_from(("php-5.4", "haproxy-1.4"))),
            public_address=address,
            public_port=port,
            types=draw(st.sampled_from((("web_framework",), ("load_balancer",)))),
            node=node,
            region=region,
            zone=zone,
            state=state,
            rotation=rotation,
            is_head=gear_id == head,
        )
        for address, port in sorted(places)
    ]


@st.composite
def certificates_of(draw, alias):
    number = draw(st.integers(1, 2))
    return RoutedCertificate(alias=alias, ssl=f"chain {number}\n", private_key_reference=f"key {number}")


@st.composite
def tables(draw, heads=(None, *GEARS)):
    head = draw(st.sampled_from(heads))
    ha = draw(st.booleans())
    aliases = sorted(draw(st.sets(st.sampled_from(("a.org", "b.org", "c.org")))))
    certified = draw(st.sets(st.sampled_from(aliases))) if aliases else ()
    return RoutingTable(
        application_id=ApplicationId("app"),
        app_name="testha",
        namespace="test",
        dns_application="testha-test.example.com",
        ha=ha,
        dns_ha=draw(st.sampled_from((None, "ha-testha-test.example.com"))) if ha else None,
        verdict=draw(st.sampled_from(VerdictState)),
        sequence=draw(st.integers(1, 99)),
        head_gear_id=head,
        aliases=tuple(aliases),
        certificates=tuple(draw(certificates_of(alias)) for alias in certified),
        endpoints=tuple(each for gear_id in GEARS for each in draw(endpoints_of(gear_id, head))),
    )


def at(table, sequence):
    return replace(table, sequence=sequence)


@given(tables(), tables(heads=GEARS))
def test_applying_the_difference_gives_the_table_after(before, after):
    changes = difference(before, after)

    assert apply(before, changes) == at(after, before.sequence + len(changes))


@given(tables())
def test_applying_the_difference_from_nothing_gives_the_table(after):
    changes = difference(None, after)

    assert apply(None, changes) == at(after, len(changes))


@given(tables())
def test_applying_the_difference_to_nothing_leaves_no_table(before):
    assert apply(before, difference(before, None)) is None


@given(tables())
def test_a_table_does_not_differ_from_itself(table):
    assert difference(table, table) == ()


def restricted(table, gears):
    return replace(table, endpoints=tuple(each for each in table.endpoints if each.gear_id in gears))


@given(tables(heads=GEARS), tables(heads=GEARS), st.sets(st.sampled_from(GEARS)))
def test_restricted_tables_tell_all_that_changes_when_only_their_gears_change(before, after, touched):
    untouched = [each for each in before.endpoints if each.gear_id not in touched]
    changed = [each for each in after.endpoints if each.gear_id in touched]
    ends = replace(
        before,
        endpoints=tuple(replace(each, is_head=each.gear_id == before.head_gear_id) for each in untouched + changed),
    )

    part = difference(restricted(before, touched), restricted(ends, touched))

    assert part == difference(before, ends)


@given(tables(heads=GEARS), tables(heads=GEARS))
def test_what_serves_is_added_before_anything_is_taken_away_but_what_is_replaced_in_its_place(before, after):
    kept = {each.key for each in before.endpoints} & {each.key for each in after.endpoints}
    changes = [c for c in difference(before, after) if c.action.endswith("_public_endpoint")]

    order = [change.action for change in changes if change.endpoint.key not in kept]

    assert order == sorted(order)  # `add…` is before `remove…` in the alphabet too


@given(tables(), tables(heads=GEARS))
def test_a_listener_that_is_told_over_the_wire_has_the_brokers_table_with_its_digest(first, second):
    changes = (*difference(None, first), *difference(first, second))
    known = None

    for sequence, change in enumerate(changes, start=1):
        event = RoutingEvent(
            action=Action(change.action),
            application_id="app",
            app_name="testha",
            namespace="test",
            sequence=sequence,
            position=None,
            occurred_at="2026-01-01T00:00:00Z",
            data=json.loads(json.dumps(change.data())),
        )
        known = apply_event(known, event)

    assert known.to_wire() == at(second, len(changes)).to_wire()
