"""A request that is sent again under its Idempotency-Key is answered as it was, and never done twice."""

import threading
from dataclasses import replace

import pytest
from scenarios.held import AwayAfter
from sqlalchemy import insert, select, update

from broker.api.factory import make_wsgi_app
from broker.store.tables import answers, processes
from broker.usecases.open_operations import resume_operations

APPLICATIONS = "/broker/rest/domains/test/applications"
APPLICATION = "/broker/rest/application/testha"
CREATION = "name=web&cartridge=php-5.4&scale=true"
KEY = "8e03978e-40d5-43e8-bc93-6894a57f9324"
NOW = "2026-01-01T00:00:00Z"
REPLAYED = "Idempotency-Replayed"


def keyed(client, key=KEY, **more):
    return replace(client, headers={**client.headers, "Idempotency-Key": key, **more})


def rows(world):
    with world.embedded.built.database.reading() as connection:
        return [dict(row) for row in connection.execute(select(answers)).mappings()]


def change_row(world, **values):
    with world.embedded.built.database.writing() as connection:
        connection.execute(update(answers).values(**values))
        connection.commit()


def a_living_process(world, process_id="c" * 24):
    row = {"process_id": process_id, "role": "serve", "host": "elsewhere", "started_at": NOW, "beats": 1}
    with world.embedded.built.database.writing() as connection:
        connection.execute(insert(processes), row)
        connection.commit()
    return process_id


def names(client):
    return [each["name"] for each in client("GET", "/broker/rest/applications").data]


def test_a_repeat_is_given_the_first_answer_and_does_nothing(demo):
    first = keyed(demo)("POST", APPLICATIONS, CREATION)

    second = keyed(demo)("POST", APPLICATIONS, CREATION)

    assert first.status == second.status == 201
    assert second.body == first.body
    assert (first.headers.get(REPLAYED), second.headers[REPLAYED]) == (None, "true")
    assert second.headers["Content-Type"] == first.headers["Content-Type"]
    assert second.headers["X-Request-Id"] != first.headers["X-Request-Id"]
    assert names(demo) == ["web"]


def test_an_answer_that_cannot_be_kept_is_given_and_a_repeat_is_given_it_too(world, testha):
    platform = world.embedded.platform
    away = replace(platform, unit_of_work=AwayAfter(platform.unit_of_work, 2))
    client = replace(testha, wsgi_app=make_wsgi_app(away, world.options))

    first = keyed(client)("POST", f"{APPLICATION}/aliases", "id=www.shop.org")
    second = keyed(testha)("POST", f"{APPLICATION}/aliases", "id=www.shop.org")

    assert (first.status, second.status, second.headers[REPLAYED]) == (201, 201, "true")
    assert second.data == first.data


def test_without_a_key_a_repeat_is_a_request_like_any_other(demo):
    demo("POST", APPLICATIONS, CREATION)

    second = demo("POST", APPLICATIONS, CREATION)

    assert (second.status, second.first["exit_code"]) == (422, 100)
    assert second.headers.get(REPLAYED) is None


def test_a_scaling_that_is_repeated_scales_once(testha):
    for _ in range(3):
        answer = keyed(testha)("POST", f"{APPLICATION}/events", "event=scale-up&by=2")

    assert answer.data["gear_count"] == 3
    assert testha("GET", APPLICATION).data["gear_count"] == 3


def test_a_refusal_is_an_answer_that_stays(demo):
    first = keyed(demo)("POST", APPLICATIONS, "name=web&cartridge=none-1.0")

    second = keyed(demo)("POST", APPLICATIONS, "name=web&cartridge=none-1.0")

    assert first.status == second.status == 422
    assert second.body == first.body
    assert second.headers[REPLAYED] == "true"


def test_what_is_answered_by_try_again_can_be_tried_again(make_world):
    world = make_world(nodes_per_zone=0)
    world.demo("POST", "/broker/rest/domains", "name=test")
    first = keyed(world.demo)("POST", APPLICATIONS, CREATION)

    again = keyed(world.demo)("POST", APPLICATIONS, CREATION)

    assert first.status == again.status == 500
    assert again.headers.get(REPLAYED) is None
    assert rows(world) == []


@pytest.mark.parametrize(
    ("path", "form"),
    [
        (APPLICATIONS, "name=other&cartridge=php-5.4&scale=true"),
        (APPLICATIONS, f"{CREATION}&gear_size=small"),
        ("/broker/rest/domains", "name=elsewhere"),
    ],
    ids=["other parameters", "one parameter more", "another resource"],
)
def test_another_request_under_the_same_key_is_refused_and_not_done(demo, path, form):
    keyed(demo)("POST", APPLICATIONS, CREATION)

    answer = keyed(demo)("POST", path, form)

    assert answer.status == 422
    assert answer.texts == ["This Idempotency-Key was given with another request. Give every new request a new key."]
    assert names(demo) == ["web"]


