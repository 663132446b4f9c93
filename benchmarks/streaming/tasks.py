"""What is measured: tasks by name, and how each is done in a process of its own."""

import json
import os
from dataclasses import asdict

from benchmarks.processes import INITIALISING, python
from benchmarks.report import ROOT
from benchmarks.streaming.process import Task, Took
from benchmarks.streaming.storage import MB
from sfn_callback.chunks import WORKERS

CHUNK = 256 * 1024
SMALL = 4 * 1024
LATENCY = 0.02
_NETWORK = 40 * MB
_WORDS = "paragraph of words, "
_ODD = {
    "paragraphs": _WORDS * 20 + "\n\n",
    "one line": _WORDS,
    "one word": "x",
    "one word, four bytes a letter": "\U00020000",
    "empty lines": "\n",
}
PARAGRAPH_BYTES = len(_ODD["paragraphs"])
TINY = "paragraphs of one letter, a chunk each"


def apart(task: Task) -> Took:
    """Do a task in a process of its own."""
    path = os.pathsep.join((str(ROOT / "lambda_src"), str(ROOT)))
    environment = {
        "SFN_CALLBACK_WORKLOAD": task.workload,
        "SFN_CALLBACK_MAX_CHUNKS": str(task.max_chunks),
        "CHUNK_BYTES": str(task.chunk_bytes),
        **INITIALISING,
    }
    said = python(["-m", "benchmarks.streaming.process", json.dumps(asdict(task))], path, **environment).said
    return Took(**json.loads(said))


def sized(megabytes: int) -> dict[str, Task]:
    """Split a document of that size, and merge results of that size."""
    document = {"unit": _ODD["paragraphs"], "size": megabytes * MB, "bytes_a_second": _NETWORK}
    results = {"result_bytes": CHUNK, "results": megabytes * MB // CHUNK, "bytes_a_second": _NETWORK}
    return {
        f"split {megabytes}": Task("split", chunk_bytes=CHUNK, storage=document),
        f"merge {megabytes}": Task("merge", storage=results),
    }


def odd(megabytes: int, most: int) -> dict[str, Task]:
    """Split documents that were not meant well, with the demo workload; the last is refused after ``most`` chunks."""
    tasks = {
        what: Task("split", "sfn_callback.demo", CHUNK, storage=_document(unit, megabytes))
        for what, unit in _ODD.items()
    }
    return {**tasks, TINY: Task("split", "sfn_callback.demo", 0, most, _document("x\n\n", megabytes))}


def _document(unit: str, megabytes: int) -> dict[str, str | float]:
    return {"unit": unit, "size": megabytes * MB, "bytes_a_second": _NETWORK}


def beside(chunks: int) -> dict[str, Task]:
    """Split and merge, with requests held to go together, and slow; and slow in the plain way, a tenth as much."""
    held, slow = {"together": WORKERS}, {"latency_seconds": LATENCY}
    tasks = {}
    for do in ("split", "merge"):
        tasks[f"{do} held"] = Task(do, chunk_bytes=SMALL, storage=_many(chunks) | held)
        tasks[f"{do} slow"] = Task(do, chunk_bytes=SMALL, storage=_many(chunks) | slow)
        tasks[f"{do} plain"] = Task(f"plain {do}", chunk_bytes=SMALL, storage=_many(chunks // 10) | slow)
    return tasks


def _many(chunks: int) -> dict[str, str | float]:
    return {"size": chunks * SMALL, "results": chunks, "result_bytes": SMALL}
