"""Paths as clients write them: with or without the prefix, with a format at the end, with a slash too many."""

from collections.abc import Callable, Iterable
from typing import Any

PREFIX = "/broker/rest"
FORMATS = ("json", "xml", "yml", "yaml", "xhtml")
SUFFIX_KEY = "gearbroker.suffix"
PATH_KEY = "gearbroker.path"

WsgiApp = Callable[[dict[str, Any], Any], Iterable[bytes]]


class CanonicalPaths:
    """Takes prefix, format and last slash off a path before it is looked up; what it was stays in the environment."""

    def __init__(self, inner: WsgiApp) -> None:
        self._inner = inner

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        """Pass the request on."""
        given = str(environ.get("PATH_INFO", "/"))
        environ[PATH_KEY] = given
        environ["PATH_INFO"], environ[SUFFIX_KEY] = canonical(given)
        return self._inner(environ, start_response)


def canonical(path: str) -> tuple[str, str]:
    """The path below the prefix, and the format asked for, empty if none was."""
    below = path[len(PREFIX) :] if path == PREFIX or path.startswith(f"{PREFIX}/") else path
    below = below.rstrip("/")
    if path.startswith(PREFIX) and below == "":
        return "/broker/rest", ""  # the root of the interface has an address of its own
    stem, dot, end = below.rpartition(".")
    if dot and end in FORMATS and not stem.endswith("/"):
        return stem, end
    return below or "/", ""
