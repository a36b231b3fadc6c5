"""What an operation's wish holds for its planner alone: what was fetched for it, and secrets, sealed.

Any process may have to plan an operation, so all of it is in the wish; whoever is shown the wish is not shown this.
"""

import json
import logging
from collections.abc import Mapping

from broker.interfaces import Json, Platform, Unopenable

_log = logging.getLogger(__name__)

HIDDEN = "hidden"
PURPOSE = "variables of an operation"


def shown_wish(wish: Json) -> dict[str, object]:
    """The wish as people may read it."""
    return {name: value for name, value in wish.items() if name != HIDDEN}


def hidden_in(wish: Json) -> Json:
    """What is hidden in a wish."""
    hidden = wish.get(HIDDEN)
    return hidden if isinstance(hidden, Mapping) else {}


def sealed_variables(platform: Platform, variables: Mapping[str, str]) -> str | None:
    """Environment variables as a wish may hold them; None for none."""
    return platform.vault.seal(json.dumps(dict(variables)).encode(), PURPOSE) if variables else None


def variables_in(platform: Platform, wish: Json) -> dict[str, str]:
    """The variables that are hidden in a wish."""
    sealed = hidden_in(wish).get("variables")
    if not isinstance(sealed, str):
        return {}
    try:
        variables: dict[str, str] = json.loads(platform.vault.open(sealed, PURPOSE))
    except Unopenable:
        # Their key has gone. The operation has to end all the same.
        _log.warning("variables of an operation cannot be opened any more")
        return {}
    return variables
