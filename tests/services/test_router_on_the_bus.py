"""From a change of an application to a router, over a real bus and the broker's own web server."""

import threading
import time

import kombu
import pytest
from kombu.entity import Queue

from broker.config import load_settings
from broker.core.scaling import ScaleDirection
from broker.simulator.embedded import add_nodes, open_embedded, simulated_nodes
from broker.usecases import accounts, aliases, applications, availability, namespaces, routing, scaling
from broker.usecases.wishes import ApplicationWish, CartridgeWish
from broker.wsgi import WebServer
from routing_spi.codec import decode_ose2_yaml
from routing_spi.consumer import BusConsumer
from routing_spi.credentials import Credentials
from routing_spi.follower import Follower
from routing_spi.http_source import HttpBroker
from routing_spi.listeners.recording import RecordingListener
from routing_spi.state import MemoryState

pytestmark = pytest.mark.services("rabbitmq")

DEADLINE_SECONDS = 30.0


def until(condition):
    deadline = time.monotonic() + DEADLINE_SECONDS
    while not (held := condition()) and time.monotonic() < deadline:
        time.sleep(0.02)
    return held


class Served:
    """A broker that publishes on the bus in both dialects, with an owner and a router's login."""

    def __init__(self, directory, url, name, **more):
        self.name = name
        self.embedded = open_embedded(
            load_settings(
                {
                    "GEARBROKER_DATA_DIR": str(directory),
                    "GEARBROKER_PORT": "0",
                    "DNS_PORT": "0",
                    "BUS_URL": url,
                    "SPI_DIALECTS": "json,ose2-yaml",
                    "ROUTING_EXCHANGE": name,
                    "OSE2_ROUTING_KEY": f"{name}-routinginfo",
                    **more,
                }
            )
        )
        self.platform = self.embedded.platform
        self.server = WebServer(self.embedded.built)
        add_nodes(self.embedded, simulated_nodes("example.com", zones="abc", nodes_per_zone=2))
        accounts.create_user(self.platform, "demo", "password")
        self.owner = accounts.change_user(self.platform, "demo", may_use_ha=True)
        namespaces.create_namespace(self.platform, self.owner, "test")
        accounts.create_user(self.platform, "router", "password")
        self.router = accounts.change_user(self.platform, "router", may_follow_all_routing=True)
        self.embedded.start()
        self.server.start()

    def create(self):
        wish = ApplicationWish(
            name="testha", namespace="test", cartridges=(CartridgeWish(name="ruby-1.9"),), scale=True
        )
        return applications.create_application(self.platform, self.owner, wish)

    def digests(self):
        snapshot = routing.take_snapshot(self.platform, self.router)
        return {table.application_id: table.digest for table in snapshot.tables}

    def close(self):
        self.server.stop()
        self.embedded.stop()


@pytest.fixture
def served(tmp_path, rabbitmq_url, unique_name):
    broker = Served(tmp_path, rabbitmq_url, unique_name)
    yield broker
    broker.close()
    with kombu.Connection(rabbitmq_url) as connection:
        connection.default_channel.queue_delete(unique_name)
        connection.default_channel.exchange_delete(unique_name)


@pytest.fixture
def router(served, rabbitmq_url, tmp_path):
    """A listener on the bus that asks the broker itself where events are missing."""
    source = HttpBroker(served.server.url, credentials=Credentials.basic("router", "password"))
    listener = RecordingListener({"file": str(tmp_path / "events")})
    follower = Follower(
        listener=listener,
        source=source,
        state=MemoryState(),
        report=lambda _: None,
    )
    consumer = BusConsumer(
        rabbitmq_url, follower=follower, queue=served.name, report=lambda _: None, exchange=served.name
    )
    stop = threading.Event()
    thread = threading.Thread(target=consumer.run, args=(stop,), daemon=True)
    thread.start()
    yield follower
    stop.set()
    thread.join(DEADLINE_SECONDS)
    assert not thread.is_alive()
    listener.close()


def agrees(served, router):
    known = {table.application_id: table.digest for table in router.known.tables.values()}
    return bool(known) and known == served.digests()


def test_a_router_on_the_bus_ends_in_the_broker_s_table(served, router):
    served.create()
    availability.enable_ha(served.platform, served.owner, "testha")
    scaling.scale(served.platform, served.owner, "testha", ScaleDirection.UP, to=6)

    assert until(lambda: agrees(served, router))


def test_a_router_that_has_lost_a_message_fills_the_gap_and_removes_nothing(served, router, rabbitmq_url):
    served.create()
    availability.enable_ha(served.platform, served.owner, "testha")
    assert until(lambda: agrees(served, router))

    with kombu.Connection(rabbitmq_url) as connection:
        channel = connection.default_channel
        channel.queue_unbind(served.name, served.name, "#")
        aliases.add_alias(served.platform, served.owner, "testha", "lost.example.org")
        assert until(lambda: published(served))
        channel.queue_bind(served.name, served.name, "#")
    aliases.add_alias(served.platform, served.owner, "testha", "heard.example.org")

    assert until(lambda: agrees(served, router))
    (table,) = router.known.tables.values()
    assert set(table.aliases) == {"lost.example.org", "heard.example.org"}
    assert len(table.endpoints) == 4


def published(served):
    """Whether the bus has confirmed everything that is in the log."""
    with served.platform.reading() as work:
        last = work.log.last_position()
        return all(work.log.confirmed(each.destination) == last for each in served.platform.publishers)


def test_an_old_listener_is_sent_the_original_s_messages_in_order(served, rabbitmq_url):
    with kombu.Connection(rabbitmq_url) as connection:
        channel = connection.default_channel
        queue = Queue(exclusive=True, auto_delete=True)(channel)
        queue.declare()
        channel.queue_bind(queue.name, "amq.topic", f"{served.name}-routinginfo")
        served.create()
        availability.enable_ha(served.platform, served.owner, "testha")
        aliases.add_alias(served.platform, served.owner, "testha", "www.example.org")
        assert until(lambda: published(served))

        told = []
        while (message := queue.get(no_ack=True)) is not None:
            told.append(decode_ose2_yaml(message.body))

    assert [each.action.value for each in told] == [
        "create_application",
        *["add_public_endpoint"] * 4,
        "add_alias",
    ]
