"""The frame around every command: whatever ends it becomes a clear line and an exit status."""

import os
import sys
from collections.abc import Callable, Sequence

from broker.cli.kit.result import BROKEN_PIPE, FAILURE, INTERRUPTED, exit_status
from broker.core.errors import ManyRefusals, Refusal
from broker.core.redaction import redacted


def run(command: Callable[[Sequence[str]], int], argv: Sequence[str] | None = None) -> int:
    """Run the command with these arguments (the process's own by default) and return its exit status.

    A refusal, also one of the configuration, is said on stderr, each of many on a line of its own.
    What the system refuses, such as an address in use, is one line there too. Ctrl-C ends with 130, and a
    reader that has gone away (`| head`) quietly with 141.
    A mistake in the command itself is not hidden: it keeps its traceback.
    """
    try:
        status = command(sys.argv[1:] if argv is None else argv)
        sys.stdout.flush()
    except Refusal as refusal:
        for each in refusal.refusals if isinstance(refusal, ManyRefusals) else (refusal,):
            _say(each.text)
        return exit_status(refusal)
    except KeyboardInterrupt:
        print(file=sys.stderr)
        return INTERRUPTED
    except BrokenPipeError:
        _forget_stdout()
        return BROKEN_PIPE
    except OSError as error:
        _say(str(error))
        return FAILURE
    return status


def _say(text: str) -> None:
    print(redacted(text), file=sys.stderr)


def _forget_stdout() -> None:
    """Point stdout at nothing, so that the interpreter's last flush does not fail again."""
    nothing = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nothing, sys.stdout.fileno())
    os.close(nothing)
