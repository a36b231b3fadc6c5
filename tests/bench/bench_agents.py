"""Commands to six agents in processes of their own, over RabbitMQ: gears created a second, each on the disk.

The baseline of the same run: the same messages published and consumed bare, and answered by a message as long as the
replies, without an agent.

Usage: PYTHONPATH=.:tests .venv/bin/python tests/bench/bench_agents.py [--check]
"""

import json
import os
import sys
import tempfile
import threading
import uuid
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from statistics import median

from harness import Goal, figure, finish, percentile, seconds_of, wants_check
from kombu import Connection
from node_world import agents_in_processes, creation

from broker.bus.channel import BusChannel
from broker.bus.sender import messages, node_queue

BUS = os.environ.get("TEST_RABBITMQ_URL", "amqp://guest:guest@127.0.0.1:5672//")
NODES = [f"bench-{uuid.uuid4().hex[:8]}-{number}.example.com" for number in range(6)]
GEARS = 1_000
ROUNDS = 7
CALLERS, CALLS = 16, 50
LONG = 60.0


def orders(count: int, prefix: str) -> list[dict[str, object]]:
    """Commands to create so many gears, spread over the nodes."""
    return [creation(NODES[number % 6], f"{prefix}-{number}", f"c-{prefix}-{number}") for number in range(count)]


def main() -> int:
    """Print the figures; with `--check` the exit status is 1 when a goal is missed."""
    check = wants_check(__doc__)
    figure(f"baseline: {GEARS:,} commands published, consumed, answered bare", GEARS / median(bare()), "gears/s")
    with tempfile.TemporaryDirectory() as directory, agents_in_processes(BUS, NODES, Path(directory)):
        channel = BusChannel(BUS)
        channel.start()
        if len(channel.call(orders(60, "first"), LONG)) < 60:
            raise SystemExit("the agents did not answer")
        goals = [in_one_call(channel), *one_by_one(channel)]
        channel.close()
    return finish(goals, check=check)


def in_one_call(channel: BusChannel) -> Goal:
    """A thousand gears in one call."""
    seen = []
    for number in range(ROUNDS):
        batch = orders(GEARS, f"many{number}")
        answers = []
        seen.append(seconds_of(lambda batch=batch, answers=answers: answers.append(channel.call(batch, LONG))))
        if not all(answers[0].get(each["command_id"], {}).get("ok") for each in batch):
            raise SystemExit("not every gear was created")
    figure(f"{GEARS:,} gears in one call, median of {ROUNDS}", GEARS / median(seen), "gears/s")
    name = f"{GEARS:,} gears in one call, best of {ROUNDS}"
    return Goal(name=name, value=GEARS / min(seen), bound=1_500, unit="gears/s", at_least=True)


def one_by_one(channel: BusChannel) -> list[Goal]:
    """Calls of one command each: one caller, then sixteen at once."""
    alone = [seconds_of(lambda each=each: channel.call([each], LONG)) for each in orders(200, "alone")]
    figure("one command, one caller, median", median(alone) * 1e3, "ms")
    figure("one command, one caller, p95", percentile(alone, 95) * 1e3, "ms")

    def caller(number: int) -> None:
        for each in orders(CALLS, f"caller{number}"):
            channel.call([each], LONG)

    with ThreadPoolExecutor(CALLERS) as pool:
        seconds = seconds_of(lambda: list(pool.map(caller, range(CALLERS))))
    name = f"one command a call, {CALLERS} callers over one"
    ratio = (CALLERS * CALLS / seconds) * median(alone)
    figure(f"one command a call, {CALLERS} callers", CALLERS * CALLS / seconds, "gears/s")
    return [Goal(name=name, value=ratio, bound=2, unit="x", at_least=True)]


def bare() -> list[float]:
    """Seconds for the messages of a thousand commands, there and back, with nobody who reads them."""
    reply = json.dumps({"replies": [{"command_id": "c" * 24, "node_id": NODES[0], "endpoints": ["x" * 200]}] * 167})
    with Connection(BUS) as here, Connection(BUS) as there:
        answers = here.SimpleQueue(f"bench-{uuid.uuid4().hex}", no_ack=True)
        stop = threading.Event()

        def serve() -> None:
            def answer(message: object) -> None:
                there.Producer().publish(reply, routing_key=answers.queue.name)
                message.ack()

            with there.Consumer([node_queue(node) for node in NODES], on_message=answer):
                while not stop.is_set():
                    try:
                        there.drain_events(timeout=0.1)
                    except TimeoutError:
                        continue

        thread = threading.Thread(target=serve)
        thread.start()
        batches = [orders(GEARS, f"bare{number}") for number in range(ROUNDS + 1)]
        seen = [seconds_of(lambda batch=batch: there_and_back(here, answers, batch)) for batch in batches]
        stop.set()
        thread.join()
        answers.close()
    with Connection(BUS) as connection:
        for queue in (answers.queue, *map(node_queue, NODES)):
            queue(connection.default_channel).delete()
    return seen[1:]


def there_and_back(connection: Connection, answers: object, batch: list[dict[str, object]]) -> None:
    """Publish the messages of a batch and take as many answers."""
    written = list(messages(batch))
    producer = connection.Producer()
    for node_id, body in written:
        producer.publish(body, routing_key=node_queue(node_id).name, declare=[node_queue(node_id)])
    for _ in written:
        answers.get(timeout=LONG)


if __name__ == "__main__":
    sys.exit(main())
