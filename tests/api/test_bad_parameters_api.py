"""Bad input at every route, in every parameter: refused in the documented form, and nothing is changed."""

import json
import re
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

import pytest
from api.conftest import World, opened_world
from api.everything import Everything, captures, filled
from argon2 import PasswordHasher

from broker.api.fields import Words
from broker.api.openapi import Description, template_of
from broker.api.options import ApiOptions
from broker.api.paths import PREFIX
from broker.api.schemas.application_wishes import CartridgeWishes, VariableWishes
from broker.api.schemas.deployments import Reported
from broker.api.schemas.members import Entries
from broker.api.streams import SERVER_SENT
from broker.api.url import READING, Url
from broker.api.urls import urls
from broker.usecases.accounts import change_user

ROUTES = {f"{url.method} {url.paths.current[0]}": url for url in Description(urls(), ApiOptions()).urls}
DOCUMENT = Description(urls(), ApiOptions()).document
KNOWN_500 = {140, 143, 171}
# Statuses of a path that is not the route's own any more, because of what stands in it.
ELSEWHERE = {400, 401, 403, 404, 405, 406, 409, 412, 422}
LONGEST_REFUSAL = 20_000
# Nobody may see these again in a refusal: they stand for passwords, keys, tokens and values.
PASSWORD, SECRET = "open-sesame-4711", "s3cret-0815"
SECRET_PARAMETERS = {"private_key", "pass_phrase", "value", "environment_variables", "content"}
LOGINS = re.compile(rf"{PASSWORD}|b3Blbi1zZXNhbWUtNDcxM")
ARABIC, EMOJI = "\u0645\u0631\u062d\u0628\u0627\u202e", "\U0001f600\u200d\U0001f525"
LONG, HUGE = "a" * 10_000, 10**400

