"""The lanes of the event log: an application is in one of them, so that relays share lanes and keep its order."""

import zlib

from broker.core.ids import ApplicationId

# More relays than this would have nothing to do. To change it, all events and cursors must be given their lanes anew.
LANES = 8


def lane_of(application_id: ApplicationId) -> int:
    """The lane of an application's events, for ever the same."""
    return zlib.crc32(application_id.encode()) % LANES


def cursor_names(destination: str) -> list[str]:
    """The names under which a destination's cursors are kept, by lane."""
    return [f"{destination}#{lane}" for lane in range(LANES)]
