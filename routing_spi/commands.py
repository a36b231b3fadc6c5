"""What `oo-router` does, on plain streams."""

import argparse
import json
import logging
import socket
from collections.abc import Iterator, Mapping
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from threading import Event
from typing import TextIO

from routing_spi.codec import encode_json
from routing_spi.credentials import Credentials, CredentialsRefused
from routing_spi.events import Action, RoutingEvent
from routing_spi.follower import Follower, ListenerFailed, Report, SourceUnavailable
from routing_spi.http_source import BadAddress, HttpBroker
from routing_spi.registry import ListenerUnavailable, make_listener
from routing_spi.shown import event_line, table_text
from routing_spi.state import StateDirectory, StateUnusable
from routing_spi.status import status_of
from routing_spi.stream import follow_stream, watch_stream


class Failure(Exception):
    """The command cannot go on; one sentence that says what to do next."""


def run_command(chosen: argparse.Namespace, environment: Mapping[str, str], out: TextIO, err: TextIO) -> int:
    """Do what was chosen on the command line and return 0; raises `Failure`."""
    commands = {"run": _run, "watch": _watch, "snapshot": _snapshot, "status": _status}
    try:
        commands[chosen.command](chosen, environment, out, _reporter(err))
    except (
        BadAddress,
        CredentialsRefused,
        ListenerFailed,
        ListenerUnavailable,
        SourceUnavailable,
        StateUnusable,
    ) as error:
        raise Failure(str(error)) from error
    return 0


def _run(chosen: argparse.Namespace, environment: Mapping[str, str], _out: TextIO, report: Report) -> None:
    broker = _broker(chosen, environment)
    # Listeners log; what they log belongs beside what the follower reports.
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(name)s: %(message)s")
    with closing(StateDirectory(Path(chosen.state_dir))) as state:
        if chosen.accept_smaller_snapshot:
            state.accept()
        follower = Follower(
            listener=make_listener(chosen.listener, dict(chosen.option)),
            source=broker,
            state=state,
            report=report,
            every_position=chosen.bus is None,
        )
        if chosen.bus is None:
            follow_stream(follower, broker, stop=Event(), report=report, afresh=chosen.accept_smaller_snapshot)
            return
        from routing_spi.consumer import BusConsumer  # noqa: PLC0415 - only those who use the bus load kombu

        consumer = BusConsumer(
            _bus_url(chosen, environment),
            follower=follower,
            queue=chosen.queue or f"gearbroker.router.{socket.gethostname()}.{chosen.listener}",
            report=report,
            exchange=chosen.exchange,
            binding_key=chosen.binding_key,
        )
        consumer.run(Event())


def _watch(chosen: argparse.Namespace, environment: Mapping[str, str], out: TextIO, report: Report) -> None:
    if chosen.until is not None and chosen.until not in set(Action):
        raise Failure(f"there is no action {chosen.until!r}: choose one of {', '.join(Action)}")
    if chosen.count == 0:
        return
    for count, event in enumerate(_watched(chosen, environment, report), start=1):
        out.write(f"{encode_json(event) if chosen.json else event_line(event)}\n")
        out.flush()
        if count == chosen.count or event.action == chosen.until:
            return


def _watched(chosen: argparse.Namespace, environment: Mapping[str, str], report: Report) -> Iterator[RoutingEvent]:
    if chosen.bus is None:
        broker = _broker(chosen, environment)
        after = broker.snapshot().position if chosen.after is None else chosen.after
        yield from watch_stream(broker, after, report=report)
        return
    if chosen.after is not None:
        raise Failure("the bus begins now: leave out --after, or leave out --bus to read from the broker's log")
    from routing_spi.consumer import watch_bus  # noqa: PLC0415 - as above

    for seen in watch_bus(_bus_url(chosen, environment), exchange=chosen.exchange, binding_key=chosen.binding_key):
        if isinstance(seen, RoutingEvent):
            yield seen
        else:
            report(f"a message cannot be read: {seen}")


def _snapshot(chosen: argparse.Namespace, environment: Mapping[str, str], out: TextIO, _report: Report) -> None:
    snapshot = _broker(chosen, environment).snapshot()
    if chosen.json:
        out.write(f"{json.dumps(snapshot.to_wire(), indent=2)}\n")
        out.flush()
        return
    tables = sorted(snapshot.tables.values(), key=lambda table: (table.namespace, table.app_name))
    out.write(f"position {snapshot.position}, {len(tables)} applications, {snapshot.endpoints} endpoints\n")
    out.writelines(f"\n{table_text(table)}" for table in tables)
    out.flush()


def _status(chosen: argparse.Namespace, _environment: Mapping[str, str], out: TextIO, _report: Report) -> None:
    status = status_of(Path(chosen.state_dir))
    if status is None:
        raise Failure(f"{chosen.state_dir} holds nothing yet: name the --state-dir of a listener that has run")
    out.write(f"{json.dumps(status.to_wire(), indent=2)}\n" if chosen.json else status.text())
    out.flush()


def _broker(chosen: argparse.Namespace, environment: Mapping[str, str]) -> HttpBroker:
    if not chosen.broker:
        raise Failure("say where the broker is: --broker http://HOST:PORT (with --bus too, for its snapshots)")
    if chosen.credentials_file:
        credentials = Credentials.of_file(Path(chosen.credentials_file))
    else:
        credentials = Credentials.of_environment(environment)
    return HttpBroker(chosen.broker, credentials=credentials)


def _bus_url(chosen: argparse.Namespace, environment: Mapping[str, str]) -> str:
    url: str = environment.get("GEARBROKER_BUS_URL", "") if chosen.bus == "env" else chosen.bus
    if not url:
        raise Failure("GEARBROKER_BUS_URL is not set: give it the URL of the bus, such as amqp://HOST//")
    return url


def _reporter(err: TextIO) -> Report:
    def report(sentence: str) -> None:
        now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        err.write(f"{now} {sentence}\n")
        err.flush()

    return report
