"""Whether a bus can be spoken to at all from here, before anything depends on it."""
# mypy: allow-untyped-calls
# kombu annotates few of its functions.

from kombu.connection import Connection


class Unspoken(Exception):
    """Nothing here speaks to such a bus; the text says what is missing, and nothing of the URL but its scheme."""


def check_usable(url: str) -> None:
    """Load what speaks to this kind of bus, without connecting; raises `Unspoken`."""
    scheme = url.partition(":")[0]
    try:
        with Connection(url) as connection:
            _ = connection.transport
    except (ImportError, KeyError, ValueError, AttributeError) as error:
        text = f"nothing is installed that speaks {scheme}: see `pip install gearbroker[{scheme}]`"
        raise Unspoken(text) from error
