"""The demo workload, with a merge that can break down in the middle of a large upload."""

import time
from collections.abc import Iterable, Iterator

from sfn_callback import demo
from sfn_callback.demo import process, split, work

__all__ = ["merge", "process", "split", "work"]

BREAKS = b"break"
_PART = 8 * 1024 * 1024


def merge(results: Iterable[bytes]) -> Iterator[bytes] | bytes:
    """Merge as the demo does; a result that is ``BREAKS`` makes the upload fail after its first part."""
    found = list(results)
    return _breaking() if BREAKS in found else demo.merge(found)


def _breaking() -> Iterator[bytes]:
    yield bytes(2 * _PART)
    # A part that is on its way when the upload breaks would be sent again and again.
    time.sleep(0.5)
    raise RuntimeError("the upload breaks here")
