"""Pause a Step Functions state machine on a task token; resume it exactly once when outside work has ended.

A workload uses these names: raise :class:`ChunkRejected` for a chunk that can never succeed, and :class:`WorkFailed`
for a task that fails with an error name of your choice; return a :class:`NewChunk`, a :class:`Content` or a
:class:`Merged` when bytes are not enough; cut a large document into parts with :func:`by_delimiter`. Return
:data:`PENDING` for a chunk that somebody else finishes and will :func:`report`.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from sfn_callback.errors import ChunkRejected, WorkFailed

if TYPE_CHECKING:
    from sfn_callback.contract import PENDING, Chunk, Content, LargeChunk, Merged, NewChunk, Results
    from sfn_callback.documents.delimiter import by_delimiter
    from sfn_callback.documents.source import Document
    from sfn_callback.reports.send import report

__all__ = [
    "PENDING",
    "Chunk",
    "ChunkRejected",
    "Content",
    "Document",
    "LargeChunk",
    "Merged",
    "NewChunk",
    "Results",
    "WorkFailed",
    "__version__",
    "by_delimiter",
    "report",
]
__version__ = "0.1.0"
_PLACES = {"Document": "documents.source", "by_delimiter": "documents.delimiter", "report": "reports.send"}


def __getattr__(name: str) -> Any:
    # Imported when it is asked for: most functions start without.
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_PLACES.get(name, 'contract')}"), name)
