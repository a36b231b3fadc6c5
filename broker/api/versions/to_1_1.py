"""From 1.2 to 1.1: the entry of the interface does not lead to tokens."""

from broker.api.versions.step import Step, without

STEP = Step(
    version=1.1,
    changes={"links": (without("LIST_AUTHORIZATIONS", "SHOW_AUTHORIZATION", "ADD_AUTHORIZATION"),)},
)