def test_a_key_is_its_owners_only(world, demo):
    world.other("POST", "/broker/rest/domains", "name=another")
    keyed(demo)("POST", APPLICATIONS, CREATION)

    answer = keyed(world.other)("POST", "/broker/rest/domains/another/applications", CREATION)

    assert (answer.status, answer.headers.get(REPLAYED)) == (201, None)
    assert answer.data["domain_id"] == "another"


def test_reading_takes_no_notice_of_a_key(world, testha):
    before = rows(world)

    assert keyed(testha)("GET", APPLICATION).headers.get(REPLAYED) is None
    assert rows(world) == before


def test_who_may_not_ask_is_not_answered_what_somebody_else_was(world, demo):
    keyed(demo)("POST", APPLICATIONS, CREATION)

    wrong = replace(keyed(demo), login=("demo", "wrong")).send("POST", APPLICATIONS, data=CREATION)

    assert wrong.status_code == 401


@pytest.mark.parametrize("key", ["", " ", "é", "a\tb", "k" * 256, '""', "\x7f"])
def test_a_key_that_cannot_be_one_is_refused(demo, key):
    answer = keyed(demo, key)("POST", APPLICATIONS, CREATION)

    assert answer.status == 400
    assert "1 to 255 printable ASCII characters" in answer.texts[0]
    assert names(demo) == []


def test_the_longest_key_is_one(demo):
    assert keyed(demo, "k" * 255)("POST", APPLICATIONS, CREATION).status == 201
    assert keyed(demo, "k" * 255)("POST", APPLICATIONS, CREATION).headers[REPLAYED] == "true"


@pytest.mark.parametrize(
    ("method", "path", "form"),
    [
        ("POST", f"{APPLICATION}/aliases", "id=www.example.org"),
        ("PATCH", f"{APPLICATION}/environment-variables", "name=STAGE&value=test"),
        ("PUT", f"{APPLICATION}/cartridge/ruby-1.9", "scales_from=2"),
        ("DELETE", APPLICATION, None),
        ("POST", "/broker/rest/domains", "name=more"),
        ("DELETE", "/broker/rest/domain/test", "force=true"),
    ],
)
def test_every_change_may_be_repeated(testha, method, path, form):
    first = keyed(testha)(method, path, form)

    second = keyed(testha)(method, path, form)

    assert first.status < 300, first.texts
    assert (second.status, second.body) == (first.status, first.body)
    assert second.headers[REPLAYED] == "true"


def test_no_secret_of_the_request_is_kept_with_the_answer(world, demo):
    form = f"{CREATION}&environment_variables[][name]=TOKEN&environment_variables[][value]=s3cret"
    keyed(demo)("POST", APPLICATIONS, form)

    assert "s3cret" not in str(rows(world))
    assert "password" not in str(rows(world))
    assert "Authorization" not in str(rows(world)[0]["headers"])


# --- while the first is not answered ------------------------------------------------------------------------------


def test_while_the_first_is_being_worked_on_a_repeat_is_told_to_come_again(world, demo):
    """The nodes wait until the second request has been answered."""
    reached, goes_on = threading.Event(), threading.Event()
    fleet = world.embedded.fleet

    class WaitingChannel:
        def call(self, sent, deadline_seconds):
            reached.set()
            assert goes_on.wait(30)
            return fleet.call(sent, deadline_seconds)

    slow = replace(
        demo, wsgi_app=make_wsgi_app(replace(world.embedded.platform, channel=WaitingChannel()), world.options)
    )
    first = []
    thread = threading.Thread(target=lambda: first.append(keyed(slow)("POST", APPLICATIONS, CREATION)))
    thread.start()
    assert reached.wait(30)

    second = keyed(slow)("POST", APPLICATIONS, CREATION)
    goes_on.set()
    thread.join(30)

    assert (second.status, second.headers["Retry-After"]) == (409, "1")
    assert "still being worked on" in second.texts[0]
    assert first[0].status == 201
    assert keyed(slow)("POST", APPLICATIONS, CREATION).body == first[0].body
    assert names(demo) == ["web"]


def test_what_another_living_process_works_on_is_left_to_it(world, demo):
    keyed(demo)("POST", APPLICATIONS, CREATION)
    change_row(world, status=None, operation_id=None, driver=a_living_process(world))

    answer = keyed(demo)("POST", APPLICATIONS, CREATION)

    assert (answer.status, answer.headers["Retry-After"]) == (409, "1")


def test_of_many_repeats_at_once_one_is_done(world, demo):
    start = threading.Barrier(8)
    seen = []

    def send():
        start.wait(30)
        seen.append(keyed(demo)("POST", APPLICATIONS, CREATION))

    threads = [threading.Thread(target=send) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)

    assert {each.status for each in seen} <= {201, 409}
    done = [each for each in seen if each.status == 201 and REPLAYED not in each.headers]
    assert len(done) == 1
    assert all(each.body == done[0].body for each in seen if each.status == 201)
    assert names(demo) == ["web"]


