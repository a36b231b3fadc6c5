"""Brokers, workers and agents in processes of their own, on a real database and bus, some of which are killed."""

import http.client
import signal
import socket
import threading
import time
import urllib.error
import urllib.request

import psutil
import pytest
from cut_wire import Wire

from broker.usecases.processes import list_processes
from tools.production.children import stop_together
from tools.production.shape import production

pytestmark = [pytest.mark.services("postgresql", "rabbitmq"), pytest.mark.timeout(180)]

PATIENCE_SECONDS = 60.0
NODES = 4  # of the six, so that fewer processes are begun


def until(condition, what):
    """What the condition gives, once it is something; fails when that takes too long."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not (found := condition()):
        assert time.monotonic() < deadline, f"{what} did not come about"
        time.sleep(0.02)
    return found


@pytest.fixture(scope="module")
def shape(tmp_path_factory):
    """A platform with agents and one broker that stays; a data directory could not be made."""
    directory = tmp_path_factory.mktemp("production")
    nowhere = directory / "file"
    nowhere.touch()
    settings = {
        "GEARBROKER_DATA_DIR": str(nowhere / "none"),
        # Agents are stopped for a while, and no node is to be lost for that.
        "COMMAND_DEADLINE_SECONDS": "60",
        "HEARTBEATS_MISSED": "60",
    }
    with production(directory, **settings) as made:
        made.populate()
        made.front = made.broker("front")
        made.agents = [made.agent(node_id) for node_id in made.node_ids[:NODES]]
        made.witness = made.client(made.front)
        yield made


@pytest.fixture
def begun(shape):
    """Begins processes that end with the test."""
    mine = []

    def begin(kind, name, *options):
        mine.append(getattr(shape, kind)(name, *options))
        mine[-1].wait_for("serves at|works")
        return mine[-1]

    yield begin
    for agent in shape.agents:
        agent.send(signal.SIGCONT)
    stop_together(mine)


@pytest.fixture
def application(shape, begun, request):
    """The path of an application of this test's own, on agents that are heard of."""
    helper = begun("worker", f"helper-{request.node.name[:40]}")
    until(lambda: len(shape.heard()) == NODES, "the heartbeats")
    name = f"app{len(shape.children)}"
    made = shape.witness.post("/broker/rest/domain/test/applications", name=name, cartridges="ruby-1.9", scale="true")
    assert made.status == 201, made.text
    stop_together([helper])
    return f"/broker/rest/applications/{name}"


def pause(shape):
    for agent in shape.agents:
        agent.send(signal.SIGSTOP)


def go_on(shape):
    for agent in shape.agents:
        agent.send(signal.SIGCONT)


def grow(client, application, to):
    """Ask for so many gears in a thread; the list gets the answer, or what cut it off."""
    answers = []

    def ask():
        try:
            answers.append(client.post(f"{application}/events", event="scale-up", to=str(to)))
        except (urllib.error.URLError, http.client.HTTPException, OSError) as cut:
            answers.append(cut)

    thread = threading.Thread(target=ask)
    thread.start()
    return thread, answers


def newest(shape, application):
    return shape.witness.get(f"{application}/operations?limit=1").data[0]


def gears(shape, application):
    groups = shape.witness.get(f"{application}/gear_groups").data
    return [gear["state"] for group in groups for gear in group["gears"]]


def processes(shape, role):
    return {each.process_id for each in list_processes(shape.platform) if each.role == role}


def test_an_operation_whose_broker_is_killed_in_the_middle_is_concluded_by_a_worker(shape, begun, application):
    broker = begun("broker", "dying")
    pause(shape)
    thread, _ = grow(shape.client(broker), application, to=5)
    until(lambda: newest(shape, application)["state"] == "running", "the operation")

    broker.kill()
    thread.join()
    begun("worker", "heir")
    go_on(shape)

    until(lambda: newest(shape, application)["state"] != "running", "its end")
    assert newest(shape, application)["state"] == "completed"
    assert gears(shape, application) == ["started"] * 5
    assert len(processes(shape, "serve")) == 1


def test_a_worker_that_was_stopped_and_taken_for_dead_does_no_harm_when_it_comes_back(shape, begun, application):
    broker, stopped = begun("broker", "dying"), begun("worker", "stopped")
    (own,) = processes(shape, "work")
    pause(shape)
    thread, _ = grow(shape.client(broker), application, to=4)
    until(lambda: newest(shape, application)["state"] == "running", "the operation")
    broker.kill()
    thread.join()
    until(lambda: in_hands_of(shape, own), "its being taken over")

    stopped.send(signal.SIGSTOP)
    begun("worker", "other")
    until(lambda: own not in processes(shape, "work"), "its burial")
    until(lambda: not in_hands_of(shape, own), "its operation's release")
    go_on(shape)
    until(lambda: newest(shape, application)["state"] == "completed", "the operation's end")
    stopped.send(signal.SIGCONT)

    until(lambda: own in processes(shape, "work"), "its return")
    assert gears(shape, application) == ["started"] * 4
    again = shape.witness.post(f"{application}/events", event="scale-up", to="6")
    assert (again.status, gears(shape, application)) == (200, ["started"] * 6)
    wanted = shape.witness.get(f"{application}/routing_table").data["sequence"]
    until(lambda: sequences(shape, application) == list(range(1, wanted + 1)), "a log without gaps")


