"""From 1.3 to 1.2: domains have neither members nor gear sizes, and count applications only."""

from broker.api.versions.links import in_links, without_optional
from broker.api.versions.step import Step, without

STEP = Step(
    version=1.2,
    changes={
        "domain": (
            without("members", "allowed_gear_sizes", "creation_time", "gear_counts"),
            in_links(without("LIST_MEMBERS", "UPDATE_MEMBERS", "LEAVE")),
            in_links(without_optional("UPDATE", "allowed_gear_sizes")),
        ),
    },
)