IN_JSON = [
    None, True, False, 0, -1, 1.5, HUGE, -HUGE, "", " \t\n", LONG, "x\0y", "\x01\x1b[31m\x7f", "\ud800", "../../etc",
    f"{ARABIC}{EMOJI}", "<b>&'\";--", f"..%2f%00{{0}}%s{SECRET}", [], [None], ["a", 1, []], [[SECRET]], {},
    {"a": {"b": [1]}},
    [{}], [{"name": 5}], [{"name": "A", "value": SECRET, "more": SECRET}], [{"name": [SECRET]}], {"name": HUGE},
]  # fmt: skip
# Put for the name and its value, as they are on the wire.
IN_FORM = [
    "{0}=", "{0}=%20", "{0}", "{0}=1&{0}=2", "{0}=%ff", "{0}=%00", "{0}=%2F..%2F", "{0}[]=1&{0}[]=", "{0}[a]=1",
    "{0}[][a]=1&{0}[][a]=2", "{0}[", "{0}[]=1&{0}=2", "{0}[[]]=1", "{0}=-1", "{0}=" + str(HUGE),
    "%C3%28={0}&{0}=" + SECRET,
]  # fmt: skip
# As bytes of the path, after the web server has undone its percent-encoding.
IN_PATH = [
    b"", b" ", b"\xff", b"\xed\xa0\x80", LONG.encode(), b"a\0b", b"\x01\x1b[31m\x7f", b"-1", str(HUGE).encode(), b"..",
    b"../../user", b"a/b", b"%2e%2e%2f", b"%", f"{ARABIC}{EMOJI}".encode(), b"<script>", b"' OR 1=1 --", b".json",
    b"a\r\nb: c", b"null", b"0" * 24, b"self",
]  # fmt: skip
IN_HEADERS = [
    *(("Accept", value) for value in ("", "x", "text/html;q=1", "*/*;q=x", "x/y; version=9", LONG, "\xff")),
    *(("If-Match", value) for value in ("", '"', "x", '"a" "b"', LONG, "\xff", '"' + "a" * 64 + '"')),
    *(("Idempotency-Key", value) for value in ("", " ", LONG, "\xff", "a\tb")),
    *(("Prefer", value) for value in ("\xff", '"', LONG)),
    *(("X-Impersonate-User", value) for value in ("other", "\xff", LONG, "a:b", "\x01")),
    *(("Authorization", value) for value in ("Basic", f"Basic {SECRET}", "Basic \xff", f"Bearer {SECRET}")),
    *(("Authorization", value) for value in ("Bearer", "x")),
    *(("Authorization", value) for value in ("Basic " + "A" * 9_999, "Basic Og==", "Bearer " + LONG, "Basic AP8=")),
    ("broker_auth_key", SECRET),
    ("Content-Type", "application/json; charset=utf-16"),
    ("Last-Event-ID", "x"),
]  # fmt: skip
# Requests that could be done, apart from what is made wrong in them.
BODIES: dict[str, dict[str, Any]] = {
    "POST /user/keys": {"name": "laptop", "type": "ssh-rsa", "content": "AAAAB3Nz"},
    "PUT /user/key/<key_name>": {"type": "ssh-rsa", "content": "AAAAB3Nx"},
    "POST /user/authorizations": {"scope": "read"},
    "PUT /user/authorization/<authorization>": {"note": "x"},
    "POST /teams": {"name": "team"},
    "POST /domain/<domain_id>/members": {"login": "other", "role": "edit"},
    "PATCH /domain/<domain_id>/members": {"login": "other", "role": "edit"},
    "PUT /domain/<domain_id>/member/<member_id>": {"role": "view"},
    "POST /team/<team_id>/members": {"login": "other", "role": "view"},
    "PATCH /team/<team_id>/members": {"login": "other", "role": "view"},
    "PUT /team/<team_id>/member/<member_id>": {"role": "view"},
    "POST /applications": {"name": "web", "cartridges": ["php-5.4"], "domain_id": "full"},
    "PUT /application/<application_id>": {"keep_deployments": 3},
    "POST /application/<application_id>/events": {"event": "scale-up"},
    "POST /application/<application_id>/cartridges": {"name": "mysql-5.5"},
    "POST /application/<application_id>/cartridge/<cartridge_name>/events": {"event": "restart"},
    "POST /application/<application_id>/gear/<gear_id>/events": {"event": "restart"},
    "POST /application/<application_id>/aliases": {"id": "shop.example.org"},
    "PUT /application/<application_id>/alias/<alias>": {"ssl_certificate": "x", "private_key": SECRET},
    "POST /application/<application_id>/environment-variables": {"name": "A", "value": SECRET},
    "PATCH /application/<application_id>/environment-variables": {"name": "A", "value": SECRET},
    "PUT /application/<application_id>/environment-variable/<name>": {"value": SECRET},
    "POST /application/<application_id>/deployments": {"ref": "master"},
    "POST /operation/<operation_id>/events": {"event": "cancel"},
}
# What is written without a request, or beside one whatever its answer is.
UNWATCHED = {"answers", "processes", "commands", "counters", "dns_changes", "parked_events", "alembic_version"}


@dataclass
class Watched:
    """The platform, and what its database was when somebody last looked."""

    world: World
    everything: Everything
    database: sqlite3.Connection
    seen: int = -1
    digest: dict[str, int] = field(default_factory=dict)

    def changed(self) -> set[str]:
        """The tables that others have changed since this was last asked."""
        (version,) = self.database.execute("PRAGMA data_version").fetchone()
        if version == self.seen:
            return set()
        names = self.database.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
        before, self.seen = self.digest, version
        self.digest = {
            name: hash(tuple(self.database.execute(f'SELECT * FROM "{name}"')))  # noqa: S608 names of our own
            for (name,) in names
            if name not in UNWATCHED
        }
        return {name for name, value in self.digest.items() if before.get(name) != value}

    def things(self, url: Url) -> dict[str, str]:
        made = self.everything.things(url.paths.current[0])
        self.changed()
        return made


