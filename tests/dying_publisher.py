"""A process that publishes names and is killed at its first update: before it is sent, or after it was made.

`python tests/dying_publisher.py before|after`, with the broker's settings in its environment.
"""

import os
import signal
import sys
from dataclasses import replace

from broker.bootstrap import build, load_settings
from broker.interfaces import RemoteDns
from broker.usecases.name_publication import tell_names


class Deadly:
    """A DNS server whose next update is the last thing its process does."""

    def __init__(self, server: RemoteDns, instant: str) -> None:
        self._server = server
        self._instant = instant
        self.fence = server.fence
        self.state = server.state
        self.lookup = server.lookup

    def tell(self, records, fence):
        if self._instant == "after":
            self._server.tell(records, fence)
        os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    built = build(load_settings(os.environ))
    assert built.platform.remote_dns is not None
    deadly = Deadly(built.platform.remote_dns, sys.argv[1])
    tell_names(replace(built.platform, remote_dns=deadly), deadly, again=True)
    sys.exit("there was nothing to publish")
