"""Our frames are those that py-amqp writes."""

from types import SimpleNamespace

import amqp
from amqp.method_framing import frame_writer
from amqp.serialization import dumps
from hypothesis import given
from hypothesis import strategies as st

from broker.bus.frames import PERSISTENT, published
from broker.bus.message import Message

SMALLEST_FRAME = 4096


def as_py_amqp_writes(message: Message, channel: int, exchange: str) -> bytes:
    written: list[bytes] = []
    connection = SimpleNamespace(frame_max=SMALLEST_FRAME, bytes_sent=0)
    write = frame_writer(connection, SimpleNamespace(write=lambda part: written.append(bytes(part))))
    content = amqp.Message(
        message.body, content_type=message.content_type, content_encoding="utf-8", delivery_mode=PERSISTENT
    )
    arguments = dumps("Bssbb", (0, exchange, message.routing_key, False, False))
    write(1, channel, amqp.spec.Basic.Publish, arguments, content)
    return b"".join(written)


@given(
    key=st.text(max_size=60),
    body=st.one_of(st.binary(max_size=100), st.integers(0, 3 * SMALLEST_FRAME).map(lambda size: b"x" * size)),
    channel=st.integers(1, 2047),
)
def test_a_message_of_any_size_is_written_as_py_amqp_writes_it(key, body, channel):
    message = Message(routing_key=key, body=body, content_type="application/cloudevents+json")

    frames = published(message, channel=channel, exchange="gearbroker.routing", frame_max=SMALLEST_FRAME)

    assert frames == as_py_amqp_writes(message, channel, "gearbroker.routing")