@pytest.fixture(scope="module")
def watched(tmp_path_factory, empty_database) -> Iterator[Watched]:
    with opened_world(tmp_path_factory.mktemp("bad"), empty_database, nodes_per_zone=4, capacity=1000) as world:
        platform = world.embedded.platform
        known = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)
        everything = Everything(world)
        change_user(platform, "demo", password_hash=known)
        world.demo.login = ("demo", PASSWORD)
        assert world.demo("POST", f"{PREFIX}/domain/full/applications", "name=web&cartridges[]=php-5.4").status == 201
        database = sqlite3.connect(world.embedded.built.database.engine.url.database)
        yield Watched(world, everything, database)
        database.close()


@dataclass(frozen=True)
class Case:
    """A request with something wrong in it; `path` is as bytes where the route may not be its own any more."""

    said: str
    body: bytes = b""
    kind: str | None = None
    query: str = ""
    headers: tuple[tuple[str, str], ...] = ()
    capture: tuple[str, bytes] | None = None
    is_secret: bool = False


def cases(route: str, url: Url, foreign: dict[str, str]) -> Iterator[Case]:
    good = BODIES.get(route, {})
    names = [each.data_key or name for name, each in (url.form.fields if url.form else {}).items()]
    for name in ("nolinks", "include", *(each for each in names if each != "include")):
        yield from _wrong_in(name, good, is_read=url.method in {*READING, "DELETE"})
    for capture in captures(url.paths.current[0]):
        for value in (*IN_PATH, foreign[capture].encode()):
            yield Case(f"{capture}={value[:40]!r}", capture=(capture, value), **_sent(good))
    for name, value in IN_HEADERS:
        yield Case(f"{name}: {value[:40]!r}", headers=((name, value),), is_secret=True, **_sent(good))
    missing = {name: value for name, value in good.items() if name != next(iter(good))}
    yield Case("the first is missing", **_sent(missing))


def _sent(body: dict[str, Any]) -> dict[str, Any]:
    return {"body": json.dumps(body).encode(), "kind": "application/json"} if body else {}


def _wrong_in(name: str, good: dict[str, Any], *, is_read: bool) -> Iterator[Case]:
    few, is_secret = name in {"nolinks", "include"}, name in SECRET_PARAMETERS
    for value in IN_JSON[:: 4 if few else 1]:
        yield Case(f"{name}={str(value)[:40]!r} in JSON", is_secret=is_secret, **_sent({**good, name: value}))
    rest = "".join(f"&{other}={quote(str(value))}" for other, value in good.items() if other != name)
    for pattern in IN_FORM[:: 4 if few else 1]:
        text = pattern.format(name)
        if is_read:
            yield Case(f"?{text[:60]}", query=text, is_secret=is_secret)
        else:
            body = f"{text}{rest}".encode()
            yield Case(text[:60], body=body, kind="application/x-www-form-urlencoded", is_secret=is_secret)


def asked(watched: Watched, url: Url, case: Case, things: dict[str, str]) -> Any:
    path = url.paths.current[0]
    raw = PREFIX.encode() + filled(path, things).encode()
    environ: dict[str, Any] = {}
    login: Any = watched.world.demo.login if url.login else None
    if case.capture is not None:
        name, value = case.capture
        before, after = path.split(f"<{name}>")
        raw = PREFIX.encode() + filled(before, things).encode() + value + filled(after, things).encode()
    for name, value in case.headers:
        key = name.upper().replace("-", "_")
        environ[key if key == "CONTENT_TYPE" else f"HTTP_{key}"] = value
        if name in {"Authorization", "broker_auth_key"}:
            login, environ["REMOTE_ADDR"] = None, f"2001:db8:{abs(hash(case)) % 65535:x}::1"
    return watched.world.wsgi_app.test_client().open(
        "/",
        method=url.method,
        query_string=case.query,
        data=case.body or None,
        content_type=case.kind,
        auth=login,
        environ_overrides={"PATH_INFO": raw.decode("latin-1"), **environ},
    )


