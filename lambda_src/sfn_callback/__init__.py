"""Pause a Step Functions state machine on a task token; resume it, once, when outside work has ended.

What a workload needs is here: raise :class:`ChunkRejected` for a chunk that can never succeed, and
:class:`WorkFailed` for a task that fails by a name of your choice.
"""

from sfn_callback.errors import ChunkRejected, WorkFailed

__all__ = ["ChunkRejected", "WorkFailed", "__version__"]
__version__ = "0.1.0"
