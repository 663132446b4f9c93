"""How many ranges do readers that jump ask for, in what memory, and what of the processor does our file take?"""

import tempfile
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from benchmarks.processes import module
from benchmarks.random_access import files, tables
from benchmarks.random_access.process import Counted
from benchmarks.random_access.readers import ALL, OTHERS, WAYS
from benchmarks.random_access.tables import At, Memory
from benchmarks.report import Section

_SMALLER = (1, 10)
_LARGEST = ("zip", 1_024)


def run(quick: bool) -> list[Section]:
    """See :mod:`benchmarks.report`."""
    size, runs = (12, 1) if quick else (100, 3)
    asked: list[At] = [(way, size) for way in (WAYS if quick else ALL)]
    if not quick:
        asked += [(way, less) for less in _SMALLER for way in WAYS] + [_LARGEST]
    with tempfile.TemporaryDirectory() as folder:
        paths = _made(Path(folder), {(ALL[way].kind, much) for way, much in asked})
        used = _used({way: paths[WAYS[way].kind, size] for way in WAYS})
        # One after the other: these are timed.
        counted = {(way, much): _counted(way, paths[ALL[way].kind, much], runs, much == size) for way, much in asked}
    return _sections(counted, used, size, runs)


def _made(folder: Path, wanted: Iterable[At]) -> dict[At, str]:
    paths = {(kind, much): folder / f"{kind}-{much}" for kind, much in wanted}
    for (kind, much), path in paths.items():
        files.MAKE[kind](path, much)
    return {at: str(path) for at, path in paths.items()}


def _used(paths: Mapping[str, str]) -> dict[str, Memory]:
    asked = [(way, served) for way in paths for served in (False, True)]
    with ThreadPoolExecutor(2) as pool:
        results = pool.map(lambda one: _apart("memory", way=one[0], path=paths[one[0]], served=one[1]), asked)
        used = dict(zip(asked, results, strict=True))
    return {way: Memory(used[way, False], used[way, True]) for way in paths}


def _counted(way: str, path: str, runs: int, timed: bool) -> Counted:
    return Counted(**_apart("counted", way=way, path=path, runs=runs if timed and way not in OTHERS else 0))


def _apart(do: str, **what: Any) -> Any:
    return module("benchmarks.random_access.process", {"do": do, **what})


def _sections(counted: Mapping[At, Counted], used: Mapping[str, Memory], size: int, runs: int) -> list[Section]:
    careful = {at: one for at, one in counted.items() if at[0] in WAYS}
    alike = {way: one for (way, much), one in counted.items() if much == size}
    return [
        Section("Random access", tables.asked(careful, alike), [tables.few(careful)]),
        Section(
            "CPU time and memory of random access",
            tables.took(alike, used, size, runs),
            list(tables.little(alike, used)),
        ),
        Section("Other sizes of ranges", tables.others(alike)),
    ]
