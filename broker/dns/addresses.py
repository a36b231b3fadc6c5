"""The address behind a server's name."""

import socket


def address_of(host: str) -> str:
    """The first address of a host, or `host` if it is one; raises `OSError` where it has none."""
    found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    return str(found[0][4][0])
