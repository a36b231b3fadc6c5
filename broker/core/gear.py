"""The life of a gear, from the record to its end, and the state that a client is shown."""

from enum import StrEnum
from typing import Final

from broker.core.transitions import TransitionTable


class Lifecycle(StrEnum):
    """Where a gear is in its life; the seven of the REST contract, and the two of its end."""

    NEW = "new"
    BUILDING = "building"
    STARTED = "started"
    STOPPED = "stopped"
    IDLE = "idle"
    DEPLOYING = "deploying"
    UNKNOWN = "unknown"
    DESTROYING = "destroying"
    GONE = "gone"


class LifecycleInput(StrEnum):
    """What is done to a gear, or learnt of it."""

    BUILD = "build"
    START = "start"
    STOP = "stop"
    SLEEP = "sleep"
    DEPLOY = "deploy"
    DOUBT = "doubt"
    DESTROY = "destroy"
    FORGET = "forget"


_L = Lifecycle
_I = LifecycleInput

# The documented rule of what may follow what. It moves no gear: a use case knows the state that its operation leads to,
# and stores it for many gears in one statement.
LIFECYCLE: Final = TransitionTable[Lifecycle, LifecycleInput](
    initial=_L.NEW,
    moves={
        (_L.NEW, _I.BUILD): _L.BUILDING,
        (_L.NEW, _I.FORGET): _L.GONE,  # its creation was undone before any node knew of it
        (_L.BUILDING, _I.START): _L.STARTED,
        (_L.BUILDING, _I.STOP): _L.STOPPED,  # built, and not to be started
        (_L.BUILDING, _I.DOUBT): _L.UNKNOWN,
        (_L.BUILDING, _I.DESTROY): _L.DESTROYING,
        (_L.STARTED, _I.START): _L.STARTED,  # a restart
        (_L.STARTED, _I.STOP): _L.STOPPED,
        (_L.STARTED, _I.SLEEP): _L.IDLE,
        (_L.STARTED, _I.DEPLOY): _L.DEPLOYING,
        (_L.STARTED, _I.DOUBT): _L.UNKNOWN,
        (_L.STARTED, _I.DESTROY): _L.DESTROYING,
        (_L.STOPPED, _I.START): _L.STARTED,
        (_L.STOPPED, _I.STOP): _L.STOPPED,
        (_L.STOPPED, _I.DEPLOY): _L.DEPLOYING,
        (_L.STOPPED, _I.DOUBT): _L.UNKNOWN,
        (_L.STOPPED, _I.DESTROY): _L.DESTROYING,
        (_L.IDLE, _I.START): _L.STARTED,
        (_L.IDLE, _I.STOP): _L.STOPPED,
        (_L.IDLE, _I.DOUBT): _L.UNKNOWN,
        (_L.IDLE, _I.DESTROY): _L.DESTROYING,
        (_L.DEPLOYING, _I.START): _L.STARTED,
        (_L.DEPLOYING, _I.STOP): _L.STOPPED,
        (_L.DEPLOYING, _I.DOUBT): _L.UNKNOWN,
        (_L.DEPLOYING, _I.DESTROY): _L.DESTROYING,
        (_L.UNKNOWN, _I.START): _L.STARTED,
        (_L.UNKNOWN, _I.STOP): _L.STOPPED,
        (_L.UNKNOWN, _I.SLEEP): _L.IDLE,
        (_L.UNKNOWN, _I.DOUBT): _L.UNKNOWN,
        (_L.UNKNOWN, _I.DESTROY): _L.DESTROYING,
        (_L.DESTROYING, _I.DESTROY): _L.DESTROYING,  # told again, because a reply was lost
        (_L.DESTROYING, _I.DOUBT): _L.UNKNOWN,
        (_L.DESTROYING, _I.FORGET): _L.GONE,
    },
)

UNRESPONSIVE: Final = "unresponsive"


def shown_state(lifecycle: Lifecycle, *, node_responds: bool) -> str:
    """The state a client and a router are told: a gear on a node that is not heard of is unresponsive."""
    return lifecycle.value if node_responds else UNRESPONSIVE
