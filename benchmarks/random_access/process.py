"""What reading takes, in a process of its own."""

import importlib
import io
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from benchmarks.processes import resident_mb
from benchmarks.random_access import readers
from benchmarks.random_access.local_object import LocalObject
from benchmarks.random_access.replay import MB, Traced, replay

SETS = ((1, 8), (2, 8), (4, 8), (8, 4), (16, 2), (64, 1))
"""Numbers of ranges that are kept, and their MiB."""


@dataclass(frozen=True, slots=True)
class Counted:
    """What a reader asked for.

    ``asked`` are ranges, of ``megabytes`` together; ``replayed`` the same for each of :data:`SETS`, from what the
    reader asks a local file for; ``seconds`` are of the processor, with a local file and with ours; 0 is not measured.
    """

    size: int
    asked: int
    megabytes: int
    replayed: list[tuple[int, int]]
    seconds: tuple[float, float]


def memory(way: str, path: str, served: bool) -> float:
    """Return how many MB it takes to read a file, of the store or as it is, above a process that is ready."""
    reader, file = _way(way), _open(path, served)
    ready = resident_mb("VmRSS")
    reader.read(file)
    return resident_mb("VmHWM") - ready


def counted(way: str, path: str, runs: int) -> Counted:
    """Return what a reader asks for, and the least that it took of so many runs, in turn.

    Raises:
        RuntimeError: it has not read the same as from the local file.
    """
    reader, at, store = _way(way), Path(path), LocalObject(Path(path))
    traced = Traced(at)
    right = reader.read(io.BufferedReader(traced))
    if reader.read(store.opened()) != right:
        raise RuntimeError(f"{reader.how}: not the same was read")
    size = at.stat().st_size
    replays = [replay(traced.trace, size, mebibytes * MB, kept) for kept, mebibytes in SETS]
    times = [[_seconds(reader.read, path, served) for served in (False, True)] for _ in range(runs)]
    return Counted(
        size=size,
        asked=len(store.asked),
        megabytes=round(sum(last + 1 - first for first, last in store.asked) / MB),
        replayed=[(one.ranges, round(one.bytes / MB)) for one in replays],
        seconds=(min((one[0] for one in times), default=0), min((one[1] for one in times), default=0)),
    )


def _way(name: str) -> readers.Way:
    found = readers.ALL[name]
    importlib.import_module(found.module)
    return found


def _open(path: str, served: bool) -> Any:
    return LocalObject(Path(path)).opened() if served else Path(path).open("rb")


def _seconds(read: readers.Read, path: str, served: bool) -> float:
    file = _open(path, served)
    began = time.process_time()
    read(file)
    return time.process_time() - began


_DO: dict[str, Callable[..., Any]] = {
    "memory": memory,
    "counted": lambda **what: asdict(counted(**what)),
}


def answer(asked: Mapping[str, Any]) -> Any:
    """Do what is asked for by the name of a function above, with the rest as its arguments."""
    return _DO[asked["do"]](**{name: value for name, value in asked.items() if name != "do"})
