"""One request to the REST API, and what became of it."""

import base64
import http.client
import json
import urllib.parse
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

PASSWORD = "secret"
ANSWER_SECONDS = 60.0
CONFLICT = 409


@dataclass(frozen=True)
class Answer:
    """What came back: a status, headers and a body; no status where the connection broke after the request was sent."""

    status: int | None
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def exit_code(self) -> object:
        """The contract's code of a refusal, in its first message."""
        return self._messages[0].get("exit_code") if self._messages else None

    @property
    def says_nothing_changed(self) -> bool:
        """Whether the client is told that the request has had no effect."""
        return any("Nothing was changed" in str(each.get("text")) for each in self._messages)

    @property
    def _messages(self) -> list[dict[str, Any]]:
        return self.body.get("messages") or [] if isinstance(self.body, dict) else []

    @property
    def says_try_again(self) -> bool:
        """Whether the first request with the same Idempotency-Key has no answer yet."""
        return self.status == CONFLICT and "Retry-After" in self.headers


class NotSent(Exception):
    """Nobody listened: the request cannot have had an effect."""


def ask(
    port: int,
    method: str,
    path: str,
    form: Mapping[str, str] | None = None,
    *,
    login: str,
    headers: Mapping[str, str] | None = None,
) -> Answer:
    """One request to the broker on that port of this machine; raises `NotSent`."""
    secret = base64.b64encode(f"{login}:{PASSWORD}".encode()).decode()
    sent = {"Authorization": f"Basic {secret}", "Accept": "application/json", **(headers or {})}
    if form:
        sent["Content-Type"] = "application/x-www-form-urlencoded"
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=ANSWER_SECONDS)
    try:
        try:
            connection.connect()
        except OSError as error:
            raise NotSent(str(error)) from error
        try:
            connection.request(method, f"/broker/rest{path}", urllib.parse.urlencode(form or {}) or None, sent)
            response = connection.getresponse()
            body = response.read()
            return Answer(response.status, json.loads(body) if body else None, dict(response.getheaders()))
        except (OSError, http.client.HTTPException, ValueError):
            return Answer(None)
    finally:
        connection.close()
