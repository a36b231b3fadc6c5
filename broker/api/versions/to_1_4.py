"""From 1.5 to 1.4: applications are found through their domains only."""

from broker.api.versions.links import without_optional
from broker.api.versions.step import Step, without

STEP = Step(
    version=1.4,
    changes={
        "links": (
            without("LIST_APPLICATIONS", "LIST_APPLICATIONS_BY_OWNER", "SHOW_APPLICATION"),
            without_optional("ADD_DOMAIN", "allowed_gear_sizes"),
        ),
    },
)
