"""A door for whoever may read the data directory: switching faults of simulated nodes on and off while they run."""

import contextlib
import json
import logging
import os
import socket
import threading
from pathlib import Path

from broker.core.errors import Conflict, Invalid, NotFound, Refusal
from broker.simulator.fleet import SimulatedFleet

_log = logging.getLogger(__name__)

SOCKET_NAME = "control.sock"
LONGEST_REQUEST = 4096
ANSWER_SECONDS = 10.0
LONGEST_DELAY_SECONDS = 3600
MOST_COMMANDS = 1_000_000

FAULTS = ("kill", "revive", "cut-off", "slow", "fail-every")


def order(fleet: SimulatedFleet, node_id: str, fault: str, value: float | None) -> str:
    """Do to a node what `fault` says, and say so; `revive` ends every fault. Refuses what there is not."""
    try:
        node = fleet.node(node_id)
    except KeyError:
        raise NotFound(f"There is no simulated node '{node_id}'. `gearbroker node list` shows them.") from None
    if fault not in FAULTS:
        raise Invalid(f"'{fault}' is none of {', '.join(FAULTS)}.")
    amount = _amount(fault, value)
    match fault:
        case "kill":
            fleet.kill(node_id)
        case "revive":
            fleet.revive(node_id)
        case "cut-off":
            node.faults.cut_off = True
        case "slow":
            node.faults.slow_seconds = amount
        case _:
            node.faults.fail_every = int(amount)
    return f"{node_id}: {fault}" + ("" if value is None else f" {value:.15g}")


def _amount(fault: str, value: float | None) -> float:
    """The value, where the fault takes one and it is in its range; 0 for a fault that takes none."""
    if (fault in ("slow", "fail-every")) != (value is not None):
        raise Invalid("`slow` takes seconds and `fail-every` a number of commands; the others take no value.")
    amount = value or 0.0
    if fault == "slow" and not 0 < amount <= LONGEST_DELAY_SECONDS:
        raise Invalid(f"`slow` takes more than 0 and at most {LONGEST_DELAY_SECONDS} seconds, not {amount:.15g}.")
    if fault == "fail-every" and not (amount.is_integer() and 1 <= amount <= MOST_COMMANDS):
        raise Invalid(f"`fail-every` takes a whole number from 1 up to {MOST_COMMANDS}, not {amount:.15g}.")
    return amount


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
        except (ValueError, TypeError, KeyError, OverflowError, RecursionError, OSError) as error:
            _log.warning("control request cannot be read", extra={"reason": str(error)})
            answer = {"error": "The request cannot be read."}
        with contextlib.suppress(OSError):
            connection.sendall(json.dumps(answer).encode() + b"\n")

    def _obey(self, request: object) -> dict[str, object]:
        if not isinstance(request, dict):
            raise TypeError("a request is an object")
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
        try:
            connection.sendall(json.dumps({"node": node_id, "fault": fault, "value": value}).encode() + b"\n")
            answer = json.loads(_line(connection))
        except (OSError, ValueError):  # an empty answer is no JSON
            text = f"The platform in {directory} did not answer; it may be ending. Try again."
            raise Conflict(text) from None
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
