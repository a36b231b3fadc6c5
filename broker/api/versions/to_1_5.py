"""From 1.6 to 1.5: ids are `uuid` or the name, links go by names, and high availability cannot be seen yet."""

from broker.api.versions.links import by_names, each_href, in_links, method, parameter_name
from broker.api.versions.step import Data, Made, Step, renamed, without

# What members are changed by, of a domain and of a team.
_MEMBERS_BY_POST = in_links(method("UPDATE_MEMBERS", "POST"))


def _named_by_namespace(domain: Data, _: Made) -> Data:
    return {**{name: value for name, value in domain.items() if name != "name"}, "id": domain["name"]}


def _with_catalogue_id(cartridge: Data, made: Made) -> Data:
    """The cartridge of an application with the id that it has in the catalogue, where that shows its own."""
    known = getattr(made.source, "cartridge", None)
    return cartridge if known is None else {**cartridge, "id": known.cartridge_id}


def _older_gears(group: Data, _: Made) -> Data:
    return {**group, "gears": [_older_gear(gear) for gear in group["gears"]]}


def _older_gear(gear: Data) -> Data:
    kept = {name: value for name, value in gear.items() if name not in {"region", "zone", "endpoints"}}
    return {**kept, "port_interfaces": gear["endpoints"]} if "endpoints" in gear else kept


STEP = Step(
    version=1.5,
    everywhere=(each_href(by_names),),
    changes={
        "application": (
            renamed("id", "uuid"),
            without("ha"),
            in_links(without("MAKE_HA", "DISABLE_HA", "ADD_ENVIRONMENT_VARIABLE")),
            in_links(method("SET_UNSET_ENVIRONMENT_VARIABLES", "POST")),
        ),
        "cartridge": (_with_catalogue_id,),
        "domain": (
            _named_by_namespace,
            without("available_gears", "max_storage_per_gear", "usage_rates", "private_ssl_certificates"),
            in_links(parameter_name("UPDATE", "name", "id")),
            _MEMBERS_BY_POST,
        ),
        "gear_group": (renamed("id", "uuid"), _older_gears),
        "links": (parameter_name("ADD_DOMAIN", "name", "id"),),
        "team": (_MEMBERS_BY_POST,),
    },
)
