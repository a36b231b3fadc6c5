"""The campaign: rounds of kills under load, each followed by rest and by every check."""

import argparse
import json
import secrets
import shutil
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from campaign.checks import LogSeen, check, observed
from campaign.clients import Client
from campaign.model import State
from campaign.settling import settle
from campaign.stack import OWNERS, Stack, applications_of
from campaign.stack_postgresql import PostgreSqlStack
from campaign.stack_sqlite import SqliteStack
from campaign.strikes import Fate, draw_strikes, draw_troubles

STACKS: dict[str, Callable[[Path], Stack]] = {"sqlite": SqliteStack, "postgresql": PostgreSqlStack}
ANSWERED_SECONDS = 90.0
LOOK_SECONDS = 0.1


class Violated(Exception):
    """Something did not hold."""

    def __init__(self, number: int, found: Sequence[str]) -> None:
        super().__init__("\n  ".join([f"round {number}: {len(found)} violations", *found]))
        self.number = number
        self.found = tuple(found)


@dataclass(kw_only=True)
class Campaign:
    """One run on one stack."""

    stack: Stack
    seed: str
    log: LogSeen = field(default_factory=LogSeen)
    deaths: Counter[str] = field(default_factory=Counter)
    troubles: Counter[str] = field(default_factory=Counter)
    states: dict[str, dict[str, frozenset[State]]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.states = {login: dict.fromkeys(applications_of(login), frozenset({None})) for login in OWNERS}

    @property
    def kills(self) -> int:
        """How many processes have been killed so far."""
        return self.deaths.total()

    def round(self, number: int) -> str:
        """One round; returns what to say of it. Raises `Violated`."""
        begun, killed_before = time.monotonic(), self.kills
        chance = Random(f"{self.seed}/{self.stack.name}/{number}")
        asked, found = self._storm(number, chance)
        raise_if(number, found)
        rest = settle(self.stack)
        raise_if(number, rest.violations)
        raise_if(number, [*check(self.stack, self.log), *self._compare()])
        return (
            f"round {number:3}  {self.kills - killed_before:2} killed, {self.kills:3} in all  {asked:3} requests"
            f"  {time.monotonic() - begun:4.1f} s, the last {rest.seconds:3.1f} until at rest ({rest.last})"
        )

    def _storm(self, number: int, chance: Random) -> tuple[int, list[str]]:
        """Clients ask, and programs die and live again; returns how much was asked, and what should not have been."""
        clients = [self._client(index, login, chance) for index, login in enumerate(OWNERS)]
        fates = self._fates(chance)
        troubles = draw_troubles(chance, self.stack)
        strikes = {each.victim.name: list(map(str, each.strikes)) for each in fates}
        self._note({"round": number, "strikes": strikes, "troubles": {each.name: each.seconds for each in troubles}})
        self.stack.is_troubled = bool(troubles)
        for thread in (*clients, *fates, *troubles):
            thread.start()
        for thread in (*fates, *troubles):
            thread.join()
        found = [text for thread in (*fates, *troubles) for text in thread.violations]
        found += self._end(clients)
        for fate in fates:
            self._note({"round": number, "killed": fate.victim.name, "deaths": fate.deaths})
            self.deaths.update(f"{fate.victim.kind} {where}" for where in fate.deaths)
        self.troubles.update(each.name for each in troubles)
        return sum(client.asked for client in clients), found

    def _client(self, index: int, login: str, chance: Random) -> Client:
        return Client(
            index,
            login,
            applications=self.states[login],
            ports=list(self.stack.brokers.values()),
            history=self.stack.history,
            states=self.states[login],
            chance=Random(chance.random()),
        )

    def _fates(self, chance: Random) -> list[Fate]:
        """Rounds differ in how many suffer at once: from a quarter of the programs to all of them."""
        victims = list(self.stack.victims.values())
        struck = chance.sample(victims, k=max(1, round(len(victims) * chance.choice([0.25, 0.5, 1.0]))))
        return [Fate(self.stack, victim, draw_strikes(chance, victim, self.stack.most_strikes)) for victim in struck]

    def _end(self, clients: Sequence[Client]) -> list[str]:
        for client in clients:
            client.stopping.set()
        found = []
        deadline = time.monotonic() + ANSWERED_SECONDS
        while time.monotonic() < deadline and any(client.is_alive() for client in clients):
            found += self.stack.supervise()
            time.sleep(LOOK_SECONDS)
        for client in clients:
            if client.is_alive():
                found.append(f"{client.name} got no answer in {ANSWERED_SECONDS:.0f} seconds")
            found += client.violations
        return found

    def _compare(self) -> list[str]:
        """What clients were answered is in effect; what they were not told is decided now."""
        now = observed(self.stack)
        found = []
        for states in self.states.values():
            for name, possible in states.items():
                if now.get(name) not in possible:
                    found.append(f"{name} is {now.get(name)}; by the answers it can only be {set(possible)}")
                states[name] = frozenset({now.get(name)})
        return found

    def _note(self, what: dict[str, object]) -> None:
        self.stack.history.write(json.dumps(what) + "\n")


def raise_if(number: int, found: Sequence[str]) -> None:
    """Raise `Violated` where something was found."""
    if found:
        raise Violated(number, found)


def run(stack: Stack, *, seed: str, kills: int, say: Callable[[str], None]) -> Campaign:
    """Rounds until so many processes were killed; raises `Violated`."""
    say(f"== {stack.name}, seed {seed}, {kills} kills, in {stack.directory}")
    campaign = Campaign(stack=stack, seed=seed)
    stack.start()
    number = 0
    while campaign.kills < kills:
        number += 1
        say(campaign.round(number))
    raise_if(number, settle(stack, kept_too=True).violations)
    return campaign


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the campaign on one stack or on both; 0 when everything held."""
    parser = argparse.ArgumentParser(prog="python -m tests.campaign", description=__doc__)
    parser.add_argument("--seed", default=None, help="what everything is drawn from (default: a new one)")
    parser.add_argument("--kills", type=int, default=500, metavar="N", help="processes to kill on each stack (500)")
    parser.add_argument("--stack", choices=sorted(STACKS), action="append", help="one stack only (default: all)")
    parser.add_argument("--keep", action="store_true", help="keep the data also where everything held")
    chosen = parser.parse_args(arguments)
    seed = chosen.seed or secrets.token_hex(4)
    return max(campaign_on(name, seed, chosen.kills, keep=chosen.keep) for name in chosen.stack or sorted(STACKS))


def campaign_on(name: str, seed: str, kills: int, *, keep: bool = False) -> int:
    """Run it on one stack in a directory of its own, which stays where something was violated."""
    directory = Path(tempfile.mkdtemp(prefix=f"crash-campaign-{name}-"))
    begun = time.monotonic()
    try:
        with STACKS[name](directory) as stack:
            campaign = run(stack, seed=seed, kills=kills, say=lambda text: print(text, flush=True))
    except Violated as violated:
        print(f"VIOLATED on {name}, seed {seed}, everything is in {directory}\n{violated}", file=sys.stderr)
        return 1
    except Exception:  # noqa: BLE001 whatever has broken, its data must be found
        traceback.print_exc()
        print(f"BROKEN on {name}, seed {seed}; everything is in {directory}", file=sys.stderr)
        return 1
    for what, count in (*sorted(campaign.troubles.items()), *sorted(campaign.deaths.items())):
        print(f"  {count:4} x {what}")
    print(f"== {name}: {campaign.kills} kills in {time.monotonic() - begun:.0f} s, everything held", flush=True)
    if not keep:
        shutil.rmtree(directory)
    return 0
