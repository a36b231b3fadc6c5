"""A gear book and a journal that outlive their process: what they learn between two commits is kept as one."""

import json
from collections.abc import Iterable

from node_agent.addresses import NodeLayout
from node_agent.fields import compact
from node_agent.gear import Gear
from node_agent.gear_book import GearBook
from node_agent.node_file import NodeFile, NodeFileUnusable
from node_agent.protocol import Reply
from node_agent.refusals import NodeRefusal, NotKept

# A command comes again while its operation waits for it, or after an outage from the front of the node's queue, where
# at most a few thousand are unacknowledged. So an answer that is older than this many others is asked for by nobody.
# Were it asked for all the same: a creation finds its gear there and is refused, to destroy or take away again is done
# already, and a start or a stop is older than the gear's last.
ANSWERS_KEPT = 100_000


class DurableBook(GearBook):
    """The gear book of a node, which knows what has changed in it since the last commit."""

    __slots__ = ("_changed",)

    def __init__(self, layout: NodeLayout) -> None:
        super().__init__(layout)
        self._changed: dict[str, None] = {}

    def enter(self, gear: Gear) -> None:
        """Add a gear that was drafted; raises `GearExists`, `UidNotFree`."""
        super().enter(gear)
        self._changed[gear.gear_id] = None

    def keep(self, gear: Gear) -> None:
        """Replace a gear by its new value, which has the same uid; raises `GearUnknown`."""
        super().keep(gear)
        self._changed[gear.gear_id] = None

    def remove(self, gear_id: str) -> None:
        """Take a gear out and free its uid; raises `GearUnknown`."""
        super().remove(gear_id)
        self._changed[gear_id] = None

    def changes(self) -> dict[str, Gear | None]:
        """Return the gears that have changed, by id in the order they did; None for one that is gone."""
        return {gear_id: self.find(gear_id) for gear_id in self._changed}

    def unchanged(self) -> None:
        """Begin to note changes anew: those so far are kept."""
        self._changed.clear()

    def restore(self, gears: Iterable[Gear], turn: int | None) -> None:
        """Become the book of these gears, with the uid whose turn is next; raises `NodeRefusal` where they clash."""
        self.clear()
        for gear in gears:
            self.adopt(gear)
        if turn is not None:
            self.turn = turn
        self.unchanged()


class DurableJournal:
    """The last answers of a node, kept in its file together with the gear book."""

    def __init__(self, file: NodeFile, book: DurableBook, *, kept: int = ANSWERS_KEPT) -> None:
        """Bring the book to what the file says; raises `NodeFileUnusable`."""
        self._file = file
        self._book = book
        self._kept = kept
        self._replies: dict[str, tuple[Reply, str | None]] = {}
        self._destroyed: set[str] = set()
        self._restore()

    def answer_to(self, command_id: str) -> Reply | None:
        """Return what was answered to this command, or None where it is not known to be done."""
        fresh = self._replies.get(command_id)
        if fresh is not None:
            return fresh[0]
        text = self._file.reply_to(command_id)
        return None if text is None else Reply.from_wire(json.loads(text))

    def has_destroyed(self, gear_id: str) -> bool:
        """Say whether this gear is remembered as destroyed."""
        return gear_id in self._destroyed or self._file.has_destroyed(gear_id)

    def record(self, reply: Reply, destroyed: str | None = None) -> None:
        """Note the reply to a command that was just done, and which gear it has destroyed."""
        self._replies[reply.command_id] = (reply, destroyed)
        if destroyed is not None:
            self._destroyed.add(destroyed)

    def commit(self) -> None:
        """Keep what was noted and how the book has changed, in one write.

        Raises `NotKept`, after which both are as they were at the last commit.
        """
        changes = self._book.changes()
        if not self._replies and not changes:
            return
        answers = [
            (command_id, compact(reply.to_wire()), destroyed)
            for command_id, (reply, destroyed) in self._replies.items()
        ]
        try:
            self._file.write(gears=changes, turn=self._book.turn, answers=answers, answers_kept=self._kept)
        except Exception as error:  # whatever it is, nothing was written
            self._forget()
            self._restore()
            raise NotKept(str(error)) from error
        self._forget()
        self._book.unchanged()

    def _forget(self) -> None:
        self._replies.clear()
        self._destroyed.clear()

    def _restore(self) -> None:
        try:
            self._book.restore(self._file.gears(), self._file.turn())
        except NodeRefusal as clash:
            raise NodeFileUnusable(
                f"the gears that are kept contradict one another: {clash}. Restore the file"
            ) from clash
