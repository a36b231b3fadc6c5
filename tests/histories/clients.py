"""Clients that change a few applications through any of several brokers, and note what they asked and were told."""

import base64
import http.client
import json
import threading
from collections.abc import Sequence
from random import Random
from time import monotonic
from typing import Any
from urllib.parse import urlencode, urlsplit

from histories.application import Call
from histories.cluster import NAMESPACE, OWNER, PASSWORD

ANSWER_SECONDS = 120.0
FORM = "application/x-www-form-urlencoded"


class Client(threading.Thread):
    """Sends requests one after the other, each to a broker and for an application of its choice."""

    def __init__(self, urls: Sequence[str], names: Sequence[str], seed: int, requests: int) -> None:
        super().__init__(name=f"client {seed}")
        self.history: list[tuple[str, Call]] = []
        self.fault: Exception | None = None
        self._connections = [http.client.HTTPConnection(urlsplit(url).netloc, timeout=ANSWER_SECONDS) for url in urls]
        self._names = names
        self._draw = Random(seed)  # noqa: S311 a seeded load
        self._requests = requests

    def run(self) -> None:
        try:
            for _ in range(self._requests):
                name = self._draw.choice(self._names)
                self.history.append((name, self.ask(name, *self._wish())))
        except Exception as error:  # noqa: BLE001 shown by the test
            self.fault = error
        finally:
            self.close()

    def close(self) -> None:
        """Let go of the brokers."""
        for connection in self._connections:
            connection.close()

    def _wish(self) -> tuple[str, dict[str, Any]]:
        draw = self._draw
        what = draw.choices(list(_SHARES), list(_SHARES.values()))[0]
        match what:
            case "create":
                return what, {"ha": draw.random() < 0.3}
            case "scale-up" | "scale-down":
                return what, {"by": draw.choice([1, 1, 2, 3])}
            case "add-alias" | "remove-alias":
                return what, {"alias": f"www{draw.randrange(4)}"}
        return what, {}

    def ask(self, name: str, what: str, fields: dict[str, Any]) -> Call:
        """One request, and what came of it."""
        method, path, form = _request(name, what, fields)
        connection = self._draw.choice(self._connections)
        token = base64.b64encode(f"{OWNER}:{PASSWORD}".encode()).decode()
        headers = {"Authorization": f"Basic {token}", "Accept": "application/json", "Content-Type": FORM}
        called = monotonic()
        connection.request(method, f"/broker/rest{path}", urlencode(form), headers)
        answer = connection.getresponse()
        body = json.loads(answer.read() or b"{}")
        returned = monotonic()
        return _call(what, fields, answer.status, body, (called, returned))


def _call(what: str, fields: dict[str, Any], status: int, body: dict[str, Any], when: tuple[float, float]) -> Call:
    message = next(iter(body.get("messages") or ()), {})
    data = body.get("data") or {}
    shown = {}
    if "gear_count" in data:
        aliases = tuple(alias["id"].partition(".")[0] for alias in data["aliases"])
        shown = {"gear_count": data["gear_count"], "ha": data["ha"], "aliases": aliases}
    return Call(
        what=what,
        **fields,
        called=when[0],
        returned=when[1],
        status=status,
        exit_code=message.get("exit_code"),
        text=message.get("text") or "",
        shown=shown,
    )


# How often each thing is asked for, in a hundred or so.
_SHARES = {
    "create": 12,
    "delete": 5,
    "read": 12,
    "scale-up": 18,
    "scale-down": 14,
    "enable-ha": 8,
    "disable-ha": 8,
    "add-alias": 9,
    "remove-alias": 8,
    "start": 3,
    "stop": 3,
}


def _request(name: str, what: str, fields: dict[str, Any]) -> tuple[str, str, dict[str, Any]]:
    one = f"/domain/{NAMESPACE}/application/{name}"
    if what == "create":
        form = {"name": name, "cartridge": "php-5.4", "scale": "true", "ha": str(fields["ha"]).lower()}
        return "POST", f"/domain/{NAMESPACE}/applications", form
    if what in {"read", "delete"}:
        return ("GET" if what == "read" else "DELETE"), one, {}
    form = {"event": what, **fields}
    if "alias" in fields:
        form["alias"] = f"{fields['alias']}.{name}.example.org"
    return "POST", f"{one}/events", form
