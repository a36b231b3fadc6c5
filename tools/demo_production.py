"""`make demo-production`: the production shape on this machine, telling what happens when parts of it are killed."""

import argparse
import signal
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from broker.bootstrap import ask
from broker.cli.story.listener import ListenerProcess
from broker.cli.story.story import APPLICATION, StepFailed
from broker.core.dns_names import ha_dns_name
from broker.process.ending import Ending
from tools.production.children import NotStarted
from tools.production.servers import ServerMissing
from tools.production.shape import NAMESPACE, OWNER, PASSWORD, ROUTER, Production, production
from tools.production.story import ProductionStory

NEXT = """
It stays up. Press Ctrl-C to end and remove it.

{processes}

  curl -s -u {owner}:{password} {first}/broker/rest/applications/{application}
  curl -s -u {owner}:{password} -d event=scale-up {second}/broker/rest/applications/{application}/events
  curl -s -u {owner}:{password} {second}/broker/rest/applications/{application}/operations
  curl -s -u {router}:{password} {first}/broker/rest/routing/snapshot
  dig @127.0.0.1 -p {dns_port} {ha_name}
"""


def main(argv: Sequence[str] | None = None) -> int:
    """Tell the story; 0 only if every step held. Without `--once` it then stays up."""
    parser = argparse.ArgumentParser(
        prog="make demo-production",
        description="Two brokers, two workers, six node agents and a router on this machine's PostgreSQL and RabbitMQ.",
    )
    parser.add_argument("--once", action="store_true", help="end after the story; exit status 0 if every step held")
    chosen = parser.parse_args(argv)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        with tempfile.TemporaryDirectory(prefix="gearbroker-production-") as name:
            directory = Path(name)
            with production(directory) as shape, _undisturbed_ending():
                _tell(shape, once=chosen.once)
    except ServerMissing as missing:
        print(missing, file=sys.stderr)
    except (StepFailed, NotStarted) as failed:
        print(f"\nThis step did not hold: {failed}.", file=sys.stderr)
    except KeyboardInterrupt:
        return 128 + signal.SIGINT
    else:
        return 0
    return 1


@contextmanager
def _undisturbed_ending() -> Iterator[None]:
    """What comes after the block removes everything, however impatient somebody is."""
    try:
        yield
    finally:
        for each in (signal.SIGINT, signal.SIGTERM):
            signal.signal(each, signal.SIG_IGN)


def _tell(shape: Production, *, once: bool) -> None:
    brokers = [shape.broker(f"broker-{number}") for number in (1, 2)]
    workers = [shape.worker("worker-1"), shape.worker("worker-2", "--dns", "--dns-port", "0")]
    shape.populate()
    dns_port = int(workers[1].wait_for(r"DNS on port (\d+)")[1])
    workers[0].wait_for("works")
    agents = [shape.agent(node_id) for node_id in shape.node_ids]
    first, second = (shape.client(broker) for broker in brokers)
    print(
        f"Brokers at {first.url} and {second.url}, two workers, {len(agents)} agents in three zones, one router;\n"
        f"database {shape.name}, exchange {shape.name}.routing.",
        flush=True,
    )
    source = ["--bus", "env", "--exchange", f"{shape.name}.routing", "--queue", f"{shape.name}.router"]
    bus = shape.environment["BUS_URL"]
    with ListenerProcess(second.url, ROUTER, PASSWORD, shape.directory, bus=bus, source=source) as listener:
        ha_name = _ha_name(shape)
        story = ProductionStory(
            owner=first,
            other=second,
            router=shape.client(brokers[0], ROUTER),
            listener=listener,
            ask_dns=partial(ask, "127.0.0.1", dns_port),
            dig=f"dig +noall +answer @127.0.0.1 -p {dns_port} {ha_name}",
            kill=lambda node_id: agents[shape.node_ids.index(node_id)].kill(),
            ha_name=ha_name,
            say=partial(print, flush=True),
            shape=shape,
            brokers=brokers,
            workers=workers,
            agents=agents,
            patience_seconds=60.0,
        )
        story.tell()
        print("\nEvery step held.", flush=True)
        if not once:
            ending = Ending()
            print(_next(shape, story, dns_port), flush=True)
            ending.wait()


def _ha_name(shape: Production) -> str:
    policy = shape.platform.policy
    return ha_dns_name(policy.ha_dns_prefix, APPLICATION, NAMESPACE, policy.ha_dns_suffix, policy.cloud_domain)


def _next(shape: Production, story: ProductionStory, dns_port: int) -> str:
    return NEXT.format(
        processes="\n".join(f"  {child.pid:>8}  {child.name}  (log: {child.log})" for child in shape.children),
        owner=OWNER,
        router=ROUTER,
        password=PASSWORD,
        application=APPLICATION,
        first=story.owner.url,
        second=story.other.url,
        dns_port=dns_port,
        ha_name=story.ha_name,
    )


if __name__ == "__main__":
    sys.exit(main())
