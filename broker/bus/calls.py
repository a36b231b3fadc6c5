"""The calls that wait for replies of nodes, and which reply belongs to which."""

import threading
import time
from collections.abc import Mapping, Sequence

from broker.interfaces import Json


class Call:
    """The commands of one call and the replies that have come. `sent_for` is the queue named in what was sent."""

    def __init__(self, commands: Sequence[Json], deadline_seconds: float) -> None:
        self.commands = commands
        self.sent_for: str | None = None
        self.until = time.monotonic() + deadline_seconds
        self.node_of = {str(command["command_id"]): str(command["node_id"]) for command in commands}
        self._replies: dict[str, Json] = {}
        self._ended = False
        self._changed = threading.Condition()

    @property
    def seconds_left(self) -> float:
        """How long is still waited; 0.0 when nobody waits any more."""
        return 0.0 if self._ended else max(0.0, self.until - time.monotonic())

    def take(self, command_id: str, reply: Json) -> bool:
        """Take a reply in; false for one that came before."""
        with self._changed:
            if command_id in self._replies:
                return False
            self._replies[command_id] = reply
            if len(self._replies) == len(self.node_of):
                self._changed.notify_all()
            return True

    def wait(self) -> None:
        """Wait until every command is answered, the time is over, or the call is ended."""
        with self._changed:
            self._changed.wait_for(lambda: self._ended or len(self._replies) == len(self.node_of), self.seconds_left)

    def end(self) -> Mapping[str, Json]:
        """Return what has come, by command id; nothing is waited for or sent any more."""
        with self._changed:
            self._ended = True
            self._changed.notify_all()
            return dict(self._replies)


class Calls:
    """The calls of a process that wait. Any number of threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._by_command: dict[str, list[Call]] = {}
        self._open: dict[Call, None] = {}

    def add(self, call: Call) -> None:
        """Let replies find this call. A command may be in several: two who go on with one operation."""
        with self._lock:
            self._open[call] = None
            for command_id in call.node_of:
                self._by_command.setdefault(command_id, []).append(call)

    def remove(self, call: Call) -> None:
        """Let no reply find this call any more."""
        with self._lock:
            del self._open[call]
            for command_id in call.node_of:
                calls = self._by_command[command_id]
                calls.remove(call)
                if not calls:
                    del self._by_command[command_id]

    def open(self) -> list[Call]:
        """The calls that wait, the oldest first."""
        with self._lock:
            return list(self._open)

    def end(self) -> None:
        """Let nobody wait any more."""
        for call in self.open():
            call.end()

    def deliver(self, reply: object) -> str | None:
        """Give a reply to those who wait for it; otherwise returns in a few words why it is dropped."""
        if not isinstance(reply, dict):
            return "a reply that is no object"
        command_id, node_id = reply.get("command_id"), reply.get("node_id")
        if not isinstance(command_id, str):
            return "a reply to no command"
        with self._lock:
            waiting = list(self._by_command.get(command_id, ()))
        if not waiting:
            return "a reply that nobody waits for"
        if any(call.node_of[command_id] != node_id for call in waiting):
            return "a reply from another node than was told"
        taken = [call.take(command_id, reply) for call in waiting]
        return None if any(taken) else "a second reply to one command"
