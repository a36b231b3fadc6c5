"""What every refusal is, and those that say no more than their kind."""

from typing import ClassVar


class Refusal(Exception):
    """A request that is understood and turned down; nothing has changed.

    `code` is stable for ever. `exit_code` and `field` are what the REST contract shows beside the text;
    HTTP status and process exit status are given by two tables, in `broker.api.errors` and `broker.cli.kit`.
    `index` is the place in a list of the one thing that it is about.
    """

    code: ClassVar[str] = "refused"
    exit_code: int | None = None
    field: str | None = None
    index: int | None = None

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


class Invalid(Refusal):
    """An input that breaks a rule of form."""

    code = "invalid"


class PreconditionFailed(Refusal):
    """What the caller has seen of it is not what is there now."""

    code = "precondition_failed"
    exit_code = 1

    def __init__(self) -> None:
        super().__init__("It has changed, or is being changed, since you have seen it. Read it again, then decide.")


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


class ConfigurationError(Refusal):
    """A setting is unknown, cannot be read, or contradicts another; nothing has been started."""

    code = "configuration"


class ImpossibleTransition(Exception):
    """A state machine was asked for a move it does not have; its state is unchanged."""
