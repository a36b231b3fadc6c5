"""The publisher at a real RabbitMQ: confirms, what cannot be sent, a bus that is away or stuck."""

import json
from collections.abc import Iterator
from urllib.parse import urlsplit

import kombu
import pytest
from kombu.entity import Exchange, Queue
from services.relaying import AT, Ear, application
from services.wire import Wire

from broker.bus.publisher import KombuPublisher
from broker.core.errors import StorageUnavailable
from broker.interfaces import BusUnavailable, LoggedEvent

pytestmark = pytest.mark.services("rabbitmq")

LARGEST_MESSAGE = 128 * 1024 * 1024  # RabbitMQ's max_message_size where nobody has changed it


def encode(event: LoggedEvent) -> tuple[str, str, str] | None:
    """As the broker's own dialects do; an action that is a fault of its own kind."""
    if event.action == "not_in_dialect":
        return None
    if event.action == "no_database":
        raise StorageUnavailable
    if event.action == "unreadable":
        raise KeyError("gear_id")
    padding = "x" * LARGEST_MESSAGE if event.action == "too_large" else ""
    data = {"application_id": event.application_id, "sequence": event.sequence, "padding": padding}
    return f"{event.namespace}.{event.app_name}.{event.action}", json.dumps({"data": data}), "application/json"


def logged(sequence: int, action: str = "add_alias", number: int = 1, app_name: str = "shop") -> LoggedEvent:
    return LoggedEvent(
        position=sequence,
        application_id=application(number),
        sequence=sequence,
        action=action,
        app_name=app_name,
        namespace="demo",
        occurred_at=AT,
        data="{}",
    )


def publisher_of(url: str, exchange: str) -> KombuPublisher:
    return KombuPublisher(destination="bus/json", url=url, exchange=exchange, encode=encode, stuck_seconds=0.5)


@pytest.fixture
def ear(rabbitmq_url, unique_name) -> Iterator[Ear]:
    made = Ear(rabbitmq_url, unique_name)
    yield made
    made.delete()


@pytest.fixture
def publisher(rabbitmq_url, unique_name) -> Iterator[KombuPublisher]:
    made = publisher_of(rabbitmq_url, unique_name)
    yield made
    made.close()


@pytest.fixture
def wire(rabbitmq_url) -> Iterator[Wire]:
    server = urlsplit(rabbitmq_url)
    made = Wire(server.hostname or "127.0.0.1", server.port or 5672)
    yield made
    made.close()


@pytest.fixture
def wired(rabbitmq_url, wire, unique_name) -> Iterator[KombuPublisher]:
    """A publisher whose wire to the bus can be cut."""
    server = urlsplit(rabbitmq_url)
    url = server._replace(netloc=f"{server.username}:{server.password}@127.0.0.1:{wire.port}").geturl()
    made = publisher_of(url, unique_name)
    yield made
    made.close()


def hears(ear: Ear, *sequences: int) -> None:
    ear.listen(lambda: len(ear.heard[application(1)]) >= len(sequences))
    assert ear.heard[application(1)] == list(sequences)


def test_events_arrive_in_order_and_confirmed(publisher, ear):
    assert publisher.publish([logged(number) for number in range(1, 1001)]) == []

    hears(ear, *range(1, 1001))


def test_an_event_that_the_dialect_does_not_have_is_passed_over(publisher, ear):
    assert publisher.publish([logged(1), logged(2, "not_in_dialect"), logged(3)]) == []

    hears(ear, 1, 3)


def test_an_event_that_cannot_be_encoded_is_refused_and_the_others_flow(publisher, ear):
    refused = publisher.publish([logged(1), logged(2, "unreadable"), logged(3)])

    assert [(each.event.sequence, each.reason) for each in refused] == [
        (2, "it cannot be encoded: KeyError('gear_id')")
    ]
    hears(ear, 1, 3)


def test_an_event_whose_routing_key_is_too_long_is_refused_and_the_others_flow(publisher, ear):
    refused = publisher.publish([logged(1), logged(2, app_name="x" * 300), logged(3)])

    assert [(each.event.sequence, "255 bytes" in each.reason) for each in refused] == [(2, True)]
    hears(ear, 1, 3)