# --- crashes ------------------------------------------------------------------------------------------------------


class PowerCut(BaseException):
    """What no handler of errors may catch."""


class CutWork:
    """A unit of work after, or before, whose commit the power goes."""

    def __init__(self, inner, cut):
        self._inner, self._cut = inner, cut

    def __getattr__(self, name):
        return getattr(self._inner, name)

    def __enter__(self):
        self._inner.__enter__()
        return self

    def __exit__(self, *how):
        return self._inner.__exit__(*how)

    def commit(self):
        self._cut("before")
        self._inner.commit()
        self._cut("after")


def a_process(world, process_id, *, dies_at=None):
    """The interface as another process on the same database serves it; it dies at so many commits, before or after."""
    seen = {"before": 0, "after": 0}

    def cut(when):
        seen[when] += 1
        if (when, seen[when]) == dies_at:
            raise PowerCut

    platform = world.embedded.platform
    opened = platform.unit_of_work
    platform = replace(platform, process_id=process_id, unit_of_work=lambda: CutWork(opened(), cut))
    return platform, make_wsgi_app(platform, world.options)


CHANGES = {
    "create": ("POST", APPLICATIONS, CREATION),
    "scale-up": ("POST", f"{APPLICATION}/events", "event=scale-up&by=2"),
    "limits": ("PUT", f"{APPLICATION}/cartridge/ruby-1.9", "scales_from=2"),
    "enable-ha": ("POST", f"{APPLICATION}/events", "event=enable-ha"),
    "alias": ("POST", f"{APPLICATION}/aliases", "id=www.example.org"),
    "variable": ("POST", f"{APPLICATION}/environment-variables", "name=STAGE&value=test"),
    "variables": (
        "PATCH",
        f"{APPLICATION}/environment-variables",
        "environment_variables[][name]=STAGE&environment_variables[][value]=test",
    ),
    "delete": ("DELETE", APPLICATION, None),
    "new domain": ("POST", "/broker/rest/domains", "name=more"),
    "other domain": ("PUT", "/broker/rest/domain/more", "name=moreover"),
    "no domain": ("DELETE", "/broker/rest/domain/test", "force=true"),
}
MOST_COMMITS = 12


def instants():
    """Before and after each commit that a request may make."""
    return [(when, number) for number in range(1, MOST_COMMITS) for when in ("before", "after")]


def prepared(world, what):
    """The world with what the change needs."""
    world.demo("POST", "/broker/rest/domains", "name=test")
    if what == "other domain":
        world.demo("POST", "/broker/rest/domains", "name=more")
    elif what not in {"create", "new domain"}:
        world.demo("POST", APPLICATIONS, "name=testha&cartridges[]=ruby-1.9&scale=true")
    return world


def cut_off(world, what, dies_at):
    """Send the change to a process that dies at that commit; False if it came to its end before."""
    _, dying = a_process(world, "a" * 24, dies_at=dies_at)
    try:
        keyed(replace(world.demo, wsgi_app=dying))(*CHANGES[what])
    except PowerCut:
        return True
    return False


def state_of(world, what):
    """What the change is about, as its owner sees it."""
    demo = world.demo
    if what.endswith("domain"):
        return [each["name"] for each in demo("GET", "/broker/rest/domains").data]
    if what in {"create", "delete"}:
        return names(demo)
    if what == "alias":
        return [each["id"] for each in demo("GET", f"{APPLICATION}/aliases").data]
    if what in {"variable", "variables"}:
        return [each["value"] for each in demo("GET", f"{APPLICATION}/environment-variables").data]
    shown = demo("GET", APPLICATION).data
    return [shown["gear_count"], shown["ha"]]


def events_told(world):
    with world.embedded.platform.reading() as work:
        return [(each.app_name, each.action) for each in work.log.after(0, 10_000)]


@pytest.mark.parametrize("what", CHANGES)
def test_a_process_may_die_at_any_commit_and_the_repeat_is_answered_without_doing_it_twice(make_world, what):
    reference = prepared(make_world(), what)
    status = reference.demo(*CHANGES[what]).status
    expected = (status, state_of(reference, what), sorted(events_told(reference)))
    for dies_at in instants():
        world = prepared(make_world(), what)
        if not cut_off(world, what, dies_at):
            return
        platform, survivor = a_process(world, "b" * 24)
        resume_operations(platform)

        repeat = keyed(replace(world.demo, wsgi_app=survivor))(*CHANGES[what])
        again = keyed(replace(world.demo, wsgi_app=survivor))(*CHANGES[what])

        assert (repeat.status, state_of(world, what), sorted(events_told(world))) == expected, (dies_at, repeat.texts)
        assert (again.status, again.body, again.headers[REPLAYED]) == (repeat.status, repeat.body, "true")
        world.close()
    pytest.fail("the request makes more commits than were cut")
