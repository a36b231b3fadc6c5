"""Clients: each changes applications of its own, one request after another, and notes what it was answered."""

import json
import threading
import time
from collections.abc import Iterable, Sequence
from random import Random
from typing import TextIO

from campaign.model import Request, State, after_answer, draw_request, likely
from campaign.rest import Answer, NotSent, ask
from campaign.watched import Watched

PAUSE_SECONDS = 0.05
# Within which a request that may be repeated, or an operation that was accepted, has come to its end.
ENDING_SECONDS = 60.0
ACCEPTED, DONE, REFUSED, FAILED = 202, 200, 422, 500


class Client(Watched):
    """Asks for one change after another until told to stop; `states` is what its applications may be like.

    Some requests carry an Idempotency-Key and are repeated until they are answered: those are done exactly once.
    Some wait for nothing and follow the operation that they have become, or cancel it: its end is their answer.
    """

    def __init__(
        self,
        number: int,
        login: str,
        *,
        applications: Iterable[str],
        ports: Sequence[int],
        history: TextIO,
        states: dict[str, frozenset[State]],
        chance: Random,
    ) -> None:
        super().__init__(f"client-{number}")
        self._login = login
        self._names = sorted(applications)
        self._ports = ports
        self._history = history
        self._states = states
        self._chance = chance
        self.stopping = threading.Event()
        self.asked = 0

    def act(self) -> None:
        while not self.stopping.is_set():
            name = self._chance.choice(self._names)
            number = self._chance.randrange(10**6)
            request = draw_request(self._chance, name, self._login, likely(self._states[name]), number)
            self._ask(name, request)

    def _ask(self, name: str, request: Request) -> None:
        key = f"{self.name}-{self._chance.getrandbits(64):x}" if self._chance.random() < 0.4 else None
        follows, cancels = self._chance.random() < 0.3, self._chance.random() < 0.3
        headers = {"Idempotency-Key": key} if key else {}
        headers |= {"Prefer": "respond-async"} if follows else {}
        answer = self._answer(request, headers, repeats=key is not None)
        if answer is None:
            return
        self.asked += 1
        if answer.status == ACCEPTED:
            answer = self._end_of(request, answer.body["data"]["id"], cancels=cancels)
        before = self._states[name]
        after = after_answer(before, request, answer)
        self._note(request, headers, answer, after)
        if after:
            self._states[name] = after
        else:
            said = json.dumps(answer.body)[:500]
            self.violations.append(f"{request.text}: answered {answer.status} {said}, but it was {set(before)}")

    def _answer(self, request: Request, headers: dict[str, str], *, repeats: bool) -> Answer | None:
        """The answer, after as many repeats as it takes; None where it was not sent and there is no time left."""
        deadline = time.monotonic() + ENDING_SECONDS
        sent = False
        while True:
            answer = self._once(request.method, request.path, request.form, headers)
            sent = sent or answer is not None
            if answer is not None and not (repeats and (answer.status is None or answer.says_try_again)):
                return answer
            if self.stopping.is_set() and not sent:
                return None
            if time.monotonic() > deadline:
                self.violations.append(f"{request.text} {headers}: no answer in {ENDING_SECONDS:.0f} seconds")
                return Answer(None)
            time.sleep(PAUSE_SECONDS)

    def _once(self, method: str, path: str, form: dict[str, str], headers: dict[str, str]) -> Answer | None:
        """One try with any of the brokers; None where it does not listen."""
        try:
            return ask(self._chance.choice(self._ports), method, path, form, login=self._login, headers=headers)
        except NotSent:
            return None

    def _end_of(self, request: Request, operation: str, *, cancels: bool) -> Answer:
        """The end of the operation that the request became, as the answer that it would have had."""
        path = f"/operation/{operation}"
        deadline = time.monotonic() + ENDING_SECONDS
        while time.monotonic() < deadline:
            if cancels:
                asked = self._once("POST", f"{path}/events", {"event": "cancel"}, {})
                cancels = asked is None or asked.status is None
            shown = self._once("GET", path, {}, {})
            if shown is not None and shown.status is not None and shown.status < 500:
                if shown.status != DONE:
                    self.violations.append(f"operation {operation} was accepted and is shown as {shown}")
                    return shown
                state = shown.body["data"]["state"]
                if state not in {"queued", "running"}:
                    undone = state == "cancelled" or request.is_undone
                    return Answer(DONE if state == "completed" else REFUSED if undone else FAILED, shown.body)
            time.sleep(PAUSE_SECONDS)
        self.violations.append(f"operation {operation} does not end in {ENDING_SECONDS:.0f} seconds")
        return Answer(None)

    def _note(self, request: Request, headers: dict[str, str], answer: Answer, after: frozenset[State]) -> None:
        line = {
            "at": round(time.monotonic(), 3),
            "client": self.name,
            "asked": request.text,
            "headers": headers,
            "status": answer.status,
            "states": sorted(map(str, after)),
        }
        if answer.status is not None and (answer.status >= 400 or not after):
            line["said"] = answer.body
        self._history.write(json.dumps(line) + "\n")
