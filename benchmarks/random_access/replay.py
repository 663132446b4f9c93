"""What a reader asks a file for, and what ranges of other sizes, and other numbers of them, would ask a store for."""

import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest import mock

from sfn_callback.aws import ranges

MB = 1024 * 1024
Trace = Sequence[tuple[int, int]]
"""Offsets and lengths, in the order of the reads."""


class Traced(io.FileIO):
    """A local file that notes what it is asked for."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self.trace: list[tuple[int, int]] = []

    # These two go through the one below.
    read, readall = io.RawIOBase.read, io.RawIOBase.readall  # type: ignore[assignment]

    def readinto(self, buffer: Any, /) -> int:
        """Read, and note where and how much."""
        at, read = self.tell(), super().readinto(buffer) or 0
        self.trace.append((at, read))
        return read


@dataclass(frozen=True, slots=True)
class Asked:
    """What was asked for: so many ranges, of so many bytes together."""

    ranges: int
    bytes: int


def replay(trace: Trace, size: int, range_bytes: int, ranges_kept: int) -> Asked:
    """Return what :class:`~sfn_callback.aws.ranges.Ranges` of that size and number ask for."""
    asked: list[int] = []
    nothing = memoryview(bytes(range_bytes))

    def fetch(first: int, last: int) -> Any:
        asked.append(last + 1 - first)
        return nothing[: last + 1 - first]

    with mock.patch.multiple(ranges, RANGE_BYTES=range_bytes, KEPT=ranges_kept):
        file = ranges.Ranges(size, fetch)
        for offset, length in trace:
            _read(file, offset, length)
    return Asked(len(asked), sum(asked))


def _read(file: ranges.Ranges, offset: int, length: int) -> None:
    file.seek(offset)
    left = memoryview(bytearray(length))
    # Not asked for nothing: the range behind would be fetched for it.
    while left and (read := file.readinto(left)):
        left = left[read:]
