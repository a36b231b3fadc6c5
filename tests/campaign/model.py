"""What an application may be like after what a client was answered, or was not: a set of possible states."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from random import Random

from campaign.rest import Answer


@dataclass(frozen=True, kw_only=True, order=True)
class Like:
    """An application as its owner sees it; `gears` are those of its web framework, `code` is what they are to run."""

    gears: int
    ha: bool
    running: bool = True
    aliases: tuple[str, ...] = ()
    database: bool = False
    code: str = "master"


DATABASE = "mysql-5.5"


# Exit codes of the REST contract: there is no such application; another operation is running.
NO_SUCH_APPLICATION, BUSY = 101, 171

# None: there is no application.
State = Like | None


@dataclass(frozen=True, kw_only=True)
class Request:
    """What a client asks for, on the wire, and what it may make of a state; nothing where it is refused in this state.

    `is_undone`: where it fails, all is as it was. What takes away, starts or stops is not undone, but ended later.
    """

    text: str
    method: str
    path: str
    form: dict[str, str]
    changes: Callable[[State], frozenset[State]]
    is_undone: bool = False


# What a request that is refused makes of a state.
REFUSED: frozenset[State] = frozenset()


def after_answer(states: frozenset[State], request: Request, answer: Answer) -> frozenset[State]:
    """The states that are possible after this answer; no status: the connection broke, and it may be done or not.

    An empty set means that the answer contradicts every possible state.
    """
    done = frozenset[State]().union(*map(request.changes, states))
    if answer.status is None:
        return states | done
    if answer.status < 300:
        return done
    if answer.exit_code == NO_SUCH_APPLICATION:
        return states & {None}
    if answer.status < 500 or answer.exit_code == BUSY or answer.says_nothing_changed:
        return states
    return states | done


def draw_request(chance: Random, name: str, namespace: str, state: State, number: int) -> Request:
    """Something that is likely to be possible in this state."""
    one = f"/domain/{namespace}/application/{name}"
    if state is None:
        ha = chance.random() < 0.5
        form = {"name": name, "cartridges": "php-5.4", "scale": "true", "ha": str(ha).lower()}
        return Request(
            text=f"create {name} ha={ha}",
            method="POST",
            path=f"/domain/{namespace}/applications",
            form=form,
            changes=lambda before: frozenset({Like(gears=1 + ha, ha=ha)}) if before is None else REFUSED,
            is_undone=True,
        )
    return chance.choice(_drawers(state))(chance, one, state, number)


def _drawers(state: Like) -> list[Callable[[Random, str, Like, int], Request]]:
    drawers = [_grow, _grow, _shrink, _shrink, _turn_ha, _turn_ha, _turn_running, _alias, _alias]
    drawers += [_turn_database, _turn_database, _deploy, _deploy]
    return [*drawers, _delete] if state.running else drawers


def _event(
    one: str, text: str, form: dict[str, str], on: Callable[[Like], Iterable[Like]], *, is_undone: bool = False
) -> Request:
    def changes(before: State) -> frozenset[State]:
        return REFUSED if before is None else frozenset(on(before))

    return Request(
        text=f"{text} {one}", method="POST", path=f"{one}/events", form=form, changes=changes, is_undone=is_undone
    )


def _grow(chance: Random, one: str, state: Like, _number: int) -> Request:
    by = chance.choice([1, 1, 2, 3])
    if state.gears + by > 6:
        return _shrink(chance, one, state, _number)
    form = {"event": "scale-up", "by": str(by)}
    return _event(
        one, f"scale-up by {by}", form, lambda before: [replace(before, gears=before.gears + by)], is_undone=True
    )


def _shrink(chance: Random, one: str, state: Like, _number: int) -> Request:
    by = chance.choice([1, 1, 2])
    if state.gears - by < 1 + state.ha:
        by = 1

    def less(before: Like) -> list[Like]:
        left = before.gears - by
        return [replace(before, gears=left)] if left >= 1 + before.ha else []

    return _event(one, f"scale-down by {by}", {"event": "scale-down", "by": str(by)}, less)


def _turn_ha(_chance: Random, one: str, state: Like, _number: int) -> Request:
    if state.ha:
        off = {"event": "disable-ha"}
        return _event(one, "disable-ha", off, lambda b: [replace(b, ha=False)] if b.ha else [])
    on = {"event": "enable-ha"}

    def more(before: Like) -> list[Like]:
        # Where gears that are to carry the proxy, or do already, cannot be reached, new ones do.
        gears = {max(before.gears, 2), before.gears + 1, before.gears + 2}
        return [] if before.ha else [replace(before, ha=True, gears=count) for count in gears]

    return _event(one, "enable-ha", on, more, is_undone=True)


def _turn_running(chance: Random, one: str, state: Like, _number: int) -> Request:
    event = "stop" if state.running and chance.random() < 0.8 else "start"
    return _event(one, event, {"event": event}, lambda before: [replace(before, running=event == "start")])


def _turn_database(_chance: Random, one: str, state: Like, _number: int) -> Request:
    if state.database:
        return Request(
            text=f"remove {DATABASE} {one}",
            method="DELETE",
            path=f"{one}/cartridge/{DATABASE}",
            form={},
            changes=lambda before: _where(before, has_database=True),
        )
    return Request(
        text=f"add {DATABASE} {one}",
        method="POST",
        path=f"{one}/cartridges",
        form={"name": DATABASE},
        changes=lambda before: _where(before, has_database=False),
        is_undone=True,
    )


def _where(before: State, *, has_database: bool) -> frozenset[State]:
    """What turning the database on or off makes of a state, if that is possible in it."""
    if before is None or before.database is not has_database:
        return REFUSED
    return frozenset({replace(before, database=not has_database)})


def _deploy(_chance: Random, one: str, _state: Like, number: int) -> Request:
    ref = f"release-{number}"
    return Request(
        text=f"deploy {ref} {one}",
        method="POST",
        path=f"{one}/deployments",
        form={"ref": ref},
        changes=lambda before: REFUSED if before is None else frozenset({replace(before, code=ref)}),
        is_undone=True,
    )


def _alias(chance: Random, one: str, state: Like, number: int) -> Request:
    name = one.rpartition("/")[2]
    if state.aliases and chance.random() < 0.5:
        gone = chance.choice(state.aliases)
        form = {"event": "remove-alias", "alias": gone}
        return _event(one, f"remove-alias {gone}", form, lambda before: without(before, gone))
    new = f"{name}-{number}.example.org"
    return _event(one, f"add-alias {new}", {"event": "add-alias", "alias": new}, lambda before: with_(before, new))


def without(before: Like, alias: str) -> list[Like]:
    """Without that alias, where it was there."""
    left = tuple(each for each in before.aliases if each != alias)
    return [replace(before, aliases=left)] if left != before.aliases else []


def with_(before: Like, alias: str) -> list[Like]:
    """With one more alias, where it was not there."""
    more = tuple(sorted({*before.aliases, alias}))
    return [replace(before, aliases=more)] if more != before.aliases else []


def _delete(_chance: Random, one: str, _state: Like, _number: int) -> Request:
    return Request(
        text=f"delete {one}",
        method="DELETE",
        path=one,
        form={},
        changes=lambda before: REFUSED if before is None else frozenset({None}),
    )


def likely(states: Iterable[State]) -> State:
    """One of the states, the same every time."""
    return min(states, key=lambda state: (state is None, repr(state)))
