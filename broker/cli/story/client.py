"""A small REST client: one request, its envelope, and the `curl` line that does the same."""

import base64
import json
import shlex
import urllib.error
import urllib.parse
import urllib.request
from dataclasses import dataclass
from typing import Any

TIMEOUT_SECONDS = 60.0


@dataclass(frozen=True)
class Answer:
    """Status and envelope of an answer."""

    status: int
    body: dict[str, Any]

    @property
    def data(self) -> Any:
        """The resource."""
        return self.body.get("data")

    @property
    def text(self) -> str:
        """What the broker says, in one line."""
        return "; ".join(message["text"] for message in self.body.get("messages", ()))


@dataclass(frozen=True)
class Client:
    """Speaks as one user to one broker."""

    url: str
    login: str
    password: str

    def get(self, path: str) -> Answer:
        """Read a resource."""
        return self._ask("GET", path, None)

    def post(self, path: str, **fields: str) -> Answer:
        """Send a form."""
        return self._ask("POST", path, fields)

    def put(self, path: str, **fields: str) -> Answer:
        """Send a form that changes a resource."""
        return self._ask("PUT", path, fields)

    def curl(self, method: str, path: str, **fields: str) -> str:
        """The command line that does the same."""
        words = ["curl", "-s", "-u", f"{self.login}:{self.password}"]
        words += [] if method in ("GET", "POST") else ["-X", method]
        for name, value in fields.items():
            words += ["--data-urlencode", f"{name}={value}"]
        return shlex.join([*words, f"{self.url}{path}"])

    def _ask(self, method: str, path: str, fields: dict[str, str] | None) -> Answer:
        data = None if fields is None else urllib.parse.urlencode(fields).encode()
        secret = base64.b64encode(f"{self.login}:{self.password}".encode()).decode()
        headers = {"Authorization": f"Basic {secret}", "Accept": "application/json"}
        request = urllib.request.Request(f"{self.url}{path}", data, headers, method=method)  # noqa: S310 our own URL
        try:
            with urllib.request.urlopen(request, timeout=TIMEOUT_SECONDS) as response:  # noqa: S310
                return Answer(response.status, json.load(response))
        except urllib.error.HTTPError as error:
            with error:
                return Answer(error.code, json.load(error))
