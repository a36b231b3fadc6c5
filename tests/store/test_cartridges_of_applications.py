"""Cartridges and groups that come to an application and leave it."""

from dataclasses import replace

import pytest
from store.rows import a_namespace, a_node, an_application

from broker.core.application import ApplicationParts, Gear, GearGroup, InstalledCartridge
from broker.core.ids import GearId, GroupId, NodeId
from broker.interfaces import StoredEndpoint

NEW_GROUP = GroupId("e" * 24)
GEAR = GearId("9" * 24)


def _gear(shop: ApplicationParts) -> Gear:
    return Gear(
        gear_id=GEAR,
        application_id=shop.application.application_id,
        group_id=shop.groups[0].group_id,
        node_id=NodeId("node-a1.example.com"),
        zone="a",
        region="r1",
        ordinal=1,
        is_head=True,
        carries_proxy=False,
        lifecycle="started",
        rotation="in",
        uid=1000,
        operation_id=None,
        created_at="2026-01-01T00:00:00Z",
    )


@pytest.fixture
def shop(writing, user) -> ApplicationParts:
    """A stored application without gears."""
    namespace = a_namespace(user, "demo")
    parts = an_application(user, namespace)
    with writing() as work:
        work.namespaces.add(namespace)
        work.applications.add(parts.application, parts.groups, parts.cartridges)
        work.commit()
    return parts


def _database(shop: ApplicationParts) -> tuple[GearGroup, InstalledCartridge]:
    group = replace(shop.groups[0], group_id=NEW_GROUP, ordinal=1, additional_storage=2)
    installed = InstalledCartridge(
        name="mysql-5.5",
        group_id=NEW_GROUP,
        ordinal=5,
        added_at="2026-01-01T00:00:00Z",
        url="https://acme.com/mysql.yml",
        manifest="Name: mysql",
        data="sealed",
    )
    return group, installed


def _with_database(writing, shop: ApplicationParts) -> ApplicationParts:
    """The application with a new group, counted as one that has a gear in the same transaction."""
    group, installed = _database(shop)
    application_id = shop.application.application_id
    with writing() as work:
        work.applications.add_cartridges(group, [installed], application_id)
        counted = replace(group, gear_count=1, ordinals=1)
        after = replace(shop, groups=(*shop.groups, counted), cartridges=(*shop.cartridges, installed))
        saved = work.applications.save(shop, after)
        work.commit()
    return saved


def test_a_group_that_comes_with_its_cartridge_is_stored_with_what_it_counts(writing, reading, shop):
    saved = _with_database(writing, shop)

    with reading() as work:
        assert work.applications.by_id(shop.application.application_id) == saved


def test_a_group_goes_with_its_last_cartridge(writing, reading, shop):
    saved = _with_database(writing, shop)
    application_id = shop.application.application_id

    with writing() as work:
        work.applications.remove_cartridge(application_id, "mysql-5.5", with_group=NEW_GROUP)
        after = replace(saved, groups=saved.groups[:1], cartridges=saved.cartridges[:-1])
        left = work.applications.save(saved, after)
        work.commit()

    with reading() as work:
        assert work.applications.by_id(application_id) == left
        assert left.groups == shop.groups


def test_a_cartridge_joins_a_group_that_is_there_and_is_stopped_there(writing, reading, shop):
    _, installed = _database(shop)
    joining = replace(installed, group_id=shop.groups[0].group_id)
    application_id = shop.application.application_id

    with writing() as work:
        work.applications.add_cartridges(None, [joining], application_id)
        work.applications.change_cartridge(application_id, "mysql-5.5", running=False)
        work.commit()

    with reading() as work:
        found = work.applications.by_id(application_id)
        assert found is not None
        assert found.cartridge("mysql-5.5") == replace(joining, running=False)
        assert found.stopped_cartridges(shop.groups[0].group_id) == ("mysql-5.5",)


def test_the_endpoints_of_one_cartridge_go_and_those_of_others_stay(writing, reading, shop, a_gear):
    endpoints = [
        StoredEndpoint(
            gear_id=a_gear,
            cartridge=name,
            port_name="PORT",
            public_port=port,
            internal_address="127.0.0.1",
            internal_port=8080,
        )
        for name, port in (("mysql-5.5", 40001), ("php-5.4", 40002))
    ]
    with writing() as work:
        work.gears.add_endpoints(endpoints)
        work.gears.remove_endpoints([a_gear], "mysql-5.5")
        work.commit()

    with reading() as work:
        assert [each.cartridge for each in work.gears.endpoints_of([a_gear])] == ["php-5.4"]


@pytest.fixture
def a_gear(writing, shop) -> GearId:
    """The id of a stored gear of the application."""
    with writing() as work:
        work.nodes.add([a_node("node-a1.example.com")])
        work.gears.add([_gear(shop)])
        work.commit()
    return GEAR
