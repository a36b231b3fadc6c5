"""The file form of the settings: NAME=value lines, quotes and comments as the field writes them."""

import difflib
import re
from collections.abc import Collection
from pathlib import Path

from broker.core.errors import ConfigurationError

QUOTED = re.compile(r"""(?P<quote>["'])(?P<value>.*?)(?P=quote)\s*(\#.*)?""")
COMMENT = re.compile(r"(^|\s+)#.*")


def read_file(path: Path, known: Collection[str]) -> dict[str, str]:
    """The settings that the file gives, by name, as unread text.

    One pair of quotes around a value is taken off, and so is a comment after a blank.
    Raises `ConfigurationError`, naming file and line, for a file that cannot be read, a line of another form,
    and a name that is unknown or given twice.
    """
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"The configuration file {path} cannot be read: {error}.") from error
    given: dict[str, str] = {}
    for number, line in enumerate(lines, start=1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        name, separator, rest = line.partition("=")
        name = name.strip()
        place = f"{path}, line {number}"
        if not separator:
            raise ConfigurationError(f"{place}: a line has the form NAME=value.")
        if name not in known:
            raise ConfigurationError(f"{place}: unknown setting {name!r}{_did_you_mean(name, known)}.", field=name)
        if name in given:
            raise ConfigurationError(f"{place}: {name} is set a second time.", field=name)
        given[name] = _value(rest.strip())
    return given


def _value(text: str) -> str:
    quoted = QUOTED.fullmatch(text)
    return quoted["value"] if quoted else COMMENT.sub("", text)


def _did_you_mean(name: str, known: Collection[str]) -> str:
    close = difflib.get_close_matches(name.upper(), known, n=1)
    return f"; did you mean {close[0]}" if close else ""
