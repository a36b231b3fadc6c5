"""The field's command line client as the wire sees it: which requests it sends, in which order, and what it reads.

Source: the recorded behaviour of `rhc` in chapters 2.3 and 10 of the REST contract. It sends no password before it is
challenged, asks for version 1.7 once it has seen it offered, sends JSON with every method but GET, follows links by
name, and fails where a field that it reads without looking is not there.
"""

import base64
import http.client
import json
import re
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, urlsplit

AGENT = "rhc/1.38.7 (ruby 1.9.3; x86_64-linux; httpclient) (API [1.1, 1.2, 1.3, 1.4, 1.5, 1.6, 1.7])"
VERSIONS = (1.1, 1.2, 1.3, 1.4, 1.5, 1.6, 1.7)
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")


@dataclass
class Answer:
    """What the client makes of an answer."""

    status: int
    body: dict[str, Any]
    headers: http.client.HTTPMessage

    @property
    def data(self) -> Any:
        return self.body["data"]

    @property
    def results(self) -> list[str]:
        """What the client prints of the broker's words."""
        return [message["text"] for message in self.body["messages"] if message["severity"] not in {"info", "debug"}]

    @property
    def error(self) -> str:
        """What it ends with after a refusal."""
        return self.body["messages"][0]["text"]


@dataclass
class Rhc:
    """One run of the client against a server; `wire` is what it sent: method, path, whether with credentials."""

    host: str
    port: int
    login: tuple[str, str] | None = None
    token: str | None = None
    version: float | None = None
    wire: list[tuple[str, str, bool]] = field(default_factory=list)
    unlocked: set[str] = field(default_factory=set)

    def api(self) -> dict[str, Any]:
        """Discover the interface: in whatever version it comes, then in the highest that both sides know."""
        first = self._exchange("GET", "/broker/rest/api", None, credentials=None)
        assert isinstance(first.body["api_version"], int | float)
        offered = [version for version in first.body["supported_api_versions"] if version in VERSIONS]
        self.version = max(offered)
        if first.body["api_version"] == self.version:
            return first.data
        return self._exchange("GET", "/broker/rest/api", None, credentials=None).data

    def follow(self, thing: dict[str, Any], link: str, body: dict[str, Any] | None = None, **params: str) -> Answer:
        """The request behind a link of a resource, or of the entry."""
        links = thing.get("links", thing)
        found = links[link]
        href = re.sub(r":(\w+)(?=/|$)", lambda name: quote(params.pop(name[1], name[0]), safe=""), _path(found["href"]))
        assert found["href"].startswith(f"http://{self.host}:{self.port}/broker/rest/"), found["href"]
        query = "&".join(f"{name}={quote(value, safe='')}" for name, value in params.items())
        return self.call(found["method"], f"{href}?{query}" if query else href, body)

    def call(self, method: str, path: str, body: dict[str, Any] | None = None) -> Answer:
        """A request, with credentials only after a challenge, as the client remembers them by path."""
        if self.token is not None:
            return self._exchange(method, path, body, credentials=f"Bearer {self.token}")
        plain = path.partition("?")[0]
        if self.login is not None and any(plain == each or plain.startswith(f"{each}/") for each in self.unlocked):
            return self._exchange(method, path, body, credentials=self._basic())
        answered = self._exchange(method, path, body, credentials=None)
        if answered.status != http.client.UNAUTHORIZED or self.login is None:
            return answered
        assert answered.headers["WWW-Authenticate"].startswith("Basic realm=")
        self.unlocked.add(plain)
        return self._exchange(method, path, body, credentials=self._basic())

    def _basic(self) -> str:
        return f"Basic {base64.b64encode(':'.join(self.login or ('', '')).encode()).decode()}"

    def _exchange(self, method: str, path: str, body: dict[str, Any] | None, *, credentials: str | None) -> Answer:
        media = "application/json" + ("" if self.version is None else f";version={self.version}")
        headers = {"User-Agent": AGENT, "Accept": media}
        text = None
        if method != "GET":
            headers["Content-Type"] = media
            text = json.dumps(body or {})
        if credentials is not None:
            headers["Authorization"] = credentials
        self.wire.append((method, path, credentials is not None))
        connection = http.client.HTTPConnection(self.host, self.port, timeout=60)
        try:
            connection.request(method, path, body=text, headers=headers)
            response = connection.getresponse()
            content = response.read()
        finally:
            connection.close()
        if response.status == http.client.UNAUTHORIZED:
            return Answer(
                response.status, {"messages": [{"text": content.decode(), "severity": "error"}]}, response.headers
            )
        # Its decoder is strict, and an answer without a body makes it crash.
        decoded = json.loads(content)
        assert isinstance(decoded, dict)
        return Answer(response.status, decoded, response.headers)


def _path(href: str) -> str:
    parts = urlsplit(href)
    return f"{parts.path}?{parts.query}" if parts.query else parts.path


def read_application(shown: dict[str, Any]) -> None:
    """What the client reads of an application without looking whether it is there."""
    assert shown["name"]
    assert shown["id"]
    assert shown["domain_id"]
    assert urlsplit(shown["app_url"]).hostname
    assert urlsplit(shown["ssh_url"]).username
    assert isinstance(shown["aliases"], list)
    assert TIME.fullmatch(shown["creation_time"])
    assert isinstance(shown["links"], dict)
    for cartridge in shown.get("cartridges", ()):
        read_cartridge(cartridge)


def read_cartridge(shown: dict[str, Any]) -> None:
    """The same of a cartridge of an application."""
    assert isinstance(shown["properties"], list)
    assert shown["name"]
    assert isinstance(shown["tags"], list)
    assert shown["gear_profile"]
    for number in ("supported_scales_from", "supported_scales_to", "current_scale", "scales_from", "scales_to"):
        assert isinstance(shown[number], int), number


def read_groups(shown: list[dict[str, Any]]) -> None:
    """The same of gear groups."""
    for group in shown:
        assert group["gear_profile"]
        assert isinstance(group["base_gear_storage"], int)
        assert all(cartridge["name"] for cartridge in group["cartridges"])
        for gear in group["gears"]:
            assert gear["id"]
            assert gear["state"]
            assert urlsplit(gear["ssh_url"]).username
            assert {"region", "zone"} <= set(gear)


def read_deployments(shown: list[dict[str, Any]]) -> None:
    """The same of deployments: times are parsed by a strict pattern."""
    assert shown
    for deployment in shown:
        assert deployment["id"]
        assert TIME.fullmatch(deployment["created_at"])
        assert all(TIME.fullmatch(each) for each in deployment["activations"])


def read_user(shown: dict[str, Any]) -> None:
    """The same of an account."""
    assert shown["login"]
    assert isinstance(shown["capabilities"]["gear_sizes"], list)
    assert isinstance(shown["capabilities"]["private_ssl_certificates"], bool)
    assert {"LIST_KEYS", "ADD_KEY"} <= set(shown["links"])
    for number in ("max_gears", "consumed_gears", "max_domains"):
        assert isinstance(shown[number], int)


def application(rhc: Rhc, **params: str) -> dict[str, Any]:
    """How nearly every command begins: with the application `testha` of the domain `test`."""
    entry = rhc.api()
    shown: dict[str, Any] = rhc.follow(
        entry, "SHOW_APPLICATION_BY_DOMAIN", domain_name="test", name="testha", **params
    ).data
    read_application(shown)
    return shown
