"""The commands already done or turned down, and what was answered."""

from node_agent.protocol import Reply

REPLIES_KEPT = 1000


class Journal:
    """The last replies of one node, in memory, by command id; the oldest is forgotten first.

    A command that comes again after `kept` newer ones is not recognised. To create, add or take away twice
    does no harm even then; only a start or a stop that late could undo a newer one.
    """

    __slots__ = ("_kept", "_replies")

    def __init__(self, kept: int = REPLIES_KEPT) -> None:
        if kept < 1:
            raise ValueError(f"a journal must keep at least one reply, not {kept}")
        self._kept = kept
        self._replies: dict[str, Reply] = {}

    def answer_to(self, command_id: str) -> Reply | None:
        """Return what was answered to this command, or None where it is not known to be done."""
        return self._replies.get(command_id)

    def record(self, reply: Reply) -> None:
        """Keep the reply to a command that was just done."""
        self._replies[reply.command_id] = reply
        if len(self._replies) > self._kept:
            del self._replies[next(iter(self._replies))]
