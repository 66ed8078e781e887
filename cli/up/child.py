"""One program under supervision: started, read, started again with back-off, stopped with its whole process group."""

from __future__ import annotations

import asyncio
import os
import signal
from contextlib import suppress

from cli.up.backoff import restart_delay
from cli.up.folder import Folder
from cli.up.output import Lines, LogFile, Screen
from cli.up.program import Program

_CHUNK_BYTES = 64 * 2**10
_LAST_WORDS_S = 1.0


class Child:
    """Keeps one program running from `keep` until `stop`."""

    def __init__(self, program: Program, folder: Folder, screen: Screen) -> None:
        self.program = program
        self._folder = folder
        self._screen = screen
        self._log = LogFile(folder.logs / f"{program.name}.log")
        self._process: asyncio.subprocess.Process | None = None
        self._stopping = asyncio.Event()

    @property
    def ready(self) -> bool:
        """Whether the process that runs now has written its ready file (workers/ready.py)."""
        path = self._folder.ready_file(self.program.name)
        return self._process is not None and self._process.returncode is None and path.exists()

    async def once(self) -> int:
        """Run the program to its end; the exit code, negative for a signal."""
        pid_file, ready_file = (f(self.program.name) for f in (self._folder.pid_file, self._folder.ready_file))
        ready_file.unlink(missing_ok=True)
        process, output = await self._spawn()
        self._process = process
        if self._stopping.is_set():
            self.kill()
        pid_file.write_text(f"{process.pid}\n", encoding="ascii")
        reading = asyncio.create_task(self._read(output))
        try:
            return await process.wait()
        finally:
            # What the program started and left behind ends with it.
            _signal_group(process.pid, signal.SIGKILL)
            await self._finish(reading)
            pid_file.unlink(missing_ok=True)
            ready_file.unlink(missing_ok=True)

    async def keep(self) -> None:
        """Run the program again and again until `stop`; every end is printed with its code and the wait."""
        clock = asyncio.get_running_loop()
        delay_s = 0.0
        while not self._stopping.is_set():
            started = clock.time()
            code = await self.once()
            if self._stopping.is_set():
                return
            delay_s = restart_delay(delay_s, clock.time() - started)
            self._print(f"{ended(code)}; starts again in {delay_s:g} s")
            with suppress(TimeoutError):
                await asyncio.wait_for(self._stopping.wait(), delay_s)

    async def stop(self) -> None:
        """Ask the main process to end; after the program's grace its group is killed."""
        self._stopping.set()
        process = self._process
        if process is None or process.returncode is not None:
            return
        with suppress(ProcessLookupError):
            # The main process only: a worker's own children are its business while it stops.
            process.send_signal(signal.SIGTERM)
        try:
            await asyncio.wait_for(process.wait(), self.program.grace_s)
        except TimeoutError:
            self._print(f"did not stop within {self.program.grace_s:g} s and is killed")
            _signal_group(process.pid, signal.SIGKILL)
            await process.wait()

    def kill(self) -> None:
        """End the program and its group at once."""
        self._stopping.set()
        if self._process is not None and self._process.returncode is None:
            _signal_group(self._process.pid, signal.SIGKILL)

    async def _spawn(self) -> tuple[asyncio.subprocess.Process, int]:
        # A pipe of our own: with asyncio's, `wait` would also wait for whoever inherited the output.
        reader, writer = os.pipe()
        try:
            process = await asyncio.create_subprocess_exec(
                *self.program.argv(os.getpid()),
                env=dict(self.program.environment),
                cwd=self.program.cwd,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=writer,
                stderr=asyncio.subprocess.STDOUT,
                start_new_session=True,
            )
        finally:
            os.close(writer)
        return process, reader

    async def _finish(self, reading: asyncio.Task[None]) -> None:
        # A descendant in a group of its own may still hold the pipe: what was printed until now is enough.
        with suppress(TimeoutError):
            await asyncio.wait_for(reading, _LAST_WORDS_S)

    async def _read(self, pipe: int) -> None:
        lines = Lines()
        stream = asyncio.StreamReader()
        loop = asyncio.get_running_loop()
        file = os.fdopen(pipe, "rb", 0)
        transport, _ = await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(stream), file)
        try:
            while chunk := await stream.read(_CHUNK_BYTES):
                for line in lines.feed(chunk):
                    self._keep_line(line)
        finally:
            transport.close()
        for line in lines.last():
            self._keep_line(line)

    def _keep_line(self, line: bytes) -> None:
        self._log.write(line)
        self._screen.line(self.program.name, line.decode("utf-8", "replace"))

    def _print(self, text: str) -> None:
        self._keep_line(f"argosy up: {text}".encode())


def ended(code: int) -> str:
    """How a process ended, in words."""
    return f"ended by {signal.Signals(-code).name}" if code < 0 else f"ended with exit code {code}"


def _signal_group(pid: int, number: signal.Signals) -> None:
    # The group has the id of the process that we started as its leader; it is gone when nobody is left in it.
    with suppress(ProcessLookupError):
        os.killpg(pid, number)
