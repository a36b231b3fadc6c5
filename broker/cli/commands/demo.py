"""`gearbroker demo`: the whole platform in one process, which tells its story and then stays up."""

import argparse
import shutil
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from broker.cli.commands.serving import Serving, add_common, serving, settings_from, staying_up
from broker.cli.kit.result import FAILURE, SUCCESS

OWNER, ROUTER, PASSWORD = "demo", "router", "password"
NAMESPACE = "test"
ZONES = ("a", "b", "c")
NODES_PER_ZONE = 2
# Written when the story has ended well, so that a directory that was left half-way can be told from a whole one.
MARK = "demo-complete"
QUICK = {"HEARTBEAT_INTERVAL_SECONDS": "0.5", "HEARTBEATS_MISSED": "1", "LOG_LEVEL": "warning"}

NEXT = """
The platform stays up. Press Ctrl-C to end it.

  Web page  {url}/
  REST API  {url}/broker/rest/api
  OpenAPI   {url}/broker/rest/openapi.json
  Login     {owner} / {password}   (routers: {router} / {password})
  DNS       127.0.0.1 port {dns_port}

Things to try, each in another terminal in this directory:

  curl -s -u {owner}:{password} '{url}/broker/rest/applications/testha/gear_groups?include=endpoints'
  curl -s -u {owner}:{password} -X PUT -d scales_from=1 -d scales_to=1 \\
       {url}/broker/rest/applications/testha/cartridge/ruby-1.9
  curl -sN -u {owner}:{password} -H 'Accept: text/event-stream' '{url}/broker/rest/routing/events?after=0'
  dig @127.0.0.1 -p {dns_port} {ha_name}

  export GEARBROKER_DATA_DIR={directory}
  {bin}gearbroker node list
  {bin}gearbroker node {node} revive
  {bin}oo-app-info --app testha
  {bin}oo-admin-ctl-app -l {owner} -a testha -c set-multiplier --cartridge haproxy-1.4 --multiplier 3
  {bin}oo-admin-ctl-user -l {owner}
  GEARBROKER_LOGIN={router} GEARBROKER_PASSWORD={password} {bin}oo-router watch --broker {url} --after 0
"""


def command(argv: Sequence[str]) -> int:
    """Tell the story; then stay up, or with `--once` end: 0 only if every step held."""
    parser = argparse.ArgumentParser(
        prog="gearbroker demo",
        description="The whole platform in one process: three zones with two simulated nodes each, DNS, a router.",
    )
    add_common(parser)
    parser.add_argument("--once", action="store_true", help="end after the story; exit status 0 if every step held")
    chosen = parser.parse_args(argv)
    with _directory(chosen.data_dir) as directory:
        again = _is_complete(directory, once=chosen.once)
        chosen.data_dir = directory
        with _left_as_found(directory), serving(settings_from(chosen, **QUICK)) as up:
            held = True if again else _tell(up, directory)
            if again:
                print(f"The demo in {directory} goes on where it was.", flush=True)
            if chosen.once or not held:
                return SUCCESS if held else FAILURE
            with staying_up():
                _say_what_next(up, directory)
    return SUCCESS


@contextmanager
def _directory(wanted: Path | None) -> Iterator[Path]:
    """The directory asked for, or a new one that goes with the demo."""
    if wanted is not None:
        yield wanted.resolve()
        return
    with tempfile.TemporaryDirectory(prefix="gearbroker-demo-", ignore_cleanup_errors=True) as name:
        yield Path(name)


@contextmanager
def _left_as_found(directory: Path) -> Iterator[None]:
    """A demo that cannot start, because a port is taken, leaves nothing in a directory that was empty."""
    from broker.core.errors import ConfigurationError

    existed, empty = directory.exists(), not (directory.exists() and any(directory.iterdir()))
    try:
        yield
    except ConfigurationError:
        if empty and directory.exists():
            shutil.rmtree(directory)
            if existed:
                directory.mkdir()
        raise


