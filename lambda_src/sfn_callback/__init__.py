"""Pause a Step Functions state machine on a task token; resume it, once, when outside work has ended.

What a workload needs is here: raise :class:`ChunkRejected` for a chunk that can never succeed.
"""

from sfn_callback.errors import ChunkRejected

__all__ = ["ChunkRejected", "__version__"]
__version__ = "0.1.0"
