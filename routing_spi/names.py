"""How a router names the pool of an application, who is in it and under which names it is reached."""

import re
from typing import Final

from routing_spi.endpoint import LOAD_BALANCER, Endpoint
from routing_spi.table import RoutingTable

# The field's default; %a is the application, %n its namespace.
POOL_NAME: Final = "pool_ose_%a_%n_80"
ENDPOINT_TYPES: Final = (LOAD_BALANCER,)


def pool_name(table: RoutingTable, pattern: str = POOL_NAME) -> str:
    """`pattern` with `%a` and `%n` replaced by the application and its namespace."""
    names = {"%a": table.app_name, "%n": table.namespace}
    return re.sub("%[an]", lambda match: names[match.group()], pattern)


def pool_members(table: RoutingTable, types: tuple[str, ...] = ENDPOINT_TYPES) -> tuple[Endpoint, ...]:
    """The endpoints of these types that traffic may be sent to; other types make no member."""
    return tuple(endpoint for endpoint in table.serving if set(types) & set(endpoint.types))


def pool_aliases(table: RoutingTable) -> tuple[str, ...]:
    """The names the pool answers to: the HA DNS name if there is one, the application's own, aliases."""
    ha = (table.ha_dns,) if table.ha_dns else ()
    return (*ha, table.application_dns, *table.aliases)
