"""A door for whoever may read the data directory: switching faults of simulated nodes on and off while they run."""

import contextlib
import json
import logging
import os
import socket
import threading
from pathlib import Path

from broker.core.errors import Invalid, NotFound, Refusal
from broker.simulator.fleet import SimulatedFleet

_log = logging.getLogger(__name__)

SOCKET_NAME = "control.sock"
LONGEST_REQUEST = 4096
ANSWER_SECONDS = 10.0

FAULTS = ("kill", "revive", "cut-off", "slow", "fail-every")


def order(fleet: SimulatedFleet, node_id: str, fault: str, value: float | None) -> str:
    """Do to a node what `fault` says, and say so; `revive` ends every fault. Refuses what there is not."""
    try:
        node = fleet.node(node_id)
    except KeyError:
        raise NotFound(f"There is no simulated node '{node_id}'. `gearbroker node list` shows them.") from None
    if fault not in FAULTS:
        raise Invalid(f"'{fault}' is none of {', '.join(FAULTS)}.")
    if (fault in ("slow", "fail-every")) != (value is not None):
        raise Invalid("`slow` takes seconds and `fail-every` a number of commands; the others take no value.")
    match fault:
        case "kill":
            fleet.kill(node_id)
        case "revive":
            fleet.revive(node_id)
        case "cut-off":
            node.faults.cut_off = True
        case "slow":
            node.faults.slow_seconds = max(0.0, value or 0.0)
        case _:
            node.faults.fail_every = max(0, int(value or 0))
    return f"{node_id}: {fault}" + ("" if value is None else f" {value:g}")


class ControlServer:
    """Listens on a socket in the data directory that only its owner can open."""

    def __init__(self, directory: Path, fleet: SimulatedFleet) -> None:
        self._path = directory / SOCKET_NAME
        self._fleet = fleet
        self._stopping = threading.Event()
        self._socket: socket.socket | None = None
        self._thread = threading.Thread(target=self._run, name="control", daemon=True)

    def start(self) -> None:
        """Begin to listen; a socket that a crash left behind is replaced."""
        with contextlib.suppress(FileNotFoundError):
            self._path.unlink()
        listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        mask = os.umask(0o177)
        try:
            listener.bind(str(self._path))
        finally:
            os.umask(mask)
        listener.listen(8)
        listener.settimeout(0.5)
        self._socket = listener
        self._thread.start()

    def stop(self) -> None:
        """End, and take the socket away."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join(2)
        if self._socket is not None:
            self._socket.close()
        with contextlib.suppress(FileNotFoundError):
            self._path.unlink()

    def _run(self) -> None:
        while not self._stopping.is_set() and self._socket is not None:
            try:
                connection, _ = self._socket.accept()
            except TimeoutError:
                continue
            except OSError:
                return
            with connection:
                connection.settimeout(ANSWER_SECONDS)
                self._answer(connection)

    def _answer(self, connection: socket.socket) -> None:
        try:
            answer = self._obey(json.loads(_line(connection)))
        except Refusal as refusal:
            answer = {"error": refusal.text}
        except (ValueError, TypeError, KeyError, OSError) as error:
            _log.warning("control request cannot be read", extra={"reason": str(error)})
            answer = {"error": "The request cannot be read."}
        with contextlib.suppress(OSError):
            connection.sendall(json.dumps(answer).encode() + b"\n")

    def _obey(self, request: dict[str, object]) -> dict[str, object]:
        value = request.get("value")
        number = float(value) if isinstance(value, (int, float)) else None
        return {"text": order(self._fleet, str(request["node"]), str(request["fault"]), number)}


def send_order(directory: Path, node_id: str, fault: str, value: float | None) -> str:
    """Ask the platform that runs in `directory`; raises `Refusal` with its reason, or when none runs there."""
    path = directory / SOCKET_NAME
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        connection.settimeout(ANSWER_SECONDS)
        try:
            connection.connect(str(path))
        except OSError:
            text = f"No embedded platform runs in {directory}. Start `gearbroker demo` or `gearbroker serve` first."
            raise NotFound(text) from None
        connection.sendall(json.dumps({"node": node_id, "fault": fault, "value": value}).encode() + b"\n")
        answer = json.loads(_line(connection))
    if "error" in answer:
        raise Invalid(str(answer["error"]))
    return str(answer["text"])


def _line(connection: socket.socket) -> bytes:
    read: list[bytes] = []
    while sum(map(len, read)) < LONGEST_REQUEST:
        chunk = connection.recv(LONGEST_REQUEST)
        read.append(chunk)
        if not chunk or chunk.endswith(b"\n"):
            break
    return b"".join(read)
