"""A workload that tells what it is told: each function's result says what it knew."""

import json
from collections.abc import Iterator
from typing import Any

from sfn_callback import Chunk, ChunkRejected, Content, LargeChunk, Merged, NewChunk, Results
from sfn_callback.documents.source import Document


def split(document: Document) -> Iterator[Any]:
    """Yield each line as a chunk that has a name; ``large`` is one that comes in pieces."""
    for number, line in enumerate(document, 1):
        if line.startswith(b"large"):
            yield NewChunk((line for _ in range(int(line.split()[1]))), name="large")
        else:
            yield NewChunk(line, "text/plain", name=f"line {number}", fields={"line": number})


def process(chunk: Chunk | LargeChunk) -> Any:
    """Return what the chunk knows, or its bytes in pieces where it is large."""
    if isinstance(chunk, LargeChunk):
        return _pieces(chunk)
    if chunk.startswith(b"reject"):
        raise ChunkRejected("this line is rejected")
    return Content(json.dumps(_told(chunk)).encode(), "application/json")


def merge(results: Results) -> Merged:
    """Return the results in a line each, and beside them what ``merge`` was told."""
    told = {"chunks": results.chunks, "failed": results.failed, "options": results.options, "job": results.job}
    told |= {"document": vars(results.document) if results.document else None}
    index = Content(json.dumps(told).encode(), "application/json")
    return Merged((result + b"\n" for result in results), "application/jsonl", beside={"index.json": index})


def _told(chunk: Chunk) -> dict[str, Any]:
    told = {name: getattr(chunk, name) for name in ("number", "name", "fields", "options", "size", "content_type")}
    return {**told, "document": vars(chunk.document) if chunk.document else None}


def _pieces(chunk: LargeChunk) -> Iterator[bytes]:
    with chunk.open() as file:
        while piece := file.read(1_000_000):
            yield piece