def _is_complete(directory: Path, *, once: bool) -> bool:
    """Whether the directory holds a demo that was told to its end; refuses one left half-way, and to tell it twice."""
    from broker.core.errors import ConfigurationError

    if (directory / MARK).exists():
        if once:
            text = f"The demo in {directory} was told already. Leave out --once, or name another with --data-dir."
            raise ConfigurationError(text, field="GEARBROKER_DATA_DIR")
        return True
    if directory.exists() and (not directory.is_dir() or any(directory.iterdir())):
        text = (
            f"{directory} is neither empty nor a demo that was told to its end."
            " Remove it, or name another with --data-dir."
        )
        raise ConfigurationError(text, field="GEARBROKER_DATA_DIR")
    return False


def _tell(up: Serving, directory: Path) -> bool:
    from broker.bootstrap import ask
    from broker.cli.story.client import Client
    from broker.cli.story.listener import ListenerProcess
    from broker.cli.story.story import StepFailed, Story

    _populate(up)
    settings = up.embedded.built.settings
    print(
        f"gearbroker at {up.server.url}: {len(ZONES)} zones with {NODES_PER_ZONE} nodes each,"
        f" DNS on port {up.dns_port}.",
        flush=True,
    )
    with ListenerProcess(up.server.url, ROUTER, PASSWORD, directory) as listener:
        story = Story(
            owner=Client(up.server.url, OWNER, PASSWORD),
            router=Client(up.server.url, ROUTER, PASSWORD),
            listener=listener,
            ask_dns=partial(ask, settings.dns_host, up.dns_port),
            dig=f"dig +noall +answer @{settings.dns_host} -p {up.dns_port} {_ha_name(up)}",
            kill=up.embedded.fleet.kill,
            ha_name=_ha_name(up),
            say=partial(print, flush=True),
        )
        try:
            story.tell()
        except StepFailed as failed:
            print(f"\nThis step did not hold: {failed}.", file=sys.stderr, flush=True)
            return False
    (directory / MARK).touch()
    print("\nEvery step held.", flush=True)
    return True


def _populate(up: Serving) -> None:
    """Nodes, the two accounts and the namespace."""
    from broker.simulator.embedded import add_nodes, name_routers, simulated_nodes
    from broker.usecases.accounts import change_user, create_user
    from broker.usecases.namespaces import create_namespace

    platform = up.embedded.platform
    domain = up.embedded.built.settings.cloud_domain
    add_nodes(up.embedded, simulated_nodes(domain, zones=ZONES, nodes_per_zone=NODES_PER_ZONE))
    name_routers(up.embedded, "127.0.0.1")
    create_user(platform, OWNER, PASSWORD)
    owner = change_user(platform, OWNER, may_use_ha=True)
    create_namespace(platform, owner, NAMESPACE)
    create_user(platform, ROUTER, PASSWORD)
    change_user(platform, ROUTER, may_follow_all_routing=True)


def _ha_name(up: Serving) -> str:
    from broker.core.dns_names import ha_dns_name

    policy = up.embedded.platform.policy
    return ha_dns_name(policy.ha_dns_prefix, "testha", NAMESPACE, policy.ha_dns_suffix, policy.cloud_domain)


def _say_what_next(up: Serving, directory: Path) -> None:
    from broker.core.node import Liveness
    from broker.usecases.nodes import list_nodes

    nodes = list_nodes(up.embedded.platform)
    lost = [node.node_id for node in nodes if node.liveness != Liveness.RESPONSIVE]
    text = NEXT.format(
        url=up.server.url,
        owner=OWNER,
        router=ROUTER,
        password=PASSWORD,
        dns_port=up.dns_port,
        ha_name=_ha_name(up),
        directory=directory,
        node=(lost or [nodes[0].node_id])[0],
        bin=_bin(),
    )
    print(text, flush=True)


def _bin() -> str:
    """What to put in front of our commands so that a shell finds them: nothing, where they are on its path."""
    if shutil.which("oo-app-info"):
        return ""
    place = Path(sys.executable).parent
    try:
        return f"{place.relative_to(Path.cwd())}/"
    except ValueError:
        return f"{place}/"
