"""Who waits for a row and loses their role meanwhile: on PostgreSQL, where several write side by side."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from store.waiting import wait_for_locks

from broker.core.access import Role
from broker.core.errors import ApplicationNotFound, Forbidden, NamespaceNotFound
from broker.core.membership import USER
from broker.core.scaling import ScaleDirection
from broker.interfaces import Origin
from broker.usecases import accounts, aliases, applications, members
from broker.usecases.circles import Place
from broker.usecases.member_wishes import MemberWish
from broker.usecases.scaling import scale
from broker.usecases.wishes import ApplicationWish, CartridgeWish

pytestmark = pytest.mark.services("postgresql")

PLACE = Place(domain="demo")
LOST = [None, Role.VIEW]
IDS = ["removed", "demoted"]


@pytest.fixture
def shared(found, postgresql_url):
    """A platform with the application `shop`, which `friend` may change with everything around it."""
    world = found(DATABASE_URL=postgresql_url)
    world.create()
    accounts.create_user(world.platform, "friend")
    wish = MemberWish(login="friend", role="admin")
    members.change_members(world.platform, world.demo, PLACE, [wish], many=False)
    return world


def friend(world):
    return accounts.find_user(world.platform, "friend")


def by_friend(world):
    """The platform as it is for a request of the friend's."""
    return replace(world.platform, origin=Origin(caller=friend(world)))


def give(work, world, role):
    """What a change of members by the owner does."""
    (domain,) = work.namespaces.of_owner(world.demo.user_id)
    if role is None:
        work.members.remove(domain.namespace_id, [(USER, friend(world).user_id)])
    else:
        work.members.put(domain.namespace_id, USER, friend(world).user_id, role)


def refused_while_members_change(world, role, act):
    """What `act` of the friend's raises, who waits for the domain's row in which their role goes."""
    with ThreadPoolExecutor(1) as thread, world.platform.unit_of_work() as work:
        (domain,) = work.namespaces.of_owner(world.demo.user_id)
        assert work.namespaces.locked(domain.namespace_id) is not None
        waiting = thread.submit(act)
        wait_for_locks(work)
        give(work, world, role)
        work.commit()
        return waiting.exception(20)


def refused_while_the_application_is_held(world, role, act):
    """What `act` of the friend's raises, who waits for the application's row while their role goes."""
    with ThreadPoolExecutor(1) as thread, world.platform.unit_of_work() as holding:
        shop = world.parts().application.application_id
        assert holding.applications.locked(shop) is not None
        waiting = thread.submit(act)
        wait_for_locks(holding)
        with world.platform.unit_of_work() as work:
            give(work, world, role)
            work.commit()
        holding.commit()
        return waiting.exception(20)


@pytest.mark.parametrize("role", LOST, ids=IDS)
def test_an_administrator_who_is_removed_while_they_wait_changes_no_members(shared, role):
    wish = MemberWish(login="other", role="edit")

    refusal = refused_while_members_change(
        shared,
        role,
        lambda: members.change_members(by_friend(shared), friend(shared), PLACE, [wish], many=False),
    )

    assert type(refusal) is (NamespaceNotFound if role is None else Forbidden)
    assert "other" not in {each.called for each in members.list_members(shared.platform, shared.demo, PLACE)}


@pytest.mark.parametrize("role", LOST, ids=IDS)
def test_an_administrator_who_is_removed_while_they_wait_removes_no_members(shared, role):
    wish = MemberWish(login="other", role="edit")
    members.change_members(shared.platform, shared.demo, PLACE, [wish], many=False)

    refusal = refused_while_members_change(
        shared, role, lambda: members.reset_members(by_friend(shared), friend(shared), PLACE, ["other"])
    )

    assert type(refusal) is (NamespaceNotFound if role is None else Forbidden)
    assert "other" in {each.called for each in members.list_members(shared.platform, shared.demo, PLACE)}


@pytest.mark.parametrize("role", LOST, ids=IDS)
def test_an_editor_who_is_removed_while_they_wait_creates_no_application(shared, role):
    wish = ApplicationWish(name="late", namespace="demo", cartridges=(CartridgeWish(name="php-5.4"),))

    refusal = refused_while_members_change(
        shared, role, lambda: applications.create_application(by_friend(shared), friend(shared), wish)
    )

    assert type(refusal) is (NamespaceNotFound if role is None else Forbidden)
    seen = applications.list_applications(shared.platform, shared.demo)
    assert [each.parts.application.name for each in seen] == ["shop"]


@pytest.mark.parametrize("role", LOST, ids=IDS)
@pytest.mark.parametrize(
    "act",
    [
        lambda platform, user: scale(platform, user, "shop", ScaleDirection.UP, by=1, namespace="demo"),
        lambda platform, user: aliases.add_alias(platform, user, "shop", "www.shop.org", "demo"),
        lambda platform, user: applications.delete_application(platform, user, "shop", "demo"),
    ],
    ids=["scale", "alias", "delete"],
)
def test_an_editor_who_is_removed_while_they_wait_changes_no_application(shared, role, act):
    before = shared.parts()

    refusal = refused_while_the_application_is_held(shared, role, lambda: act(by_friend(shared), friend(shared)))

    assert type(refusal) is (ApplicationNotFound if role is None else Forbidden)
    assert shared.parts() == before
