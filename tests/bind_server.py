"""A BIND of a test's own, on a free port of 127.0.0.1, with its own configuration, zone and key."""

import shutil
import signal
import socket
import subprocess
from collections.abc import Callable
from pathlib import Path
from time import monotonic, sleep

import dns.exception
import dns.query
import dns.rdatatype
import dns.zone
from dns.update import UpdateMessage

from broker.dns.signing import SignedExchange

ZONE = "example.com"
KEY_NAME = "gearbroker"
KEY = "bm9ib2R5IG11c3QgZXZlciBzZWUgdGhpcyBrZXkhISE="
OTHER_KEY = "dGhpcyBpcyBhIGtleSBvZiBzb21lYm9keSBlbHNlISE="
HOST = "127.0.0.1"
STARTING_SECONDS = 20.0
# Where Debian puts it, which is not on everybody's path.
COMMAND = shutil.which("named") or "/usr/sbin/named"

CONFIGURATION = """
options {{
    directory "{directory}";
    pid-file "{directory}/named.pid";
    session-keyfile "{directory}/session.key";
    listen-on port {port} {{ 127.0.0.1; }};
    listen-on-v6 {{ none; }};
    recursion no;
    dnssec-validation no;
    notify no;
}};
controls {{ }};
key "{key_name}" {{ algorithm {algorithm}; secret "{key}"; }};
zone "{zone}" {{
    type primary;
    file "{directory}/zone";
    {updates};
    allow-transfer {{ 127.0.0.1; }};
}};
"""
NEW_ZONE = """$TTL 60
@ SOA ns hostmaster 1 3600 600 86400 60
@ NS ns
ns A 127.0.0.1
"""
FROM_THE_FIRST = {"example.com", "ns.example.com", "_gearbroker.example.com"}


def free_port() -> int:
    """A port that is free for both UDP and TCP."""
    while True:
        with socket.create_server((HOST, 0)) as tcp, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
            port = int(tcp.getsockname()[1])
            try:
                udp.bind((HOST, port))
            except OSError:
                continue
            return port


class Bind:
    """`updates` is the zone's clause about who may update what."""

    def __init__(self, directory: Path, *, algorithm: str = "hmac-sha256") -> None:
        self.port = free_port()
        self.algorithm = algorithm
        self._directory = directory
        self._process: subprocess.Popen[bytes] | None = None
        self.new_zone()

    def new_zone(self) -> None:
        """The zone as an administrator makes it: without any name of the broker's."""
        for journal in self._directory.glob("zone*"):
            journal.unlink()
        (self._directory / "zone").write_text(NEW_ZONE, encoding="utf-8")

    def start(self, *, key: str = KEY, updates: str = f"allow-update {{ key {KEY_NAME}; }}") -> None:
        """Return once it answers."""
        configuration = self._directory / "named.conf"
        text = CONFIGURATION.format(
            directory=self._directory,
            port=self.port,
            zone=ZONE,
            key_name=KEY_NAME,
            algorithm=self.algorithm,
            key=key,
            updates=updates,
        )
        configuration.write_text(text, encoding="utf-8")
        log = (self._directory / "named.log").open("ab")
        with log:
            command = [COMMAND, "-g", "-n", "1", "-c", str(configuration)]
            self._process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        deadline = monotonic() + STARTING_SECONDS
        while not self._answers():
            told = (self._directory / "named.log").read_text(encoding="utf-8")
            assert self._process.poll() is None and monotonic() < deadline, f"named did not start:\n{told}"  # noqa: PT018
            sleep(0.01)

    def _answers(self) -> bool:
        query = dns.message.make_query(ZONE, "SOA")
        try:
            return bool(dns.query.tcp(query, HOST, port=self.port, timeout=1.0).answer)
        except (OSError, EOFError, dns.exception.Timeout):
            return False

    def stop(self, kind: signal.Signals = signal.SIGTERM) -> None:
        """End it, in order or by SIGKILL, and wait for its end; nothing if it does not run."""
        if self._process is not None:
            self._process.send_signal(kind)
            self._process.send_signal(signal.SIGCONT)
            self._process.wait(STARTING_SECONDS)
            self._process = None

    def restart(self, kind: signal.Signals = signal.SIGTERM, **changes: str) -> None:
        self.stop(kind)
        self.start(**changes)

    def freeze(self) -> None:
        """It takes connections, as the kernel does for it, and reads nothing."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        assert self._process is not None
        self._process.send_signal(signal.SIGCONT)

    def exchange(self, *, key: str = KEY, timeout_seconds: float = 5.0) -> SignedExchange:
        return SignedExchange(
            host=HOST,
            port=self.port,
            key_name=KEY_NAME,
            key_value=key,
            algorithm=self.algorithm,
            timeout_seconds=timeout_seconds,
        )

    def settings(self) -> dict[str, str]:
        """What a broker is told of it."""
        return {
            "BIND_SERVER": HOST,
            "BIND_PORT": str(self.port),
            "BIND_KEYNAME": KEY_NAME,
            "BIND_KEYVALUE": KEY,
            "BIND_KEYALGORITHM": self.algorithm,
        }

    def names(self) -> dict[str, tuple[str, str]]:
        """Every name in the zone that was not there from the first, with the type and target of its one record."""
        zone = dns.zone.from_xfr(dns.query.xfr(HOST, ZONE, port=self.port, relativize=False), relativize=False)
        found = {}
        for name, _, rdata in zone.iterate_rdatas():
            owner = name.to_text(omit_final_dot=True)
            if owner not in FROM_THE_FIRST:
                assert owner not in found, f"{owner} has two records"
                found[owner] = (dns.rdatatype.to_text(rdata.rdtype), rdata.to_text().removesuffix("."))
        return found

    def administer(self, change: Callable[[UpdateMessage], None]) -> None:
        """What an administrator does with nsupdate."""
        message = UpdateMessage(ZONE)
        change(message)
        assert self.exchange().answer(message).rcode() == 0
