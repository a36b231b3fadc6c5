"""What a command ends with: its exit status."""

from broker.core.errors import ConfigurationError, Refusal

SUCCESS = 0
FAILURE = 1
CONFIGURATION = 78  # EX_CONFIG of sysexits.h: a supervisor need not try again
INTERRUPTED = 130  # 128 + SIGINT, as shells count
BROKEN_PIPE = 141  # 128 + SIGPIPE
USAGE = 255

# The nearest class of a refusal decides. The field's tools know no finer distinction in their exit status.
EXIT_STATUS: dict[type[Refusal], int] = {
    Refusal: FAILURE,
    ConfigurationError: CONFIGURATION,
}


def exit_status(refusal: Refusal) -> int:
    """The process exit status for the refusal, by its class."""
    return next(EXIT_STATUS[each] for each in type(refusal).__mro__ if each in EXIT_STATUS)
