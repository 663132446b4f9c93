r"""Finds the user's functions: a Python module with what its workflow needs.

For documents::

    def split(document: sfn_callback.Document) -> Iterable[bytes | NewChunk]: ...
    def process(chunk: sfn_callback.Chunk) -> bytes | Content | PENDING: ...
    def merge(results: sfn_callback.Results) -> bytes | Iterable[bytes] | Merged: ...

``document`` is a seekable binary file. ``split`` may be a generator: chunks are uploaded, and processed,
while it runs. ``process`` may be called more than once for a chunk, and must then return the same result; or it passes
``chunk.token`` to somebody else, who finishes the chunk, and returns ``sfn_callback.PENDING``. ``merge`` gets the
results of the chunks that are done, in the order of the chunks; each is read only when it asks for it.
:mod:`sfn_callback.contract` lists the other return types, and the attributes of chunks and results.

For documents that are cut into parts, each of which is split, processed and merged by itself, two more::

    parts = sfn_callback.by_delimiter(b"\n", 64 * 1024 * 1024)  # or def parts(document) -> Iterable[tuple[int, int]]
    def combine(results: sfn_callback.Results) -> bytes | Iterable[bytes] | Content: ...

``parts`` returns byte ranges, each from its first byte up to the next range's, which cover the document in order.
``split`` then gets a file of one range, whose ``start`` is the range's. ``combine`` merges a part's results into one
object, and ``merge`` gets one of these for each part.

For direct, queue and topic::

    def work(task: dict) -> dict: ...

``task`` is the execution's input, and knows the ARN of its ``execution``. What ``work`` returns, any JSON value, is the
waiting state's output. An error fails the state with its class's name, and :class:`sfn_callback.WorkFailed` with the
name that it is given. It may be called more than once for a task.
"""

import importlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache
from typing import Any

from sfn_callback import settings, texts
from sfn_callback.errors import WorkloadInvalid

Work = Callable[[dict[str, Any]], Any]


@dataclass(frozen=True, slots=True)
class Workload:
    """The user's three functions for documents, as the module docstring describes them."""

    split: Callable[[Any], Iterable[Any]]
    process: Callable[[Any], Any]
    merge: Callable[[Any], Any]


@dataclass(frozen=True, slots=True)
class Parts:
    """The user's functions for documents in parts, as the module docstring describes them."""

    parts: Callable[[Any], Iterable[tuple[int, int]]]
    combine: Callable[[Any], Any]
    merge: Callable[[Any], Any]


@cache
def functions(name: str, *wanted: str) -> tuple[Any, ...]:
    """Import the workload module ``name`` and return the requested functions.

    Raises:
        WorkloadInvalid: the message names everything that is wrong with the module, and the variable to change.
    """
    try:
        module = importlib.import_module(name)
    except Exception as error:
        raise WorkloadInvalid(
            f"The workload module {name!r} cannot be imported: {texts.name(error)}: {texts.message(error)}."
            " Set the module's variable `workload` to a Python module that is in the `package`."
        ) from error
    missing = [function for function in wanted if not callable(getattr(module, function, None))]
    if missing:
        raise WorkloadInvalid(
            f"The workload module {name!r} lacks {_and(f'{function}()' for function in missing)}."
            " Define what is missing, or set the module's variable `workload` to another Python module."
        )
    return tuple(getattr(module, function) for function in wanted)


def connect() -> Workload:
    """Return the workload that this function's settings name; errors as :func:`functions`."""
    return Workload(*functions(settings.current().workload, "split", "process", "merge"))


def connect_parts() -> Parts:
    """Return what the workload that this function's settings name has for parts; errors as :func:`functions`."""
    return Parts(*functions(settings.current().workload, "parts", "combine", "merge"))


def connect_work() -> Work:
    """Return the ``work`` that this function's settings name; errors as :func:`functions`."""
    (work,) = functions(settings.current().workload, "work")
    return work  # type: ignore[no-any-return]


def _and(names: Iterable[str]) -> str:
    *most, last = names
    return f"{', '.join(most)} and {last}" if most else last
