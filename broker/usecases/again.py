"""Does a whole unit of work again where another one was in its way."""

from collections.abc import Callable
from typing import TypeVar

from broker.interfaces import Collided

ATTEMPTS = 5

_Made = TypeVar("_Made")


def again(act: Callable[[], _Made], attempts: int = ATTEMPTS) -> _Made:
    """What `act` returns, which opens a unit of work, decides and commits; it begins anew where that `Collided`.

    Nothing of what collided is left, so `act` must do nothing outside its unit of work. The last collision is raised.
    """
    for _ in range(attempts - 1):
        try:
            return act()
        except Collided:
            continue
    return act()