@pytest.mark.slow
def test_an_event_that_is_too_large_for_the_bus_is_refused_and_the_others_flow(publisher, ear):
    refused = publisher.publish([logged(1), logged(2, "too_large"), logged(3), logged(4)])
    later = publisher.publish([logged(5)])

    assert [each.event.sequence for each in refused] == [2]
    assert "larger than" in refused[0].reason
    assert later == []
    ear.listen(lambda: 5 in ear.heard[application(1)])
    assert ear.first_heard(1) == [1, 3, 4, 5]


@pytest.fixture
def full_queue(rabbitmq_url, unique_name, ear) -> Iterator[Queue]:
    """A queue that takes one message and refuses the others, bound to the application `blog` only."""
    with kombu.Connection(rabbitmq_url) as connection:
        queue = Queue(
            f"{unique_name}-full",
            Exchange(unique_name, type="topic", durable=True),
            routing_key="demo.blog.#",
            queue_arguments={"x-max-length": 1, "x-overflow": "reject-publish"},
        )(connection.default_channel)
        queue.declare()
        yield queue
        queue.delete()


def test_an_event_that_the_bus_refuses_while_it_takes_its_neighbours_is_refused_alone(publisher, ear, full_queue):
    assert publisher.publish([logged(1, app_name="blog")]) == []

    refused = publisher.publish([logged(2), logged(3, app_name="blog"), logged(4)])

    assert [each.event.sequence for each in refused] == [3]
    assert "basic.nack" in refused[0].reason


def test_a_bus_that_refuses_everything_is_unavailable_and_nothing_is_put_aside(publisher, ear, full_queue):
    assert publisher.publish([logged(1, app_name="blog")]) == []

    with pytest.raises(BusUnavailable, match=r"basic\.nack"):
        publisher.publish([logged(2), logged(3, app_name="blog")])

    full_queue.purge()
    assert publisher.publish([logged(2), logged(3, app_name="blog")]) == []


def test_a_bus_that_is_away_is_unavailable_and_its_password_not_told(wired, wire, ear):
    wire.cut()

    with pytest.raises(BusUnavailable) as unavailable:
        wired.publish([logged(1)])

    assert "guest" not in str(unavailable.value)


def test_a_connection_that_is_cut_is_made_anew_by_the_next_call(wired, wire, ear):
    assert wired.publish([logged(1)]) == []
    wire.cut()
    with pytest.raises(BusUnavailable):
        wired.publish([logged(2)])
    wire.mend()

    assert wired.publish([logged(2)]) == []

    hears(ear, 1, 2)


def test_a_bus_that_says_nothing_any_more_holds_the_relay_up_for_a_while_only(wired, wire, ear):
    assert wired.publish([logged(1)]) == []
    wire.freeze()
    with pytest.raises(BusUnavailable):
        wired.publish([logged(2)])
    wire.cut()
    wire.mend()

    assert wired.publish([logged(2)]) == []

    ear.listen(lambda: 2 in ear.heard[application(1)])
    assert ear.first_heard(1) == [1, 2]


def test_a_bus_that_takes_nothing_in_any_more_holds_the_relay_up_for_a_while_only(wired, wire, ear):
    assert wired.publish([logged(1)]) == []
    wire.freeze()

    with pytest.raises(BusUnavailable):
        wired.publish([logged(number) for number in range(2, 50_000)])


def test_a_transport_without_confirms_is_handed_the_events(unique_name):
    made = publisher_of(f"memory://{unique_name}", unique_name)
    with kombu.Connection(f"memory://{unique_name}") as connection:
        queue = Queue(unique_name, Exchange(unique_name, type="topic"), routing_key="#")(connection.default_channel)
        queue.declare()

        assert made.publish([logged(1), logged(2)]) == []

        told = [json.loads(queue.get(no_ack=True).body)["data"]["sequence"] for _ in range(2)]
    made.close()
    assert told == [1, 2]


def test_an_event_that_only_the_database_keeps_from_being_sent_is_not_put_aside(rabbitmq_url, unique_name):
    publisher = KombuPublisher(destination="bus/json", url=rabbitmq_url, exchange=unique_name, encode=encode)

    with pytest.raises(StorageUnavailable):
        publisher.publish([logged(1, "no_database")])
    publisher.close()
