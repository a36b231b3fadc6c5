"""Whether an application is HA now."""

from dataclasses import dataclass

from marshmallow import Schema, fields

from broker.api.call import Frame
from broker.api.fields import Links
from broker.api.links import Link
from broker.core.rotation import Rotation
from broker.core.verdict import Rule, VerdictState
from broker.usecases.ha_verdict import VerdictView


@dataclass(frozen=True, kw_only=True)
class ShownVerdict:
    """The verdict of an application."""

    view: VerdictView
    frame: Frame

    @property
    def fatal_nodes(self) -> tuple[str, ...]:
        """The nodes whose loss would end the application; none where it is not up."""
        return self.view.verdict.fatal_nodes if self.view.verdict.answers else ()

    @property
    def fatal_zones(self) -> tuple[str, ...]:
        """The zones whose loss would end the application; none where it is not up."""
        return self.view.verdict.fatal_zones if self.view.verdict.answers else ()

    @property
    def links(self) -> dict[str, object] | None:
        """Where more is shown."""
        path = f"application/{self.view.parts.application.application_id}"
        return self.frame.links(
            Link(name="GET", rel="Show whether the application is HA now", path=f"{path}/ha"),
            Link(name="GET_APPLICATION", rel="Show the application", path=path),
        )


class FailedRuleSchema(Schema):
    """A rule that fails; its code stays the same, its text and the advice are for people."""

    code = fields.String(attribute="rule", metadata={"enum": [rule.value for rule in Rule]})
    text = fields.String()
    advice = fields.String()


class HeldGearSchema(Schema):
    """A gear that was rotated out by hand."""

    id = fields.String(attribute="gear.gear_id")
    rotation = fields.String(metadata={"enum": [Rotation.DRAINING.value, Rotation.OUT.value]})
    drained_at = fields.String(attribute="gear.drained_at", allow_none=True)


class VerdictSchema(Schema):
    """Whether an application is HA now."""

    application_id = fields.String(attribute="view.parts.application.application_id")
    state = fields.String(attribute="view.verdict.state", metadata={"enum": [state.value for state in VerdictState]})
    since = fields.String(attribute="view.parts.application.verdict_since", allow_none=True)
    asked = fields.Boolean(attribute="view.parts.application.ha")
    failed_rules = fields.List(fields.Nested(FailedRuleSchema), attribute="view.verdict.failures")
    survives_any_node = fields.Boolean(attribute="view.verdict.survives_any_node")
    survives_any_zone = fields.Boolean(attribute="view.verdict.survives_any_zone")
    fatal_nodes = fields.List(fields.String())
    fatal_zones = fields.List(fields.String())
    proxies = fields.Integer(attribute="view.verdict.proxies")
    wanted_proxies = fields.Integer(attribute="view.verdict.wanted_proxies")
    serving_gears = fields.Integer(attribute="view.verdict.serving")
    held_out = fields.List(fields.Nested(HeldGearSchema), attribute="view.held_out")
    links = Links()
