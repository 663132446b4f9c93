"""What is measured: tasks by name, and how each is done in a process of its own."""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, replace

from benchmarks.processes import module
from benchmarks.streaming.process import Task, Took
from benchmarks.streaming.storage import MB
from sfn_callback.documents.bucket import WORKERS

_LARGE, _FILES, _BODY_FAILURE = (f"benchmarks.streaming.{name}" for name in ("large", "files", "body_failure"))
CHUNK = 256 * 1024
SMALL = 4 * 1024
LATENCY = 0.02
_MERGE_MB, _LITTLE_MB = 1_024, 256
NETWORK = 40 * MB
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
    environment = {
        "SFN_CALLBACK_WORKLOAD": task.workload,
        "SFN_CALLBACK_MAX_CHUNKS": str(task.max_chunks),
        "CHUNK_BYTES": str(task.chunk_bytes),
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(task.function_mb),
    }
    return Took(**module("benchmarks.streaming.process", asdict(task), **environment))


def side_by_side(asked: Mapping[str, Task]) -> dict[str, Took]:
    """Do tasks two at a time, each as :func:`apart`."""
    with ThreadPoolExecutor(2) as pool:
        return dict(zip(asked, pool.map(apart, asked.values()), strict=True))


def sized(megabytes: int) -> dict[str, Task]:
    """Split a document of that size, and merge results of that size."""
    document = {"unit": _ODD["paragraphs"], "size": megabytes * MB, "bytes_a_second": NETWORK}
    results = {"result_bytes": CHUNK, "results": megabytes * MB // CHUNK, "bytes_a_second": NETWORK}
    return {
        f"split {megabytes}": Task("split", chunk_bytes=CHUNK, storage=document),
        f"merge {megabytes}": Task("merge", function_mb=_MERGE_MB, storage=results),
    }


def odd(megabytes: int, most: int) -> dict[str, Task]:
    """Split documents that were not meant well, with the demo workload; the last is refused after ``most`` chunks."""
    tasks = {
        what: Task("split", "sfn_callback.demo", CHUNK, storage=_document(unit, megabytes))
        for what, unit in _ODD.items()
    }
    tiny = _document("x\n\n", megabytes)
    return {**tasks, TINY: Task("split", "sfn_callback.demo", 0, most, ends_with="TooManyChunks", storage=tiny)}


def _document(unit: str, megabytes: int) -> dict[str, str | float]:
    return {"unit": unit, "size": megabytes * MB, "bytes_a_second": NETWORK}


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


def slow(chunk_bytes: int, chunks: int, seconds: float) -> dict[str, Task]:
    """Split into chunks of that size, each of which takes so long to upload; merge results that take as long."""
    document = {"size": chunks * chunk_bytes, "latency_seconds": seconds}
    results = {"results": chunks, "result_bytes": chunk_bytes, "latency_seconds": seconds}
    return {
        "split": Task("split", chunk_bytes=chunk_bytes, storage=document),
        "merge": Task("merge", function_mb=_MERGE_MB, storage=results),
    }


def large(megabytes: int, chunks: int) -> dict[str, Task]:
    """Split, process and merge chunks that are larger than the memory."""
    size = megabytes * MB
    many = {"size": chunks * size, "results": chunks, "result_bytes": size}
    return {
        "split, iterables": Task("split", _LARGE, size, function_mb=_LITTLE_MB, storage=many),
        "split, a file": Task("split", _FILES, size, function_mb=_LITTLE_MB, storage=many | {"size": size}),
        "process, an iterable": Task("process", _LARGE, size, function_mb=_LITTLE_MB, storage=many),
        "process, a file": Task("process", _FILES, size, function_mb=_LITTLE_MB, storage=many),
        "merge, files": Task("merge", _LARGE, size, function_mb=_LITTLE_MB, storage=many),
    }


def failing(megabytes: int) -> dict[str, Task]:
    """Split, process and merge such chunks, where the workload fails in the middle, or S3 refuses the third part."""
    size = megabytes * MB
    one = {"size": size, "results": 1, "result_bytes": size}
    tasks = {}
    for do in ("split", "process", "merge"):
        task = Task(do, _BODY_FAILURE, size, function_mb=_LITTLE_MB, ends_with="BodyFailure", storage=one)
        tasks[f"{do}, the workload fails"] = task
        refused = one | {"denied_part": 3}
        tasks[f"{do}, S3 refuses a part"] = replace(task, workload=_LARGE, ends_with="AccessDenied", storage=refused)
    return tasks
