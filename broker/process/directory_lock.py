"""One process at a time in a data directory, for as long as it lives and no longer."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from broker.core.errors import ConfigurationError

LOCK_NAME = "lock"


@contextmanager
def only_process_in(directory: Path) -> Iterator[None]:
    """Hold the directory for the length of a block; raises `ConfigurationError` where another process holds it.

    The system lets go of it when the process ends, however it ends, so that nothing stale is left by a crash.
    """
    try:
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        held = os.open(directory / LOCK_NAME, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        text = f"The data directory {directory} cannot be made: {error.strerror}. Name another with --data-dir."
        raise ConfigurationError(text, field="GEARBROKER_DATA_DIR") from error
    try:
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            text = f"A platform is running in {directory}. End it, or name another directory with --data-dir."
            raise ConfigurationError(text, field="GEARBROKER_DATA_DIR") from None
        yield
    finally:
        os.close(held)
