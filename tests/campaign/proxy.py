"""A way to a server that can be cut: connections through it end when the campaign says so."""

import asyncio
import contextlib
import threading

CHUNK = 65536
STARTING_SECONDS = 10.0


class Proxy:
    """Listens on one port of this machine and passes everything to another, in a thread of its own."""

    def __init__(self, port: int, target: int) -> None:
        self.port = port
        self._target = target
        self._open: set[asyncio.StreamWriter] = set()
        self._loop = asyncio.new_event_loop()
        self._listening = threading.Event()
        self._thread = threading.Thread(target=self._run, name="proxy", daemon=True)
        self._thread.start()
        if not self._listening.wait(STARTING_SECONDS):
            raise RuntimeError(f"nobody could listen on port {port}")

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        server = self._loop.run_until_complete(asyncio.start_server(self._pass_on, "127.0.0.1", self.port))
        self._listening.set()
        self._loop.run_forever()
        server.close()
        self._abort()  # which ends every task
        self._loop.run_until_complete(asyncio.gather(*asyncio.all_tasks(self._loop)))
        self._loop.close()

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self._target)
        except OSError:
            writer.transport.abort()
            return
        self._open |= {writer, far_writer}
        await asyncio.gather(_copy(reader, far_writer), _copy(far_reader, writer))
        self._open -= {writer, far_writer}

    def cut(self) -> int:
        """End every connection at once, without a word; returns how many there were."""
        count = len(self._open) // 2
        self._loop.call_soon_threadsafe(self._abort)
        return count

    def _abort(self) -> None:
        for writer in self._open:
            writer.transport.abort()

    def close(self) -> None:
        """End."""
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(STARTING_SECONDS)


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while chunk := await reader.read(CHUNK):
            writer.write(chunk)
            await writer.drain()
    # The other side may have said all it had, or be dead: either way there is nothing more to pass on.
    writer.transport.abort()