def in_hands_of(shape, process_id):
    with shape.platform.reading() as work:
        return work.operations.in_hands_of(process_id)


def sequences(shape, application):
    """Those of the application's events, in the order of the log."""
    with shape.platform.reading() as work:
        return [each.sequence for each in work.log.after(0, 10_000) if application.endswith(f"/{each.app_name}")]


def test_a_broker_that_is_asked_to_end_answers_what_it_was_asked_before(shape, begun, application):
    broker = begun("broker", "ending")
    pause(shape)
    thread, answers = grow(shape.client(broker), application, to=3)
    until(lambda: newest(shape, application)["state"] == "running", "the operation")
    idle = socket.create_connection(shape.client(broker).url.removeprefix("http://").split(":"))

    broker.send(signal.SIGTERM)
    with idle:
        assert idle.recv(1) == b""  # it hangs up where nothing was asked
    go_on(shape)
    thread.join()

    assert answers[0].text == f"Application {application.rpartition('/')[2]} has scaled to 3"
    assert broker.wait() == 0
    assert len(processes(shape, "serve")) == 1


@pytest.fixture
def several(shape):
    """A broker of two server processes."""
    broker = shape.broker("several", "--processes", "2")
    broker.wait_for("with 2 processes")
    until(lambda: len(psutil.Process(broker.pid).children()) == 2, "its children")
    yield broker
    stop_together([broker])


def test_a_killed_server_process_is_replaced_while_the_port_is_served_and_all_end_when_asked_to(shape, several):
    client = shape.client(several)
    parent = psutil.Process(several.pid)
    victim, other = parent.children()

    victim.kill()
    answers = []
    while len(parent.children()) < 2 or victim in parent.children():
        answers.append(client.get("/broker/rest/user").status)
    answers.append(client.get("/broker/rest/user").status)

    children = parent.children()
    assert other in children
    assert set(answers) == {200}
    several.send(signal.SIGTERM)
    assert several.wait() == 0
    assert not any(child.is_running() for child in children)


def test_a_server_process_that_dies_while_the_database_is_away_is_replaced_once_that_is_back(shape):
    wire = Wire(shape.environment["DATABASE_URL"])
    broker = shape.child(
        "cut off", "gearbroker", "serve", "--processes", "2", DATABASE_URL=wire.url, GEARBROKER_PORT="0"
    )
    broker.begin()
    broker.wait_for("with 2 processes")
    parent = psutil.Process(broker.pid)
    victim, other = until(lambda: len(found := parent.children()) == 2 and found, "its children")
    until(lambda: len(processes(shape, "serve")) == 3, "the word of both")

    wire.cut()
    victim.kill()
    until(lambda: broker.said().count("The database cannot be used") > 1, "a second attempt")
    wire.mend()

    until(lambda: victim not in parent.children() and len(parent.children()) == 2, "the new one")
    assert other in parent.children()
    stop_together([broker])
    wire.end()


def test_the_server_processes_end_with_the_parent_that_was_killed(shape, several):
    children = psutil.Process(several.pid).children()

    several.kill()

    _, alive = psutil.wait_procs(children, timeout=PATIENCE_SECONDS)
    assert alive == []


def test_another_wsgi_server_can_serve_the_broker_too(shape):
    other = shape.child("waitress", "waitress-serve", "--listen=127.0.0.1:0", "--call", "broker.wsgi:application")
    other.begin()
    url = other.wait_for(r"Serving on (http://\S+)")[1]

    with urllib.request.urlopen(f"{url}/broker/rest/api", timeout=20) as answer:
        served = answer.status
    known = len(processes(shape, "serve"))
    other.send(signal.SIGINT)

    assert (served, known) == (200, 2)
    assert other.wait() is not None
    assert len(processes(shape, "serve")) == 1


def test_server_processes_that_find_no_database_at_the_start_end_at_once_with_one_clear_sentence(shape):
    broker = shape.child("misled", "gearbroker", "serve", "--processes", "2", DATABASE_URL="postgresql://127.0.0.1:1/x")
    broker.begin()

    assert broker.wait() == 1
    assert broker.said().count("The database cannot be used") == 1


def test_work_needs_no_data_directory_and_says_what_it_needs_instead(shape, tmp_path):
    alone = shape.child("alone", "gearbroker", "work", NODES="simulated", GEARBROKER_DATA_DIR=str(tmp_path / "data"))
    alone.begin()

    assert alone.wait() == 78
    assert "set DATABASE_URL, BUS_URL and NODES=bus. Otherwise `gearbroker serve` alone does everything" in alone.said()
    assert list(tmp_path.iterdir()) == []
