"""What a command ends with: its exit status, and the texts an operation has collected on the way."""

from dataclasses import dataclass, field

from broker.core.errors import ConfigurationError, Refusal

SUCCESS = 0
FAILURE = 1
CONFIGURATION = 78  # EX_CONFIG of sysexits.h: a supervisor need not try again
INTERRUPTED = 130  # 128 + SIGINT, as shells count
BROKEN_PIPE = 141  # 128 + SIGPIPE
DECLINED = 217
USAGE = 255

# The nearest class of a refusal decides. The field's tools know no finer distinction in their exit status.
EXIT_STATUS: dict[type[Refusal], int] = {
    Refusal: FAILURE,
    ConfigurationError: CONFIGURATION,
}


def exit_status(refusal: Refusal) -> int:
    """The process exit status for the refusal, by its class."""
    return next(EXIT_STATUS[each] for each in type(refusal).__mro__ if each in EXIT_STATUS)


@dataclass(kw_only=True, slots=True)
class Collected:
    """The texts of one operation in three channels, in the order in which they came."""

    debug: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    results: list[str] = field(default_factory=list)

    def text(self) -> str:
        """As `oo-admin-ctl-app` prints it: debug, errors, then the results or the word `Success`.

        A channel has its heading on a line of its own, and none when it is empty.
        """
        lines = []
        if self.debug:
            lines += ["DEBUG OUTPUT:", *self.debug]
        if self.errors:
            lines += ["ERROR OUTPUT:", *self.errors]
        return "\n".join([*lines, *(self.results or ["Success"])]) + "\n"
