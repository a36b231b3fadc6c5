"""What a proxy in front of the broker may say of a request: who has logged in there, and where it comes from."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from broker.api.paths import WsgiApp

# No header can set this: those of a request all begin with `HTTP_`.
PEER_KEY = "gearbroker.peer"
LONGEST_LOGIN = 255
# What Apache sends for a variable that is not set.
_NOBODY = "(null)"


class NotesPeer:
    """Notes who is at the other end of the connection, before anything believes what headers say of that.

    It has to be the outermost: what is inside may replace `REMOTE_ADDR` by the address of a proxy's client.
    """

    def __init__(self, inner: WsgiApp) -> None:
        self._inner = inner

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        """Pass the request on."""
        environ[PEER_KEY] = environ.get("REMOTE_ADDR", "")
        return self._inner(environ, start_response)


@dataclass(frozen=True, kw_only=True, slots=True)
class Fronting:
    """The proxy that is believed, by its address, and the header in which it names who has logged in; "": none.

    With `creates_users` somebody whom it names gets an account if there is none.
    """

    proxy: str = ""
    user_header: str = ""
    creates_users: bool = True

    def login_of(self, environ: Mapping[str, Any]) -> str | None:
        """The login that the proxy vouches for; None where it names nobody, or where somebody else sent the request.

        A name that no account can have is nobody's. One with a comma neither: where a client has sent the header too,
        and the proxy has added its own, the two arrive as one with a comma between them.
        """
        if not self.user_header or not self.is_from_proxy(environ):
            return None
        given = environ.get(f"HTTP_{self.user_header.upper().replace('-', '_')}", "")
        try:
            # Headers are bytes, which WSGI hands on as Latin-1.
            login = given.encode("latin-1").decode("utf-8").strip()
        except UnicodeError:
            return None
        if not login or login == _NOBODY or len(login) > LONGEST_LOGIN:
            return None
        return login if login.isprintable() and not {",", ":"} & set(login) else None

    def is_from_proxy(self, environ: Mapping[str, Any]) -> bool:
        """Whether the connection is the proxy's, whatever headers say."""
        return self.proxy != "" and peer_of(environ) == self.proxy


def peer_of(environ: Mapping[str, Any]) -> str:
    """The address at the other end of the connection.

    Under a web server that is not ours that is `REMOTE_ADDR`, which nothing in front may have replaced.
    """
    return str(environ.get(PEER_KEY, environ.get("REMOTE_ADDR", "")))


def client_of(environ: Mapping[str, Any]) -> str:
    """The address of the client: what the proxy that is believed says it is, else the other end of the connection."""
    return str(environ.get("REMOTE_ADDR", ""))