def problems(url: Url, case: Case, response: Any) -> Iterator[str]:
    """What is wrong with an answer."""
    status = response.status_code
    documented = {
        int(each) for each in DOCUMENT["paths"][template_of(url.paths.current[0])][url.method.lower()]["responses"]
    }
    allowed = documented | ELSEWHERE | set(range(200, 400)) if case.capture else documented
    if status not in allowed:
        yield f"{status} is not documented"
    if status < 400:
        return
    if LOGINS.search(response.text) or (case.is_secret and SECRET in response.text):
        yield "a secret is shown"
    if len(response.data) > LONGEST_REFUSAL:
        yield f"{len(response.data)} bytes"
    if response.mimetype in {"text/plain", "text/html"}:
        if not (status == 401 and "Access denied." in response.text) and response.mimetype == "text/plain":
            yield "plain text"
        return
    if response.mimetype == "application/xml":
        return
    body = response.get_json()
    if not body["messages"] or not all(each["text"].strip() for each in body["messages"]) or body["data"] is not None:
        yield "no message"
    if status == 500 and body["messages"][0]["exit_code"] not in KNOWN_500:
        yield "a fault"


@pytest.mark.parametrize("route", [route for route, url in ROUTES.items() if SERVER_SENT not in url.media])
def test_bad_input_is_refused_in_the_documented_form_and_changes_nothing(watched, route):
    url = ROUTES[route]
    foreign = watched.everything.things(url.paths.current[0], watched.world.other)
    things, wrong, statuses = watched.things(url), [], set()
    for case in cases(route, url, foreign):
        response = asked(watched, url, case, things)
        statuses.add(response.status_code)
        found = [f"{case.said}: {each}: {response.text[:300]}" for each in problems(url, case, response)]
        changed = watched.changed()
        if changed and response.status_code >= 400:
            found.append(f"{case.said}: {response.status_code}, but {changed} changed: {response.text[:300]}")
        if changed and response.status_code < 400 and is_gone(watched, url, things):
            things = watched.things(url)
        wrong += found

    assert wrong == []
    assert statuses - {400, 401, 404, 406}, "no request came as far as the resource"


MANY = [
    [f"a{number}" for number in range(60_000)],
    [{}] * 200_000,
    [{"name": f"A{number}", "value": "", "login": f"u{number}", "role": "view"} for number in range(15_000)],
    [{"id": f"{number:024}", "role": "view"} for number in range(20_000)],
    [{"id": f"{number:024}", "type": "team", "role": "view"} for number in range(15_000)],
]
LISTS = (Words, CartridgeWishes, Entries, Reported, VariableWishes)


@pytest.mark.parametrize("route", [route for route, url in ROUTES.items() if url.form is not None])
def test_a_list_as_long_as_a_body_may_be_is_refused_in_few_words(watched, route):
    url = ROUTES[route]
    things, wrong = watched.things(url), []
    for name in (each.data_key or name for name, each in url.form.fields.items() if isinstance(each, LISTS)):
        for many in MANY:
            case = Case(f"{name}={str(many)[:40]}", **_sent({**BODIES.get(route, {}), name: many}))
            response = asked(watched, url, case, things)
            wrong += [f"{case.said}: {each}: {response.text[:300]}" for each in problems(url, case, response)]
            wrong += [
                f"{case.said}: {watched.digest}" for each in [watched.changed()] if each and response.status_code >= 400
            ]

    assert wrong == []


def is_gone(watched: Watched, url: Url, things: dict[str, str]) -> bool:
    """Whether a request that was done after all has taken away what the next one would be about."""
    return url.method in {"DELETE", "PUT"} or "<operation_id>" in url.paths.current[0]
