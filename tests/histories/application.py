"""An application as its owner sees it over the REST interface, and what each answer says of it."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from histories.checker import Step

NOT_FOUND, BUSY, NO_NODE, NAME_TAKEN, ALIAS_TAKEN, NO_ALIAS, LIMIT = 101, 171, 140, 100, 140, 173, 168
OK, BAD, MISSING, FAULT, AWAY = 200, 400, 404, 500, 503


class App(NamedTuple):
    """The application; one that is going is no longer found, and its name is not free yet."""

    life: str = "none"
    gears: int = 0
    ha: bool = False
    aliases: frozenset[str] = frozenset()

    @property
    def is_there(self) -> bool:
        return self.life == "there"


@dataclass(frozen=True, kw_only=True)
class Call:
    """One request with its answer; `shown` is the application in it, where there is one."""

    what: str
    by: int = 0
    alias: str = ""
    ha: bool = False
    called: float
    returned: float
    status: int
    exit_code: int | None = None
    text: str = ""
    shown: Mapping[str, object] = field(default_factory=dict)

    @property
    def did(self) -> bool:
        return self.status < BAD

    def __str__(self) -> str:
        told = f"gears {self.shown['gear_count']}, ha {self.shown['ha']}" if self.shown else self.text[:70]
        asked = " ".join(str(each) for each in (self.what, self.by, self.alias, "ha" if self.ha else "") if each)
        return f"{self.called:8.3f} to {self.returned:8.3f}  {asked}: {self.status} {told}"


Act = Callable[[App], App | None]


def steps_of(calls: Sequence[Call]) -> list[Step[App]]:
    """The steps of all these calls; a call that was told that nothing was done leaves none."""
    steps: list[Step[App]] = []
    for call in calls:
        after = None
        for act in _acts(call):
            step = Step(name=str(call), called=call.called, returned=call.returned, act=act, after=after)
            after = len(steps)
            steps.append(step)
    return steps


def _acts(call: Call) -> Iterator[Act]:
    if call.did:
        yield from _DONE[call.what](call)
    elif call.status < FAULT:
        yield _refused(call)


def _there(after: Callable[[App], App | None]) -> Act:
    return lambda app: after(app) if app.is_there else None


def _shows(call: Call, app: App) -> App | None:
    """The application, if it is what the answer showed."""
    return app if (app.gears, app.ha) == (call.shown["gear_count"], call.shown["ha"]) else None


def _create(call: Call) -> Iterator[Act]:
    app = App("there", call.shown["gear_count"], call.ha)
    yield lambda before: app if before.life == "none" and app.gears == 1 + call.ha else None


def _delete(_call: Call) -> Iterator[Act]:
    yield _there(lambda app: app._replace(life="going"))
    yield lambda app: App() if app.life == "going" else None


def _read(call: Call) -> Iterator[Act]:
    def same(app: App) -> App | None:
        return _shows(call, app) if app.aliases == frozenset(call.shown["aliases"]) else None

    yield _there(same)


def _scale(sign: int) -> Callable[[Call], Iterator[Act]]:
    def acts(call: Call) -> Iterator[Act]:
        yield _there(lambda app: _gears_shown(call, app._replace(gears=app.gears + sign * call.by)))

    return acts


def _gears_shown(call: Call, app: App) -> App | None:
    return app if app.gears == call.shown["gear_count"] else None


def _enable(call: Call) -> Iterator[Act]:
    """The gears that it needs are counted before they serve, and it is HA when they do."""
    gears = call.shown["gear_count"]

    def grow(app: App) -> App | None:
        return app._replace(gears=gears) if not app.ha and gears in {max(app.gears, 2), app.gears + 1} else None

    yield _there(grow)
    yield _there(lambda app: app._replace(ha=True))


def _disable(call: Call) -> Iterator[Act]:
    yield _there(lambda app: _gears_shown(call, app._replace(ha=False)) if app.ha else None)


def _add(call: Call) -> Iterator[Act]:
    yield _there(
        lambda app: app._replace(aliases=app.aliases | {call.alias}) if call.alias not in app.aliases else None
    )


def _remove(call: Call) -> Iterator[Act]:
    yield _there(lambda app: app._replace(aliases=app.aliases - {call.alias}) if call.alias in app.aliases else None)


def _nothing_shown(call: Call) -> Iterator[Act]:
    yield _there(lambda app: _gears_shown(call, app))


_DONE: dict[str, Callable[[Call], Iterator[Act]]] = {
    "create": _create,
    "delete": _delete,
    "read": _read,
    "scale-up": _scale(1),
    "scale-down": _scale(-1),
    "enable-ha": _enable,
    "disable-ha": _disable,
    "add-alias": _add,
    "remove-alias": _remove,
    "start": _nothing_shown,
    "stop": _nothing_shown,
    "restart": _nothing_shown,
}


def _refused(call: Call) -> Act:
    """A refusal changes nothing, and there was an instant at which it was right."""
    if call.what == "create":
        taken = call.exit_code == NAME_TAKEN
        return lambda app: app if app.life != "none" or not taken else None
    if call.status == MISSING and call.exit_code == NOT_FOUND:
        return lambda app: None if app.is_there else app
    right = _RIGHT.get(call.what, lambda _call, _app: True)
    return _there(lambda app: app if right(call, app) else None)


_RIGHT: dict[str, Callable[[Call, App], bool]] = {
    "scale-down": lambda call, app: call.exit_code != LIMIT or app.gears - call.by < 1 + app.ha,
    "enable-ha": lambda call, app: "already" not in call.text or app.ha,
    "disable-ha": lambda _call, app: not app.ha,
    "add-alias": lambda call, app: call.exit_code != ALIAS_TAKEN or call.alias in app.aliases,
    "remove-alias": lambda call, app: call.exit_code != NO_ALIAS or call.alias not in app.aliases,
}
