from dataclasses import replace

import pytest

from broker.core.ids import ApplicationId, GearId
from broker.core.rotation import Rotation
from broker.core.routing_application import apply
from broker.core.routing_changes import AliasRemoved, EndpointAdded, GearStateChanged, HaEnabled, VerdictChanged
from broker.core.routing_difference import Telling, difference
from broker.core.routing_table import Endpoint, RoutedCertificate, RoutingTable
from broker.core.verdict import VerdictState

HA_NAME = "ha-testha-test.example.com"


def gear(gear_id, port=1, **changed):
    standard = Endpoint(
        gear_id=GearId(gear_id),
        public_port_name="php-5.4",
        public_address="10.0.0.1",
        public_port=port,
        node="node-a1.example.com",
        is_head=gear_id == "g1",
    )
    return replace(standard, **changed)


def table(*endpoints, head="g1", **changed):
    return RoutingTable(
        application_id=ApplicationId("app"),
        app_name="testha",
        namespace="test",
        dns_application="testha-test.example.com",
        head_gear_id=head,
        endpoints=endpoints,
        **changed,
    )


def told(before, after):
    return [(change.action, change.data()) for change in difference(before, after)]


def actions(before, after):
    return [change.action for change in difference(before, after)]


def test_nothing_is_told_of_what_stays_the_same():
    assert difference(table(gear("g1")), table(gear("g1"), sequence=9)) == ()


def test_a_new_application_is_told_with_its_endpoints_and_its_head_comes_with_the_first():
    assert told(None, table(gear("g1"))) == [
        ("create_application", {"scalable": True, "ha": False, "dns_name": "testha-test.example.com"}),
        ("add_public_endpoint", gear("g1").to_wire()),
    ]


def test_a_head_gear_that_cannot_be_reached_yet_is_told_as_such():
    assert told(None, table())[1:] == [("head_changed", {"gear_id": "g1", "previous_gear_id": None})]


def test_an_application_made_ha_is_told_after_the_proxy_that_makes_it_so():
    after = table(gear("g1"), gear("g2"), ha=True, dns_ha=HA_NAME, verdict=VerdictState.HA)

    assert actions(table(gear("g1")), after) == ["add_public_endpoint", "ha_enabled", "ha_verdict_changed"]


def test_the_ha_name_ends_before_the_proxies_behind_it():
    before = table(gear("g1"), gear("g2"), ha=True, dns_ha=HA_NAME)

    assert actions(before, table(gear("g1"))) == ["ha_disabled", "remove_public_endpoint"]


def test_a_gear_is_added_before_the_one_it_replaces_goes():
    before = table(gear("g1"), gear("g2"))

    assert actions(before, table(gear("g1"), gear("g3"))) == ["add_public_endpoint", "remove_public_endpoint"]


def test_what_a_removed_endpoint_was_is_told():
    gone = gear("g2", zone="a", region="r1")

    assert told(table(gear("g1"), gone), table(gear("g1"))) == [
        (
            "remove_public_endpoint",
            {
                "gear_id": "g2",
                "public_address": "10.0.0.1",
                "public_port": 1,
                "node": "node-a1.example.com",
                "region": "r1",
                "zone": "a",
            },
        )
    ]


def test_a_gear_on_another_node_has_moved_and_was_not_removed():
    after = table(gear("g1", public_address="10.0.0.2", node="node-b1.example.com", zone="b"))

    assert told(table(gear("g1")), after) == [
        (
            "application_moved",
            {
                "gear_id": "g1",
                "previous_address": "10.0.0.1",
                "previous_port": 1,
                "public_address": "10.0.0.2",
                "public_port": 1,
                "node": "node-b1.example.com",
                "region": None,
                "zone": "b",
            },
        )
    ]


def test_a_gear_on_another_node_with_the_same_address_has_moved_too():
    after = table(gear("g1", node="node-b1.example.com"))

    assert actions(table(gear("g1")), after) == ["application_moved"]


def test_every_endpoint_of_a_gear_moves_to_its_own_new_place():
    before = table(gear("g1", 1), gear("g1", 2, public_port_name="haproxy-1.4"))
    after = table(gear("g1", 3), gear("g1", 4, public_port_name="haproxy-1.4"))

    assert [(data["previous_port"], data["public_port"]) for _, data in told(before, after)] == [
        (1, 3),
        (2, 4),
    ]


def test_an_endpoint_that_offers_something_else_at_the_same_place_is_replaced():
    after = table(gear("g1", types=("web_framework",)))

    assert actions(table(gear("g1")), after) == ["remove_public_endpoint", "add_public_endpoint"]


def test_a_gear_that_is_unresponsive_is_told_once_for_all_its_endpoints():
    before = table(gear("g1", 1), gear("g1", 2))
    after = table(gear("g1", 1, state="unresponsive"), gear("g1", 2, state="unresponsive"))

    assert told(before, after) == [
        (
            "gear_state_changed",
            {
                "gear_id": "g1",
                "state": "unresponsive",
                "node": "node-a1.example.com",
                "region": None,
                "zone": None,
            },
        )
    ]


