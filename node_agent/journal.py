"""The commands already done or turned down, and what was answered."""

from typing import Protocol

from node_agent.protocol import Reply

REPLIES_KEPT = 1000


class Journal(Protocol):
    """What the agent remembers of commands. One thread at a time."""

    def answer_to(self, command_id: str) -> Reply | None:
        """Return what was answered to this command, or None where it is not known to be done."""
        ...

    def has_destroyed(self, gear_id: str) -> bool:
        """Say whether this gear is remembered as destroyed; a late copy of its creation must not bring it back."""
        ...

    def record(self, reply: Reply, destroyed: str | None = None) -> None:
        """Note the reply to a command that was just done, and which gear it has destroyed."""
        ...

    def commit(self) -> None:
        """Keep what was noted, and the gear book as it is, whatever becomes of this process; all of it or nothing.

        Raises `NotKept`, after which journal and book are as they were at the last commit.
        """
        ...


class MemoryJournal:
    """The last replies of one simulated node, by command id; the oldest is forgotten first.

    A command that comes again after `kept` newer ones is not recognised. To create, add or take away twice
    does no harm even then, and a start or a stop that is older than the gear's last is refused.
    """

    __slots__ = ("_destroyed", "_kept", "_replies")

    def __init__(self, kept: int = REPLIES_KEPT) -> None:
        if kept < 1:
            raise ValueError(f"a journal must keep at least one reply, not {kept}")
        self._kept = kept
        self._replies: dict[str, Reply] = {}
        self._destroyed: dict[str, None] = {}

    def answer_to(self, command_id: str) -> Reply | None:
        """Return what was answered to this command, or None where it is not known to be done."""
        return self._replies.get(command_id)

    def has_destroyed(self, gear_id: str) -> bool:
        """Say whether this gear is remembered as destroyed."""
        return gear_id in self._destroyed

    def record(self, reply: Reply, destroyed: str | None = None) -> None:
        """Keep the reply to a command that was just done, and which gear it has destroyed."""
        self._replies[reply.command_id] = reply
        if len(self._replies) > self._kept:
            del self._replies[next(iter(self._replies))]
        if destroyed is not None:
            self._destroyed[destroyed] = None
            if len(self._destroyed) > self._kept:
                del self._destroyed[next(iter(self._destroyed))]

    def commit(self) -> None:
        """Nothing is needed: a simulated node ends with its process."""
