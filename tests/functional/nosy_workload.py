"""A workload that tells all that it was given, in every way that work can end."""

import json
from collections.abc import Iterable, Iterator
from typing import Any

from sfn_callback import ChunkRejected, WorkFailed, demo
from sfn_callback.contract import Chunk
from sfn_callback.documents.source import Document

GIVEN: list[str] = []
"""What the package has handed to user code."""


def _told(value: object) -> str:
    text = f'{{"task": {value!r}, "token": "…", "heartbeat_seconds": 3, "vars": {getattr(value, "__dict__", {})}}}'
    GIVEN.append(text)
    return text


def work(task: dict[str, Any]) -> Any:
    told, end = _told(task), task.get("end")
    if end == "named":
        raise WorkFailed(f"Named{told}" * 9, told * 500)
    if end == "chained":
        try:
            raise ValueError(told)
        except ValueError as first:
            second = RuntimeError(told, task)
            second.add_note(told)
            raise second from first
    if end == "exit":
        raise SystemExit(told)
    outputs = {"large": "x" * 300_000, "NaN": float("nan"), "surrogate": "\ud800", "object": object(), "deep": _deep()}
    return {"told": told, "output": outputs.get(str(end))}


def split(document: Document) -> Iterator[bytes]:
    _told(vars(document))
    yield from demo.split(document)


def process(chunk: Chunk) -> bytes:
    told = _told(chunk)
    if chunk.startswith(b"!reject"):
        raise ChunkRejected(told)
    if chunk.startswith(b"!fail"):
        raise RuntimeError(told)
    return json.dumps({told: 1}).encode()


def merge(results: Iterable[bytes]) -> bytes:
    return b"\n".join(_told(result).encode() for result in results)


def _deep() -> Any:
    value: Any = 1
    for _ in range(3_000):
        value = [value]
    return value