def test_gears_come_into_rotation_before_others_leave_it():
    before = table(gear("g1"), gear("g2", rotation=Rotation.OUT))
    after = table(gear("g1", rotation=Rotation.OUT), gear("g2"))

    changes = difference(before, after, Telling(rotation_reason="gear ratio 3"))

    assert [(change.action, change.data()) for change in changes] == [
        ("gear_rotated_in", {"gear_id": "g2", "reason": "gear ratio 3"}),
        ("gear_rotated_out", {"gear_id": "g1", "reason": "gear ratio 3"}),
    ]


def test_the_head_role_moves_before_the_old_head_is_told_as_lost():
    before = table(gear("g1"), gear("g2"))
    after = table(gear("g1", state="unresponsive", is_head=False), gear("g2", is_head=True), head="g2")

    assert [action for action, _ in told(before, after)] == ["head_changed", "gear_state_changed"]
    assert told(before, after)[0][1] == {"gear_id": "g2", "previous_gear_id": "g1"}


def test_a_new_gear_that_takes_over_the_head_role_is_not_head_before_it_is_told():
    after = table(gear("g2", is_head=True), head="g2")

    added, changed, removed = difference(table(gear("g1")), after)

    assert isinstance(added, EndpointAdded)
    assert not added.endpoint.is_head
    assert [changed.action, removed.action] == ["head_changed", "remove_public_endpoint"]


def test_a_gear_that_is_known_becomes_the_first_head_by_its_own_change():
    before = table(gear("g1", 1, is_head=False), head=None)
    after = table(gear("g1", 1), gear("g1", 2))

    assert actions(before, after) == ["add_public_endpoint", "head_changed"]


def test_the_old_head_is_no_head_any_more():
    before = table(gear("g1"), gear("g2"))
    after = table(gear("g1", is_head=False), gear("g2", is_head=True), head="g2")

    changed = apply(before, difference(before, after))

    assert changed is not None
    assert [each.is_head for each in changed.endpoints] == [False, True]


def test_what_tables_do_not_know_comes_from_the_telling():
    telling = Telling(managed_dns=True, router_hostname="www.example.com", verdict_reasons=("one proxy",))
    after = table(ha=True, dns_ha=HA_NAME, verdict=VerdictState.DEGRADED)

    assert difference(table(), after, telling) == (
        HaEnabled(ha_dns_name=HA_NAME, managed_dns=True, router_hostname="www.example.com"),
        VerdictChanged(verdict=VerdictState.DEGRADED, reasons=("one proxy",)),
    )


def test_the_reasons_of_a_verdict_go_out_as_a_list():
    change = VerdictChanged(verdict=VerdictState.DEGRADED, reasons=("one proxy",))

    assert change.data() == {"verdict": "degraded", "reasons": ["one proxy"]}


def test_aliases_are_told_one_by_one():
    assert told(table(aliases=("a.org", "b.org")), table(aliases=("b.org", "c.org"))) == [
        ("add_alias", {"alias": "c.org"}),
        ("remove_alias", {"alias": "a.org"}),
    ]


def test_a_certificate_comes_after_its_alias_is_replaced_in_one_event_and_goes_before_its_alias():
    first, second = certificate("a.org", 1), certificate("a.org", 2)
    plain, bare = table(aliases=("a.org",)), table()
    one, two = (table(aliases=("a.org",), certificates=(each,)) for each in (first, second))

    assert told(bare, one) == [
        ("add_alias", {"alias": "a.org"}),
        ("add_ssl", {"alias": "a.org", "ssl": "chain 1", "private_key_reference": "key 1"}),
    ]
    assert told(one, two) == [("add_ssl", {"alias": "a.org", "ssl": "chain 2", "private_key_reference": "key 2"})]
    assert told(two, plain) == [("remove_ssl", {"alias": "a.org"})]
    assert actions(two, bare) == ["remove_ssl", "remove_alias"]
    assert actions(two, None) == ["remove_ssl", "remove_alias", "delete_application"]


def test_an_alias_that_goes_takes_its_certificate_with_it():
    before = table(aliases=("a.org",), certificates=(certificate("a.org", 1),))

    assert apply(before, [AliasRemoved(alias="a.org")]) == table(sequence=1)


def certificate(alias, number):
    return RoutedCertificate(alias=alias, ssl=f"chain {number}", private_key_reference=f"key {number}")


def test_an_application_that_ends_takes_everything_back_first():
    before = table(gear("g1"), ha=True, dns_ha=HA_NAME, aliases=("a.org",))

    assert actions(before, None) == [
        "ha_disabled",
        "remove_public_endpoint",
        "remove_alias",
        "delete_application",
    ]


def test_no_table_twice_is_nothing():
    assert difference(None, None) == ()


def test_two_applications_are_not_compared():
    with pytest.raises(ValueError, match="not one application"):
        difference(table(), replace(table(), app_name="other"))


def test_the_head_role_is_not_lost_to_nobody():
    with pytest.raises(ValueError, match="to nobody"):
        difference(table(), table(head=None))


def test_a_change_without_a_table_is_refused():
    change = GearStateChanged(gear_id=GearId("g1"), state="stopped", node="n", region=None, zone=None)

    with pytest.raises(ValueError, match="does not exist"):
        apply(None, [change])


def test_an_application_is_not_created_twice():
    with pytest.raises(ValueError, match="created twice"):
        apply(table(), difference(None, table()))
