"""What the rules of applications, gears and quotas refuse."""

from broker.core.errors.base import LimitReached, Refusal


class TooManyNamespaces(Refusal):
    """The owner may not have another namespace."""

    code = "too_many_namespaces"
    exit_code = 103

    def __init__(self, maximum: int) -> None:
        super().__init__(f"You may not have more than {maximum} domain{'' if maximum == 1 else 's'}.")


class HighAvailabilityRefused(Refusal):
    """A precondition of making an application HA, or of ending that, does not hold."""

    code = "high_availability_refused"


class HighAvailabilityNeedsTwoGears(Refusal):
    """An HA application cannot be limited to one gear."""

    code = "high_availability_needs_two_gears"

    def __init__(self) -> None:
        super().__init__("Cannot set the max gear limit to '1' if the application is HA (highly available)")


class ScalingRefused(Refusal):
    """The application cannot be scaled that way."""

    code = "scaling_refused"


class BelowMinimum(ScalingRefused):
    """Fewer gears than the group's minimum."""

    code = "below_minimum"
    exit_code = 168

    def __init__(self, minimum: int) -> None:
        super().__init__(f"Cannot scale down below gear limit of {minimum}.")


class AboveMaximum(ScalingRefused):
    """More gears than the group's maximum."""

    code = "above_maximum"
    exit_code = 168

    def __init__(self, maximum: int) -> None:
        super().__init__(f"Cannot scale up above maximum gear limit of {maximum}.")


class SparseMinimumViolated(ScalingRefused):
    """No gear can go without taking away a sparse cartridge that must stay."""

    code = "sparse_minimum_violated"

    def __init__(self, by: int) -> None:
        super().__init__(
            f"Cannot scale down by {by} as it violates the minimum gear restrictions for sparse cartridges."
        )


class QuotaExceeded(LimitReached):
    """The owner's gears do not suffice for what is asked."""

    code = "quota_exceeded"

    def __init__(self, owner: str, consumed: int, maximum: int, wanted: int) -> None:
        super().__init__(
            f"{owner} is currently using {consumed} out of {maximum} limit"
            f" and this application requires {wanted} additional gears."
        )


class IncompatibleGearSizes(Refusal):
    """Cartridges that share a gear ask for different sizes."""

    code = "incompatible_gear_sizes"
    exit_code = 142

    def __init__(self, sizes: tuple[str, str], components: tuple[str, ...]) -> None:
        super().__init__(
            f"Incompatible gear sizes: {sizes[0]} and {sizes[1]} for cartridges {', '.join(components)}"
            " that will reside on the same gear."
        )


class NoNodeAvailable(Refusal):
    """No node can take the gear; `reasons` counts nodes by refusing rule, `advice` says what helps."""

    code = "no_node_available"
    exit_code = 140

    def __init__(
        self, text: str = "No nodes available", *, reasons: dict[str, int] | None = None, advice: str = ""
    ) -> None:
        super().__init__(text)
        self.reasons = reasons or {}
        self.advice = advice


class MinimumZonesUnreachable(NoNodeAvailable):
    """The nodes that could take the gear do not bring its gear group to the minimum number of zones."""

    code = "minimum_zones_unreachable"
    exit_code = 1
