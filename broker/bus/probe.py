"""Publishes and consumes on a queue of its own, and says what the bus really guarantees."""
# mypy: allow-untyped-calls
# kombu annotates few of its functions.

import time
import uuid
from dataclasses import dataclass
from typing import Any

from kombu.connection import Connection
from kombu.entity import Queue
from kombu.exceptions import KombuError
from kombu.messaging import Producer

from broker.bus.usable import Unspoken, check_usable

CONNECT_SECONDS = 1.0
ANSWER_SECONDS = 1.5
MESSAGES = 3


@dataclass(frozen=True, kw_only=True, slots=True)
class BusReport:
    """What was seen: who answers, how long a message took there and back, and what holds.

    `error` says why nothing was seen, and then nothing else means anything.
    """

    server: str = ""
    milliseconds: float = 0.0
    confirms: bool = False
    durable: bool = False
    in_order: bool = False
    comes_again: bool = False
    error: str | None = None


def probe_bus(url: str) -> BusReport:
    """Try the bus out, in a few seconds at most; leaves nothing behind."""
    try:
        check_usable(url)
    except Unspoken as missing:
        return BusReport(error=str(missing))
    with Connection(url, connect_timeout=CONNECT_SECONDS, transport_options={"confirm_publish": True}) as bus:
        try:
            bus.ensure_connection(max_retries=1, interval_start=0, interval_step=0, timeout=2 * CONNECT_SECONDS)
            return _tried(bus)
        except (KombuError, OSError, *bus.connection_errors, *bus.channel_errors) as error:
            return BusReport(error=" ".join(str(error).split()) or type(error).__name__)


def _tried(bus: Connection) -> BusReport:
    channel = bus.default_channel
    queue = Queue(f"gearbroker.doctor.{uuid.uuid4().hex}", exclusive=True, auto_delete=True)(channel)
    queue.declare()
    try:
        producer = Producer(channel)
        began = time.perf_counter()
        for number in range(MESSAGES):
            producer.publish(str(number), routing_key=queue.name, delivery_mode=2)
        first = _next(queue)
        took = time.perf_counter() - began
        first.requeue()
        again, *others = [_next(queue) for _ in range(MESSAGES)]
        for message in (again, *others):
            message.ack()
    finally:
        queue.delete()
    amqp = bus.transport.driver_type == "amqp"
    return BusReport(
        server=_server(bus),
        milliseconds=took * 1000,
        confirms=amqp,
        durable=amqp,
        in_order=[int(message.body) for message in (first, *others)] == list(range(MESSAGES)),
        comes_again=again.body == first.body,
    )


def _next(queue: Any) -> Any:
    deadline = time.monotonic() + ANSWER_SECONDS
    while (message := queue.get()) is None:
        if time.monotonic() > deadline:
            raise TimeoutError("a message was taken and did not come back")
        time.sleep(0.005)
    return message


def _server(bus: Connection) -> str:
    told = getattr(bus.connection, "server_properties", None) or {}
    name, version = told.get("product", bus.transport.driver_name), told.get("version", "")
    return f"{name} {version}".strip()
