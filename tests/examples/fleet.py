"""Workers outside Lambda, as processes: they are killed in the middle of their work, and started anew."""

import contextlib
import itertools
import subprocess
import threading
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

_AT_WORK = "at work on "


class Worker:
    """A program that is killed each time that it has begun so many chunks. ``said`` is all that it ever printed."""

    def __init__(self, command: Sequence[str], folder: Path, environment: Mapping[str, str], killed_after: int) -> None:
        self.said: list[str] = []
        self.killed = 0
        self._start = (command, folder, environment)
        self._killed_after = killed_after
        self._over = threading.Event()
        self._process: subprocess.Popen[str] | None = None
        self._thread = threading.Thread(target=self._live, daemon=True)
        self._thread.start()

    @property
    def begun(self) -> list[str]:
        """The keys of the chunks that it was at work on, in their order."""
        return [line.removeprefix(_AT_WORK) for line in self.said if line.startswith(_AT_WORK)]

    def end(self) -> None:
        """Kill it for good."""
        self._over.set()
        if self._process:
            self._process.kill()
        self._thread.join(30)

    def _live(self) -> None:
        command, folder, environment = self._start
        while not self._over.is_set():
            with subprocess.Popen(
                command,
                cwd=folder,
                env=environment,
                text=True,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
            ) as self._process:
                try:
                    self._listen(self._process)
                finally:
                    self._process.kill()

    def _listen(self, process: "subprocess.Popen[str]") -> None:
        begun = itertools.count(1)
        for line in process.stdout or ():
            self.said.append(line.strip())
            if line.startswith(_AT_WORK) and next(begun) >= self._killed_after and not self._over.is_set():
                process.kill()
                self.killed += 1
                return


@contextlib.contextmanager
def working(*workers: tuple[Sequence[str], Path, Mapping[str, str], int]) -> Iterator[list[Worker]]:
    """Have all of them work, until the end of the block."""
    started = [Worker(*worker) for worker in workers]
    try:
        yield started
    finally:
        for worker in started:
            worker.end()
