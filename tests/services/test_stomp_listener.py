"""An old listener: a STOMP 1.1 client at RabbitMQ's STOMP plugin, and the original's messages, byte for byte."""

import queue
from collections.abc import Iterator

import kombu
import ose2_messages
import pytest
import stomp as stomp_client
from kombu.entity import Exchange, Queue
from services.relaying import an_event, platform, relay_settings, write

from broker.bootstrap import Built
from broker.interfaces import OutgoingEvent
from broker.workers.relay import relay
from routing_spi.codec import decode_ose2_yaml
from routing_spi.events import own_fields

pytestmark = pytest.mark.services("rabbitmq", "stomp")

DEADLINE_SECONDS = 30.0

# What the field's dialect leaves out.
OWN = {
    "dns_name": "testha-test.example.com",
    "node": None,
    "region": None,
    "zone": None,
    "state": "started",
    "rotation": "in",
    "is_head": True,
    "private_key_reference": "key/1",
}
# A private key never goes on the bus.
EXPECTED = [
    text.replace(
        ":private_key: |-\n  -----BEGIN RSA PRIVATE KEY-----\n  MIIE...\n  -----END RSA PRIVATE KEY-----\n",
        ":private_key: ''\n",
    )
    for text in ose2_messages.ALL
]
UNKNOWN_TO_THEM = ("gear_rotated_out", {"gear_id": "53c6c74fe659c57659000021", "reason": "surplus"})


class OldListener(stomp_client.ConnectionListener):
    """Reads one destination with individual acknowledgements and a window of one, as the routing daemon did."""

    def __init__(self, address: tuple[str, int], destination: str) -> None:
        self.said: queue.Queue[str] = queue.Queue()
        self._connection = stomp_client.Connection11([address], auto_content_length=False)
        self._connection.set_listener("", self)
        self._connection.connect("guest", "guest", wait=True)
        self._connection.subscribe(
            destination, id="1", ack="client-individual", headers={"prefetch-count": "1", "receipt": "subscribed"}
        )
        assert self.said.get(timeout=DEADLINE_SECONDS) == "receipt"

    def on_message(self, frame: stomp_client.utils.Frame) -> None:
        self._connection.ack(frame.headers["message-id"], "1")
        self.said.put(frame.body)

    def on_receipt(self, frame: stomp_client.utils.Frame) -> None:
        if frame.headers["receipt-id"] == "subscribed":
            self.said.put("receipt")

    def hear(self, count: int) -> list[str]:
        return [self.said.get(timeout=DEADLINE_SECONDS) for _ in range(count)]

    def close(self) -> None:
        self._connection.disconnect()


def the_field_s_events() -> Iterator[OutgoingEvent]:
    """What chapter 9 shows, and in its middle an event that the dialect does not have."""
    sequence = 0
    for number, text in enumerate(ose2_messages.ALL):
        told = decode_ose2_yaml(text)
        sequence += 1
        data = {**OWN, **told.data}
        yield _as_the_field(sequence, told.action.value, {name: data[name] for name in own_fields(told.action)})
        if number == 4:
            sequence += 1
            yield _as_the_field(sequence, *UNKNOWN_TO_THEM)


def _as_the_field(sequence: int, action: str, data: dict[str, object]) -> OutgoingEvent:
    made = an_event(1, sequence, action, **data)
    return type(made)(
        application_id=made.application_id,
        owner_id=made.owner_id,
        sequence=sequence,
        action=action,
        app_name="testha",
        namespace="test",
        occurred_at=made.occurred_at,
        data=data,
    )


@pytest.fixture
def broker(tmp_path, rabbitmq_url, unique_name) -> Iterator[Built]:
    """A broker whose relay publishes the original's dialect at a routing key of this test's own."""
    settings = relay_settings(tmp_path, rabbitmq_url, unique_name, SPI_DIALECTS="ose2-yaml")
    with platform(settings) as built:
        workers = relay(built.platform)
        for worker in workers:
            worker.start()
        yield built
        built.signal.close()
        for worker in workers:
            worker.stop()


def test_a_subscriber_of_the_topic_is_told_everything_as_the_field_told_it_in_order_and_once(
    broker, stomp, unique_name
):
    listener = OldListener(stomp, f"/topic/{unique_name}-routinginfo")

    write(broker, the_field_s_events())
    heard = listener.hear(len(EXPECTED))
    write(broker, [_as_the_field(100, "add_alias", {"alias": "last.example.org"})])

    assert heard == EXPECTED
    assert "last.example.org" in listener.hear(1)[0]
    listener.close()


@pytest.fixture
def durable_queue(rabbitmq_url, unique_name) -> Iterator[str]:
    """A queue that an administrator has made and bound, where messages wait while the listener is away."""
    topic = Exchange("amq.topic", type="topic", durable=True)
    with kombu.Connection(rabbitmq_url) as connection:
        made = Queue(unique_name, topic, routing_key=f"{unique_name}-routinginfo", durable=True)
        made(connection.default_channel).declare()
        yield unique_name
        connection.default_channel.queue_delete(unique_name)


def test_a_durable_queue_keeps_what_comes_while_the_listener_is_away(broker, stomp, durable_queue):
    first = OldListener(stomp, f"/amq/queue/{durable_queue}")
    events = list(the_field_s_events())
    write(broker, events[:3])
    heard = first.hear(3)
    first.close()

    write(broker, events[3:])
    second = OldListener(stomp, f"/amq/queue/{durable_queue}")

    assert heard + second.hear(len(EXPECTED) - 3) == EXPECTED
    second.close()
