"""What tests and benchmarks of the relay share: a platform on a bus, a log that is filled, and an ear on the bus."""

import json
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import kombu
from kombu.entity import Exchange, Queue

from broker.bootstrap import Built, build, load_settings
from broker.core.ids import ApplicationId, UserId
from broker.interfaces import OutgoingEvent

DEADLINE_SECONDS = 60.0
AT = "2026-01-01T00:00:00Z"
ENDPOINT = {
    "gear_id": "53c6c74fe659c57659000021",
    "public_port_name": "php-5.4",
    "public_address": "203.0.113.17",
    "public_port": 56433,
    "protocols": ["http", "ws"],
    "types": ["web_framework"],
    "mappings": [{"frontend": "", "backend": ""}, {"frontend": "/health", "backend": ""}],
    "node": "node-a1.example.com",
    "region": "r1",
    "zone": "a",
    "state": "started",
    "rotation": "in",
    "is_head": False,
}
# A relay of its own process, which works until it is killed or its input ends.
RELAY = """
import json, sys
from broker.bootstrap import build, load_settings
from broker.workers.relay import relay
built = build(load_settings(json.loads(sys.argv[1])))
for worker in relay(built.platform):
    worker.start()
print("up", flush=True)
sys.stdin.read()
"""


def until(condition: Callable[[], object], what: str) -> None:
    """Return as soon as it holds; fails after the deadline."""
    deadline = time.monotonic() + DEADLINE_SECONDS
    while not condition():
        assert time.monotonic() < deadline, f"{what} did not happen in {DEADLINE_SECONDS} seconds"
        time.sleep(0.01)


def relay_settings(directory: Path, bus_url: str, exchange: str, **more: str) -> dict[str, str]:
    """Settings of a broker whose events go to an exchange of the test's own."""
    return {
        "GEARBROKER_DATA_DIR": str(directory),
        "BUS_URL": bus_url,
        "ROUTING_EXCHANGE": exchange,
        "OSE2_ROUTING_KEY": f"{exchange}-routinginfo",
        **more,
    }


@contextmanager
def platform(settings: dict[str, str]) -> Iterator[Built]:
    """A platform of these settings on a database that is made if need be."""
    made = build(load_settings(settings), create=True)
    try:
        yield made
    finally:
        made.close()


@contextmanager
def relay_process(settings: dict[str, str]) -> Iterator[subprocess.Popen[str]]:
    """A relay in a process of its own, once it works."""
    command = [sys.executable, "-c", RELAY, json.dumps(settings)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as child:
        try:
            assert child.stdout is not None
            assert child.stdout.readline() == "up\n"
            yield child
        finally:
            child.kill()


def application(number: int) -> ApplicationId:
    return ApplicationId(f"{number:024x}")


def an_event(number: int, sequence: int, action: str = "add_public_endpoint", **data: object) -> OutgoingEvent:
    return OutgoingEvent(
        application_id=application(number),
        owner_id=UserId("1" * 24),
        sequence=sequence,
        action=action,
        app_name=f"app{number}",
        namespace="demo",
        occurred_at=AT,
        data=data or ENDPOINT,
    )


def write(built: Built, events: Iterable[OutgoingEvent]) -> None:
    """Commit events, as a change of an application would."""
    with built.platform.unit_of_work() as work:
        work.log.add(list(events))
        work.commit()


def confirmed(built: Built, count: int) -> bool:
    """Whether the bus has confirmed so many events."""
    with built.platform.reading() as work:
        return all(work.log.confirmed(each.destination) >= count for each in built.platform.publishers)


class Ear:
    """A durable queue on the exchange, read as a listener would; `heard` are sequences by application, in order."""

    def __init__(self, url: str, name: str, key: str = "#") -> None:
        self._url, self._name = url, name
        self.heard: dict[str, list[int]] = defaultdict(list)
        exchange = Exchange(name, type="topic", durable=True)
        with kombu.Connection(url) as connection:
            channel = connection.default_channel
            exchange(channel).declare()
            Queue(name, exchange, routing_key=key, durable=True)(channel).declare()

    def listen(self, enough: Callable[[], bool]) -> None:
        """Take in what comes until there is enough; fails after the deadline."""
        deadline = time.monotonic() + DEADLINE_SECONDS
        with (
            kombu.Connection(self._url) as connection,
            connection.Consumer(Queue(self._name, no_declare=True), on_message=self._take, accept=None),
        ):
            while not enough():
                assert time.monotonic() < deadline, {name: len(each) for name, each in self.heard.items()}
                try:
                    connection.drain_events(timeout=0.1)
                except TimeoutError:
                    continue

    def _take(self, message: kombu.Message) -> None:
        data = json.loads(message.body)["data"]
        self.heard[data["application_id"]].append(data["sequence"])
        message.ack()

    def first_heard(self, number: int) -> list[int]:
        """The sequences of an application without repeats."""
        return list(dict.fromkeys(self.heard[application(number)]))

    def delete(self) -> None:
        with kombu.Connection(self._url) as connection:
            connection.default_channel.queue_delete(self._name)
            connection.default_channel.exchange_delete(self._name)
