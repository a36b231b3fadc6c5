"""Every refusal, one class each, with its stable code and the text a client sees."""

import re
from collections.abc import Iterator
from typing import ClassVar


class Refusal(Exception):
    """A request that is understood and turned down; nothing has changed.

    `code` is stable for ever. `exit_code` and `field` are what the REST contract shows beside the text;
    HTTP status and process exit status are given by two tables, in `broker.api.errors` and `broker.cli.kit`.
    """

    code: ClassVar[str] = "refused"
    exit_code: int | None = None
    field: str | None = None

    def __init__(self, text: str, *, field: str | None = None, exit_code: int | None = None) -> None:
        super().__init__(text)
        self.text = text
        if field is not None:
            self.field = field
        if exit_code is not None:
            self.exit_code = exit_code


class ManyRefusals(Refusal):
    """Several things are wrong with one input, and each is said."""

    code = "many_refusals"

    def __init__(self, refusals: "tuple[Refusal, ...]") -> None:
        super().__init__("; ".join(refusal.text for refusal in refusals))
        self.refusals = refusals


class NotFound(Refusal):
    """What was asked for does not exist, or the caller may not know that it does."""

    code = "not_found"
    exit_code = 1


class NamespaceNotFound(NotFound):
    """No such namespace among those the caller may see."""

    code = "namespace_not_found"
    exit_code = 127

    def __init__(self, namespace: str) -> None:
        super().__init__(f"Domain '{namespace}' not found.")


class ApplicationNotFound(NotFound):
    """No such application among those the caller may see."""

    code = "application_not_found"
    exit_code = 101

    def __init__(self, application: str) -> None:
        super().__init__(f"Application '{application}' not found.")


class CartridgeNotInApplication(NotFound):
    """The application does not have this cartridge."""

    code = "cartridge_not_in_application"
    exit_code = 129
    malformed: ClassVar[str] = "The requested cartridge was not found."

    def __init__(self, cartridge: str) -> None:
        well_formed = re.fullmatch(r"[\w-]*-\d+(\.\d+)*", cartridge, re.ASCII)
        super().__init__(f"Cartridge '{cartridge}' not found." if well_formed else self.malformed)


class CartridgeNotFound(NotFound):
    """The catalogue does not have this cartridge."""

    code = "cartridge_not_found"

    def __init__(self, cartridge: str) -> None:
        super().__init__(f"Cartridge '{cartridge}' not found.")


class GearGroupNotFound(NotFound):
    """The application does not have this gear group."""

    code = "gear_group_not_found"
    exit_code = 101

    def __init__(self, group_id: str) -> None:
        super().__init__(f"Gear group '{group_id}' not found.")


class OperationNotFound(NotFound):
    """No such operation among those of the caller's applications."""

    code = "operation_not_found"

    def __init__(self, operation_id: str) -> None:
        super().__init__(f"Operation '{operation_id}' not found.")


class EnvironmentVariableNotFound(NotFound):
    """The application has no such environment variable."""

    code = "environment_variable_not_found"
    exit_code = 188

    def __init__(self, name: str) -> None:
        super().__init__(f"User environment variable named '{name}' not found in application")


class AmbiguousApplication(Refusal):
    """More than one visible application has this name; a namespace or an id decides."""

    code = "ambiguous_application"
    exit_code = 101

    def __init__(self, name: str, namespaces: tuple[str, ...]) -> None:
        places = ", ".join(f"domain/{namespace}/application/{name}" for namespace in namespaces)
        super().__init__(f"More than one application is named '{name}'. Use its id, or one of: {places}.")


class Invalid(Refusal):
    """An input that breaks a rule of form."""

    code = "invalid"


class Forbidden(Refusal):
    """The caller is known and may not do this."""

    code = "forbidden"
    exit_code = 1


class LimitReached(Refusal):
    """A quota of the owner is used up."""

    code = "limit_reached"


class Conflict(Refusal):
    """The wish contradicts what is there."""

    code = "conflict"


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
            f"Incompatible gear sizes: {sizes[0]} and {sizes[1]} for components: {', '.join(components)}"
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


class ApplicationBusy(Refusal):
    """Another operation on the application is running and did not end in time."""

    code = "application_busy"
    exit_code = 171

    def __init__(self, reason: str = "Another operation is already running.") -> None:
        super().__init__(f"Unable to perform action on app object. {reason}")


class OperationCancelled(Refusal):
    """Somebody has cancelled the operation; what it had done has been undone."""

    code = "operation_cancelled"
    exit_code = 1

    def __init__(self) -> None:
        super().__init__("The operation was cancelled.")


class OperationGoesOn(Refusal):
    """The caller cannot be told how an operation ends that has begun; to ask again would be to do it twice."""

    code = "operation_goes_on"
    exit_code = 1

    def __init__(self, operation_id: str) -> None:
        super().__init__(f"Operation {operation_id} has begun and goes on by itself. Look at it, do not ask again.")


class ChangeNotShown(Refusal):
    """What was asked for has been done, and only its result cannot be read."""

    code = "change_not_shown"
    exit_code = 1

    def __init__(self) -> None:
        super().__init__("The change was made, but the database does not answer now, so its result cannot be shown.")


class OperationNotCancellable(Refusal):
    """The operation has ended, or what it has begun cannot be undone."""

    code = "operation_not_cancellable"
    exit_code = 1


class NodeFailed(Refusal):
    """A node refused or did not answer; what it had done has been undone."""

    code = "node_failed"
    exit_code = 143


class LogUnavailable(Refusal):
    """The log cannot be read from that position; the listener must take a snapshot."""

    code = "log_unavailable"
    exit_code = 1


class StorageUnavailable(Refusal):
    """The database cannot be used at the moment."""

    code = "storage_unavailable"
    exit_code = 1

    def __init__(self, text: str = "The database does not answer. Nothing was changed; please try again.") -> None:
        super().__init__(text)


class StorageFull(StorageUnavailable):
    """There is no room left where the database is kept."""

    code = "storage_full"

    def __init__(self) -> None:
        super().__init__("The broker's storage is full. Nothing was changed; its operator has to make room.")


class ImpossibleTransition(Exception):
    """A state machine was asked for a move it does not have; its state is unchanged."""


class ConfigurationError(Refusal):
    """A setting is unknown, cannot be read, or contradicts another; nothing has been started."""

    code = "configuration"


class EventFailed(NodeFailed):
    """A node could not do what an event asked of a gear; its text says all."""

    code = "event_failed"


class KeyReused(Refusal):
    """The Idempotency-Key was given with another request before."""

    code = "key_reused"

    def __init__(self) -> None:
        super().__init__("This Idempotency-Key was given with another request. Give every new request a new key.")


class RequestUnderWay(Refusal):
    """The first request with the same Idempotency-Key is still being worked on."""

    code = "request_under_way"

    def __init__(self) -> None:
        super().__init__("The first request with this Idempotency-Key is still being worked on. Try again shortly.")


class RequestTakenOver(RequestUnderWay):
    """Another process has taken the request over while this one was taken for dead; nothing has been changed here."""

    code = "request_taken_over"


def refusal_of(code: str | None, text: str) -> Refusal:
    """A refusal that was stored as its code and its text; what has no known code is a node's failure."""
    kind = next((each for each in _kinds(Refusal) if each.code == code), NodeFailed)
    if issubclass(kind, NoNodeAvailable):
        return kind(text)
    stored = kind.__new__(kind)
    Refusal.__init__(stored, text)
    return stored


def _kinds(kind: type[Refusal]) -> Iterator[type[Refusal]]:
    for each in kind.__subclasses__():
        yield each
        yield from _kinds(each)
