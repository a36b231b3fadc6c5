"""`Prefer: respond-async`: the answer is the operation, which goes on without the caller."""

import threading
from contextlib import contextmanager
from dataclasses import replace
from time import monotonic, sleep

import pytest
from sqlalchemy import update

from broker.api.factory import make_wsgi_app
from broker.api.preferences import prefers_async
from broker.store.tables import answers
from broker.workers.operations import OperationRunner

APPLICATIONS = "/broker/rest/domains/test/applications"
APPLICATION = "/broker/rest/application/testha"
CREATION = "name=web&cartridge=php-5.4&scale=true"
LONG_ENOUGH = 20.0
ENDED = {"completed", "failed", "cancelled"}


@contextmanager
def running(platform):
    """The loop that takes what nobody waits for."""
    worker = OperationRunner(platform).worker()
    worker.start()
    yield
    worker.stop()


@pytest.fixture
def serving(world, testha):
    """The client `demo` with `testha`, of a platform whose operations are run."""
    with running(world.embedded.platform):
        yield testha


def preferring(client, prefer="respond-async", **more):
    return replace(client, headers={**client.headers, "Prefer": prefer, **more})


def ended(client, accepted):
    """The operation once it has ended."""
    path = accepted.headers["Location"].removeprefix("http://localhost")
    deadline = monotonic() + LONG_ENOUGH
    while True:
        shown = client("GET", path)
        assert shown.status == 200, shown.texts
        if shown.data["state"] in ENDED:
            return shown.data
        assert monotonic() < deadline, shown.data
        sleep(0.01)


@pytest.mark.parametrize(
    ("method", "path", "form"),
    [
        ("POST", f"{APPLICATION}/events", "event=scale-up&by=2"),
        ("POST", f"{APPLICATION}/events", "event=enable-ha"),
        ("POST", f"{APPLICATION}/events", "event=stop"),
        ("POST", f"{APPLICATION}/cartridge/ruby-1.9/events", "event=scale-up"),
        ("PUT", f"{APPLICATION}/cartridge/ruby-1.9", "scales_from=2"),
        ("POST", f"{APPLICATION}/aliases", "id=www.example.org"),
        ("PATCH", f"{APPLICATION}/environment-variables", "name=STAGE&value=test"),
        ("DELETE", APPLICATION, None),
        ("POST", APPLICATIONS, CREATION),
    ],
)
def test_a_change_is_answered_with_202_and_its_operation_which_then_ends_by_itself(serving, method, path, form):
    accepted = preferring(serving)(method, path, form)

    assert (accepted.status, accepted.body["type"], accepted.body["status"]) == (202, "operation", "accepted")
    assert accepted.headers["Preference-Applied"] == "respond-async"
    assert accepted.headers["Location"] == f"http://localhost/broker/rest/operation/{accepted.data['id']}"
    assert accepted.data["links"]["GET"]["href"] == accepted.headers["Location"]
    done = ended(serving, accepted)
    assert (done["state"], done["reason"]) == ("completed", None)
    assert {each["state"] for each in done["steps"]} <= {"done"}


def test_what_no_node_is_needed_for_is_completed_and_says_so(serving):
    alias = preferring(serving)("POST", f"{APPLICATION}/aliases", "id=www.example.org")

    assert (alias.data["state"], alias.texts) == ("completed", [f"The operation {alias.data['id']} is completed."])


def test_what_was_created_that_way_is_there(serving):
    accepted = preferring(serving)("POST", APPLICATIONS, CREATION)
    done = ended(serving, accepted)

    assert serving("GET", f"/broker/rest/application/{done['application_id']}").data["name"] == "web"


def test_a_refusal_that_is_known_at_once_is_answered_at_once(serving):
    before = serving("GET", "/broker/rest/operations").data

    for method, path, form, status in (
        ("POST", f"{APPLICATION}/events", "event=fly", 422),
        ("POST", f"{APPLICATION}/events", "event=scale-down", 422),
        ("POST", "/broker/rest/application/nope/events", "event=start", 404),
        ("POST", APPLICATIONS, "name=testha&cartridge=php-5.4", 422),
        ("PUT", f"{APPLICATION}/cartridge/ruby-1.9", "scales_from=0", 422),
    ):
        answer = preferring(serving)(method, path, form)
        assert (answer.status, answer.headers.get("Preference-Applied")) == (status, None)

    assert serving("GET", "/broker/rest/operations").data == before


def test_without_the_wish_the_answer_comes_when_it_is_done(serving):
    answer = serving("POST", f"{APPLICATION}/events", "event=scale-up")

    assert (answer.status, answer.data["gear_count"]) == (200, 2)
    assert answer.headers.get("Preference-Applied") is None


def test_reading_and_changing_a_domain_wait_whatever_is_preferred(serving):
    for answer in (
        preferring(serving)("GET", APPLICATION),
        preferring(serving)("POST", "/broker/rest/domains", "name=more"),
        preferring(serving)("DELETE", "/broker/rest/domain/test", "force=true"),
    ):
        assert answer.status in {200, 201}
        assert answer.headers.get("Preference-Applied") is None
    assert serving("GET", "/broker/rest/applications").data == []


