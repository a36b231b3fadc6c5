"""Which names an application may not be given, because they are the cloud's own."""

import pytest

from broker.core.errors import Invalid
from broker.core.policy import Policy
from broker.usecases.aliases import check_alias

INSIDE = {"cloud_domain": "apps.example.com", "router_hostname": "www.apps.example.com"}
OUTSIDE = {"cloud_domain": "apps.example.com", "router_hostname": "routers.example.net"}


@pytest.mark.parametrize("allowed", [True, False])
@pytest.mark.parametrize(
    ("policy", "alias"),
    [
        (OUTSIDE, "routers.example.net"),
        (OUTSIDE, "Routers.Example.NET"),
        (INSIDE, "www.apps.example.com"),
        (INSIDE, "apps.example.com"),
        ({**OUTSIDE, "cloud_domain": "Apps.Example.com"}, "apps.example.com"),
        ({**OUTSIDE, "router_hostname": "Routers.example.net"}, "routers.example.net"),
        (INSIDE, "ha-web-shop.apps.example.com"),
        (INSIDE, "web-shop.apps.example.com"),
        ({**INSIDE, "ha_dns_prefix": "", "ha_dns_suffix": "-HA"}, "web-shop-ha.apps.example.com"),
    ],
)
def test_the_clouds_own_names_are_no_aliases_whatever_is_allowed(policy, alias, allowed):
    with pytest.raises(Invalid) as refused:
        check_alias(alias, Policy(**policy, allow_alias_in_cloud_domain=allowed))

    assert (refused.value.text, refused.value.field, refused.value.exit_code) == (
        f"The specified alias is not allowed: '{alias}'",
        "id",
        105,
    )


@pytest.mark.parametrize("alias", ["www.example.net", "x.routers.example.net", "apps.example.com.example.net"])
def test_a_name_beside_them_is_an_alias(alias):
    assert check_alias(alias, Policy(**OUTSIDE)) == alias


def test_others_inside_the_clouds_domain_are_as_the_operator_says():
    assert check_alias("shop.apps.example.com", Policy(**INSIDE, allow_alias_in_cloud_domain=True))
    with pytest.raises(Invalid):
        check_alias("shop.apps.example.com", Policy(**INSIDE))
