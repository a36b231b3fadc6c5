"""Requests a second of one client that reads, beside the same server with nothing behind it.

Usage: PYTHONPATH=.:tests .venv/bin/python tests/bench/bench_requests.py [--check]
"""

import http.client
import subprocess
import sys
from statistics import median
from urllib.parse import urlsplit

from harness import NAMESPACE, Client, broker_process, figure, finish, seconds_of, wants_check

REQUESTS = 300
GEARS = 10
APPLICATION = f"/domain/{NAMESPACE}/application/app"
READS = (
    "/api",
    "/user",
    "/domains",
    f"/domain/{NAMESPACE}/applications",
    APPLICATION,
    f"{APPLICATION}/gear_groups",
    f"{APPLICATION}/cartridges",
    f"{APPLICATION}/routing_table",
    "/routing/snapshot",
)
BARE = """
import waitress
def answer(environ, start):
    start("200 OK", [("Content-Length", "2")])
    return [b"ok"]
server = waitress.create_server(answer, host="127.0.0.1", port=0, threads=8)
print(server.effective_port, flush=True)
server.run()
"""


def main() -> int:
    """Print the figures; there is no goal to miss."""
    check = wants_check(__doc__)
    figure("baseline: the web server with nothing behind it", bare(), "a second")
    with broker_process(nodes=6) as broker:
        client = Client(broker.url)
        client.create("app")
        client.scale_up("app", GEARS - 2)
        for path in READS:
            seen = [seconds_of(lambda path=path: client.ask("GET", path)) for _ in range(REQUESTS)]
            figure(f"GET {path}", 1 / median(seen), "a second")
    return finish([], check=check)


def bare() -> float:
    """Requests a second to a server that answers two letters."""
    with subprocess.Popen([sys.executable, "-c", BARE], stdout=subprocess.PIPE, text=True) as child:
        port = (child.stdout.readline() if child.stdout else "").strip()
        connection = http.client.HTTPConnection(urlsplit(f"http://127.0.0.1:{port}").netloc, timeout=10)

        def ask() -> None:
            connection.request("GET", "/")
            connection.getresponse().read()

        seen = [seconds_of(ask) for _ in range(REQUESTS)]
        child.terminate()
    return 1 / median(seen)


if __name__ == "__main__":
    sys.exit(main())