@pytest.mark.parametrize(
    ("prefer", "wanted"),
    [
        ("respond-async", True),
        ("Respond-Async", True),
        ("respond-async, wait=10", True),
        ("wait=10,respond-async; foo=bar", True),
        ('return=minimal, foo="a, respond-async"', False),
        ('foo="\\", respond-async"', False),
        ("respond-asynchronously", False),
        ("foo=respond-async", False),
        ("", False),
        (",,;;==", False),
        ('"', False),
    ],
)
def test_the_wish_is_read_as_the_rfc_writes_it(prefer, wanted):
    assert prefers_async(prefer) is wanted


def test_a_repeat_under_a_key_is_given_the_same_operation(serving):
    client = preferring(serving, **{"Idempotency-Key": "one"})
    first = client("POST", f"{APPLICATION}/events", "event=scale-up&by=2")
    ended(serving, first)

    second = client("POST", f"{APPLICATION}/events", "event=scale-up&by=2")

    assert (second.status, second.headers["Location"]) == (202, first.headers["Location"])
    assert (second.headers["Idempotency-Replayed"], second.headers["Preference-Applied"]) == ("true", "respond-async")
    assert serving("GET", APPLICATION).data["gear_count"] == 3


def test_a_repeat_whose_first_answer_was_lost_is_given_the_operation_that_is_open(world, testha):
    """Nobody runs operations here, so it stays open."""
    client = preferring(testha, **{"Idempotency-Key": "one"})
    first = client("POST", f"{APPLICATION}/events", "event=scale-up&by=2")
    with world.embedded.built.database.writing() as connection:
        connection.execute(update(answers).values(status=None, headers=None, body=None, driver="d" * 24))
        connection.commit()

    waiting = replace(testha, headers={"Idempotency-Key": "one"})(
        "POST", f"{APPLICATION}/events", "event=scale-up&by=2"
    )
    second = client("POST", f"{APPLICATION}/events", "event=scale-up&by=2")

    assert (waiting.status, waiting.headers["Retry-After"]) == (409, "1")
    assert (second.status, second.data["id"], second.data["state"]) == (202, first.data["id"], "running")
    assert second.headers["Idempotency-Replayed"] == "true"


class HeldChannel:
    """Holds every command until it is let go."""

    def __init__(self, fleet):
        self._fleet = fleet
        self.reached, self.goes_on = threading.Event(), threading.Event()

    def call(self, sent, deadline_seconds):
        self.reached.set()
        assert self.goes_on.wait(LONG_ENOUGH)
        return self._fleet.call(sent, deadline_seconds)


@pytest.fixture
def held(world, testha):
    """The channel to nodes that wait, and the client of the interface that uses it."""
    channel = HeldChannel(world.embedded.fleet)
    platform = replace(world.embedded.platform, channel=channel)
    with running(platform):
        yield channel, replace(testha, wsgi_app=make_wsgi_app(platform, world.options))
        channel.goes_on.set()


def test_a_second_change_waits_in_the_queue_and_says_so(testha, held):
    channel, client = held
    running = preferring(client)("POST", f"{APPLICATION}/events", "event=scale-up")
    assert channel.reached.wait(LONG_ENOUGH)

    waiting = preferring(client)("POST", f"{APPLICATION}/events", "event=scale-up")
    assert (waiting.status, waiting.data["state"], waiting.data["queue_position"]) == (202, "queued", 1)
    assert waiting.texts == [f"The operation {waiting.data['id']} goes on by itself."]
    channel.goes_on.set()

    assert [ended(testha, each)["state"] for each in (running, waiting)] == ["completed", "completed"]
    assert testha("GET", APPLICATION).data["gear_count"] == 3


def test_a_queued_change_that_is_cancelled_is_never_made(testha, held):
    channel, client = held
    running = preferring(client)("POST", f"{APPLICATION}/events", "event=scale-up")
    assert channel.reached.wait(LONG_ENOUGH)
    waiting = preferring(client)("POST", f"{APPLICATION}/events", "event=scale-up&by=5")

    cancelled = client("POST", f"/operation/{waiting.data['id']}/events", "event=cancel")
    assert (cancelled.status, cancelled.data["state"], cancelled.data["can_cancel"]) == (200, "cancelled", False)
    channel.goes_on.set()

    assert ended(testha, running)["state"] == "completed"
    assert testha("GET", APPLICATION).data["gear_count"] == 2
    assert testha("POST", f"/operation/{waiting.data['id']}/events", "event=cancel").status == 409


def test_a_running_change_that_is_cancelled_is_undone(testha, held):
    channel, client = held
    running = preferring(client)("POST", f"{APPLICATION}/events", "event=scale-up&by=2")
    assert channel.reached.wait(LONG_ENOUGH)

    asked = client("POST", f"/operation/{running.data['id']}/events", "event=cancel")
    assert (asked.status, asked.data["state"], asked.data["cancel_requested"]) == (200, "running", True)
    channel.goes_on.set()

    assert ended(testha, running)["state"] == "cancelled"
    assert testha("GET", APPLICATION).data["gear_count"] == 1
    assert testha("GET", "/user").data["consumed_gears"] == 1


def test_what_has_ended_cannot_be_cancelled(serving):
    done = ended(serving, preferring(serving)("POST", f"{APPLICATION}/events", "event=scale-up"))

    answer = serving("POST", f"/operation/{done['id']}/events", "event=cancel")

    assert (done["can_cancel"], answer.status) == (False, 409)
    assert serving("GET", APPLICATION).data["gear_count"] == 2
