"""A listener that renders a text file from the routing tables and runs a command when it has changed."""

import logging
import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import jinja2
import jinja2.sandbox

from routing_spi.command import CommandFailed, run_command
from routing_spi.events import RoutingEvent
from routing_spi.files import replace_file
from routing_spi.listener import OptionRefused, known_options
from routing_spi.names import pool_aliases, pool_members, pool_name
from routing_spi.snapshot import Snapshot
from routing_spi.tables import Tables

_TIMEOUT_SECONDS: Final = "30"


class TemplateListener:
    """Options: `template` and `output` (paths), optional `command` (no shell) and `timeout_seconds` (30).

    The template is Jinja2 in a sandbox; it sees `tables`, sorted by namespace and application, and the
    filters `pool_name`, `pool_members` and `pool_aliases`. The file is replaced atomically. If rendering
    or the command fails, the last good file is put back, the failure is logged, and the next change tries
    again.
    """

    def __init__(self, options: Mapping[str, str]) -> None:
        """Raises `OptionRefused` for a template that cannot be read or parsed, and for senseless options."""
        known_options(options, required=("template", "output"), optional=("command", "timeout_seconds"))
        self._template = _template(Path(options["template"]))
        self._output = Path(options["output"])
        self._command = _arguments(options.get("command", ""))
        self._timeout_seconds = _seconds(options.get("timeout_seconds", _TIMEOUT_SECONDS))
        self._tables = Tables()
        self._good = _text(self._output)

    def apply(self, event: RoutingEvent) -> None:
        """Take in the event and render."""
        self._tables.apply(event)
        self._render()

    def resync(self, snapshot: Snapshot) -> None:
        """Take in the snapshot and render."""
        self._tables.resync(snapshot)
        self._render()

    def _render(self) -> None:
        try:
            text = self._template.render(tables=list(self._tables))
        except Exception:  # noqa: BLE001 - a template is its author's code and may raise anything
            self._log().error("rendering failed, the last good file stays", exc_info=True)
            return
        if text == self._good:
            return
        replace_file(self._output, text)
        try:
            if self._command:
                run_command(self._command, timeout_seconds=self._timeout_seconds)
        except CommandFailed as error:
            self._put_back()
            self._log().error("%s: the last good file was put back, the next change tries again", error)
        else:
            self._good = text

    def _put_back(self) -> None:
        if self._good is None:
            self._output.unlink(missing_ok=True)
        else:
            replace_file(self._output, self._good)

    def _log(self) -> logging.Logger:
        return logging.getLogger(__name__)


def _template(path: Path) -> jinja2.Template:
    environment = jinja2.sandbox.ImmutableSandboxedEnvironment(
        undefined=jinja2.StrictUndefined,
        autoescape=False,  # routers read plain text, not HTML
        keep_trailing_newline=True,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(pool_name=pool_name, pool_members=pool_members, pool_aliases=pool_aliases)
    try:
        return environment.from_string(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise OptionRefused(f"option 'template': {path} cannot be read: {error}") from error
    except jinja2.TemplateSyntaxError as error:
        raise OptionRefused(f"option 'template': {path}, line {error.lineno}: {error.message}") from error


def _arguments(command: str) -> list[str]:
    try:
        return shlex.split(command)
    except ValueError as error:
        raise OptionRefused(f"option 'command': {command!r} cannot be split into arguments: {error}") from error


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not 0 < seconds < float("inf"):
        raise OptionRefused(f"option 'timeout_seconds' must be a number above 0, not {text!r}")
    return seconds


def _text(path: Path) -> str | None:
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError) as error:
        raise OptionRefused(f"option 'output': {path} cannot be read: {error}") from error
