"""What waits in a platform: events, commands, operations, names; and which nodes are silent."""

from collections.abc import Sequence

from broker.bootstrap import Backlog, Built, Settings, backlog, built
from broker.cli.doctor.finding import Finding, ok, problem, warning
from broker.core.errors import ConfigurationError
from broker.interfaces import UnitOfWork
from broker.usecases.name_publication import dns_state
from broker.usecases.platform_secret import agreed_secret
from broker.usecases.times import timestamp

LAG_EVENTS = 1000
LONG_SECONDS = 300
SHOWN = 3


def platform(settings: Settings) -> Sequence[Finding]:
    """All of it; only for a database at the schema of this code."""
    with built(settings) as made:
        waiting = backlog(made)
        with made.platform.reading() as work:
            return [
                _processes(work, settings),
                *_relay(work, made, waiting),
                *_parked(work),
                _operations(work, made),
                _commands(waiting),
                _nodes(work),
                _secret(made),
            ]


def _secret(made: Built) -> Finding:
    try:
        agreed = agreed_secret(made.platform)
    except ConfigurationError as refusal:
        return problem("secret key", refusal.text, "Until then a process with this key does not begin.")
    return ok("secret key", "none is in use yet" if agreed is None else f"the platform seals with {agreed}")


def names(settings: Settings) -> Sequence[Finding]:
    """Whether a DNS server beside the broker answers, takes updates, and has been told everything."""
    if not settings.bind_server:
        return [ok("names", "answered by the broker itself, from its database")]
    with built(settings) as made:
        state = dns_state(made.platform)
    server = state.server
    if server is None or server.error:
        told = "no answer" if server is None else server.error
        advice = "Check BIND_SERVER, BIND_ZONE and the key. Names are told as soon as it takes them."
        return [problem("names", f"{settings.bind_server}: {told}", advice)]
    found = [ok("names", f"{server.address} answers for its zone and takes signed updates")]
    if state.waiting:
        text = f"{state.waiting} names have still to be told" + (f": {state.error}" if state.error else "")
        found.append(warning("names waiting", text, "They are tried again and again; see what the server says."))
    return found


def _processes(work: UnitOfWork, settings: Settings) -> Finding:
    roles = [process.role for process in work.processes.all()]
    counted = ", ".join(f"{roles.count(role)} {role}" for role in sorted(set(roles))) or "none"
    if settings.is_shared and "work" not in roles:
        advice = "Start `gearbroker work`: without it no event is relayed and no abandoned operation goes on."
        return warning("processes", f"running: {counted}", advice)
    return ok("processes", f"running: {counted}")


def _relay(work: UnitOfWork, made: Built, waiting: Backlog) -> list[Finding]:
    floor, last = work.log.extent()
    kept = f"positions {floor + 1} to {last} can be read" if last > floor else "empty"
    found = [ok("event log", kept)]
    if waiting.unnumbered > LAG_EVENTS:
        text = f"{waiting.unnumbered} events have no position yet"
        found.append(warning("numbering", text, "Is a relay running? Start `gearbroker work` or `gearbroker serve`."))
    for destination in (publisher.destination for publisher in made.platform.publishers):
        behind = last - work.log.confirmed(destination)
        text = f"{destination} is {behind} events behind the log"
        if behind > LAG_EVENTS:
            found.append(warning("relay", text, "Is the bus up, and a relay running? Nothing is lost meanwhile."))
        else:
            found.append(ok("relay", text))
    return found


def _parked(work: UnitOfWork) -> list[Finding]:
    count = work.log.count_parked()
    if not count:
        return [ok("parked events", "none")]
    latest = "; ".join(f"{each.destination} {each.position}: {each.reason}" for each in work.log.parked(SHOWN))
    advice = "Listeners fetch those applications' tables by themselves; old listeners must be told by hand."
    return [warning("parked events", f"{count} could not be published, the latest: {latest}", advice)]


def _operations(work: UnitOfWork, made: Built) -> Finding:
    before = timestamp(made.platform.clock.now() - LONG_SECONDS)
    old = work.operation_history.open(created_before=before)
    if not old:
        return ok("operations", f"none is open for longer than {LONG_SECONDS // 60} minutes")
    shown = ", ".join(f"{each.kind} of {each.app_name or each.application_id}" for each in old[:SHOWN])
    advice = "See `oo-admin-clear-pending-ops`, and whether a `gearbroker work` is running."
    return warning("operations", f"{len(old)} open for longer than {LONG_SECONDS // 60} minutes: {shown}", advice)


def _commands(waiting: Backlog) -> Finding:
    if not waiting.owed:
        return ok("commands", "no node is owed any")
    shown = ", ".join(f"{node} {count}" for node, count in list(waiting.owed.items())[:SHOWN])
    text = f"{sum(waiting.owed.values())} are owed to {len(waiting.owed)} nodes: {shown}"
    return warning("commands", text, "They are told as soon as the nodes are heard of again.")


def _nodes(work: UnitOfWork) -> Finding:
    silent = sorted(work.nodes.unresponsive())
    if not silent:
        return ok("nodes", f"{len(work.nodes.ids())} registered, none is silent")
    shown = ", ".join(silent[:SHOWN])
    return warning("nodes", f"{len(silent)} silent: {shown}", "Are their hosts up, and `oo-node` running there?")
