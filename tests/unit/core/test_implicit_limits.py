from dataclasses import replace

import pytest

from broker.core.implicit_limits import CartridgeFacts, implicit_overrides
from broker.core.limits import ComponentOverride, GroupOverride, LimitDefaults, reduce_overrides, reduce_to

PHP = CartridgeFacts(name="php-5.4", component="php", is_web_framework=True, is_service=True)
PROXY = CartridgeFacts(
    name="haproxy-1.4",
    component="web_proxy",
    is_sparse=True,
    is_web_proxy=True,
    max_gears=1,
    co_located=(("web_framework", "web_proxy"),),
)
MYSQL = CartridgeFacts(name="mysql-5.1", component="mysql", is_service=True, max_gears=1)
OUTSIDE = CartridgeFacts(name="db-elsewhere", component="db", is_external=True)

DEFAULTS = LimitDefaults(gear_size="small")


def limits(cartridges, *, scalable=True, ha=False, multiplier=0, explicit=()):
    implicit = implicit_overrides(cartridges, scalable=scalable, ha=ha, multiplier=multiplier)
    reduced = reduce_overrides((*implicit, *explicit), defaults=DEFAULTS)
    return {tuple(sorted(group.paths)): (group.min_gears, group.max_gears) for group in reduced}


def web(minimum=None, maximum=None):
    return GroupOverride(components=(ComponentOverride(path=PHP.path),), min_gears=minimum, max_gears=maximum)


WEB = ("haproxy-1.4/web_proxy", "php-5.4/php")


@pytest.mark.parametrize(
    ("ha", "explicit", "expected"),
    [
        (False, [], (1, -1)),  # the proxy's own maximum of one does not cap the group
        (True, [], (2, -1)),
        (True, [web(maximum=5)], (2, 5)),
        (True, [web(3, 3)], (3, 3)),
        (True, [web(1, 1)], (2, 1)),  # a contradiction; the minimum wins when gears are counted
        (False, [web(maximum=5)], (1, 5)),
    ],
)
def test_the_limits_of_the_web_group(ha, explicit, expected):
    assert limits([PHP, PROXY], ha=ha, explicit=explicit)[WEB] == expected


def test_a_database_has_a_group_and_limits_of_its_own():
    assert limits([PHP, PROXY, MYSQL], ha=True) == {WEB: (2, -1), ("mysql-5.1/mysql",): (1, 1)}


def test_an_application_that_does_not_scale_is_one_gear_for_everything():
    found = limits([PHP, MYSQL], scalable=False)

    assert found == {("mysql-5.1/mysql", "php-5.4/php"): (1, 1)}


def test_an_external_cartridge_has_no_gears():
    assert limits([PHP, OUTSIDE], scalable=False)[("db-elsewhere/db",)] == (0, 0)


def test_ha_asks_the_proxy_for_two_without_end_and_the_applications_multiplier():
    overrides = reduce_overrides(implicit_overrides([PHP, PROXY], scalable=True, ha=True, multiplier=3))

    proxy = overrides[0].component(PROXY.path)

    assert proxy == ComponentOverride(path=PROXY.path, min_gears=2, max_gears=-1, multiplier=3)


def test_without_ha_the_proxy_has_no_numbers_whatever_the_multiplier():
    overrides = reduce_overrides(implicit_overrides([PHP, PROXY], scalable=True, ha=False, multiplier=3))

    assert overrides[0].component(PROXY.path) == ComponentOverride(path=PROXY.path)


def test_without_a_web_framework_ha_counts_the_first_service():
    assert limits([MYSQL, replace(MYSQL, name="other", component="other")], ha=True) == {
        ("mysql-5.1/mysql",): (2, 1),
        ("other/other",): (1, 1),
    }


def test_everything_derived_is_implicit_so_that_making_ha_stores_nothing():
    overrides = reduce_overrides(implicit_overrides([PHP, PROXY, MYSQL], scalable=True, ha=True, multiplier=3))

    assert all(override.is_implicit for override in overrides)


def test_ending_ha_brings_the_minimum_back_to_one_though_the_owner_had_set_a_maximum():
    owner = web(maximum=5)
    group = GroupOverride(components=tuple(ComponentOverride(path=path) for path in WEB))

    def effective(*, ha):
        implicit = implicit_overrides([PHP, PROXY], scalable=True, ha=ha, multiplier=0)
        (found,) = reduce_to([group], [*implicit, owner], defaults=DEFAULTS)
        return found.min_gears, found.max_gears

    assert effective(ha=True) == (2, 5)
    assert effective(ha=False) == (1, 5)


def test_a_manifest_may_name_a_cartridge_that_is_not_there():
    alone = replace(MYSQL, co_located=(("phpmyadmin",), ("mysql-5.1", "phpmyadmin")))

    assert limits([alone]) == {("mysql-5.1/mysql",): (1, 1)}
