"""What cannot be done now: something else is under way, or what it needs is away."""

from broker.core.errors.base import Refusal


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


class SourceUnavailable(Refusal):
    """What is to be fetched from elsewhere cannot be had now; later it may."""

    code = "source_unavailable"


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
