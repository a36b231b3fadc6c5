"""A witness of what is published on the bus: it asks nobody, so it cannot fill a gap as a router does."""

from collections import defaultdict

from kombu import Connection, Exchange, Queue

from routing_spi.codec import decode_json

EXCHANGE = Exchange("gearbroker.routing", type="topic", durable=True)
QUEUE = Queue("campaign.witness", EXCHANGE, routing_key="#", durable=True)


class BusWitness:
    """A durable queue of its own, read when somebody wants to know; repeats are no fault, gaps and disorder are."""

    def __init__(self, url: str) -> None:
        self._url = url
        self.told: dict[str, int] = defaultdict(int)
        self.broken: list[str] = []

    def begin(self) -> None:
        """Keep everything that is published from now on."""
        with Connection(self._url) as connection:
            QUEUE(connection.default_channel).declare()

    def read_on(self) -> None:
        """Take in what was published since the last call."""
        with Connection(self._url) as connection:
            queue = QUEUE(connection.default_channel)
            while (message := queue.get(no_ack=True, accept=None)) is not None:
                self._take(message.body)

    def _take(self, body: str | bytes) -> None:
        event = decode_json(body)
        last = self.told[event.application_id]
        if event.sequence > last + 1:
            self.broken.append(f"the bus was told {event.event_id} ({event.action}) after sequence {last}")
        self.told[event.application_id] = max(last, event.sequence)
