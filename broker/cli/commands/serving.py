"""What `demo` and `serve` share: settings from arguments, the platform with its web server, and waiting for the end."""

import argparse
import contextlib
import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from broker.bootstrap import Settings
    from broker.simulator.embedded import EmbeddedPlatform
    from broker.wsgi import WebServer


@dataclass(frozen=True)
class Serving:
    """A platform that is up, and where."""

    embedded: "EmbeddedPlatform"
    server: "WebServer"

    @property
    def dns_port(self) -> int:
        """Where the embedded DNS server answers."""
        return self.embedded.dns_port


# The options that are settings.
SETTINGS = {"GEARBROKER_PORT": "port", "DNS_PORT": "dns_port", "GEARBROKER_DATA_DIR": "data_dir"}


def add_common(parser: argparse.ArgumentParser) -> None:
    """The options of every command that serves."""
    parser.add_argument("--port", type=int, metavar="N", help="port of the web server (0: any free one)")
    add_place(parser)
    parser.add_argument("--data-dir", type=Path, metavar="DIR", help="where everything is kept")


def add_place(parser: argparse.ArgumentParser) -> None:
    """The options of every command that stays up."""
    parser.add_argument("--dns-port", type=int, metavar="N", help="port of the DNS server (0: any free one)")
    parser.add_argument("--config", type=Path, metavar="FILE", help="settings, one KEY=value a line")


def settings_from(chosen: argparse.Namespace, **defaults: str) -> "Settings":
    """The settings of environment and file; what was said on the command line wins, `defaults` lose."""
    from broker.bootstrap import load_settings

    said = {name: getattr(chosen, option, None) for name, option in SETTINGS.items()}
    given = {name: str(value) for name, value in said.items() if value is not None}
    return load_settings({**defaults, **os.environ, **given}, chosen.config)


@contextmanager
def serving(settings: "Settings") -> "Iterator[Serving]":
    """The platform with its web server for the length of a block; raises `ConfigurationError`."""
    from broker.bootstrap import only_process_in, set_up_logging
    from broker.simulator.control import ControlServer
    from broker.simulator.embedded import open_embedded
    from broker.wsgi import WebServer

    # A supervisor's SIGTERM ends the process as Ctrl-C does: everything is stopped in order.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    set_up_logging(level=settings.log_level, form=settings.log_format)
    # Two of them would each simulate the same nodes, and neither would know the other's gears.
    with contextlib.ExitStack() as ending:
        ending.enter_context(only_process_in(settings.data_dir))
        embedded = open_embedded(settings)
        ending.callback(embedded.stop)
        server = WebServer(embedded.built)
        control = ControlServer(settings.data_dir, embedded.fleet)
        ending.callback(control.stop)
        ending.callback(server.stop)
        embedded.start()
        control.start()
        server.start()
        yield Serving(embedded, server)


@contextmanager
def staying_up() -> Iterator[None]:
    """Runs the block, then waits until the process is asked to end; to be asked, even in the block, is no failure."""
    with contextlib.suppress(KeyboardInterrupt):
        yield
        threading.Event().wait()
