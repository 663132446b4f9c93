"""Finds the user's functions: a Python module with ``split``, ``process`` and ``merge``.

::

    def split(document: sfn_callback.document.Document) -> Iterable[bytes]: ...
    def process(chunk: sfn_callback.chunks.Chunk) -> bytes: ...
    def merge(results: Iterable[bytes]) -> bytes | Iterable[bytes]: ...

``split`` may be a generator: chunks are uploaded, and processed, while it runs. ``process`` may be called more
than once for a chunk, and must then give the same result. ``merge`` gets the results of the chunks that are
done, in the order of the chunks, and is given each only when it asks for it.
"""

import importlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache
from typing import Any

from sfn_callback import settings
from sfn_callback.errors import WorkloadInvalid

FUNCTIONS = ("split", "process", "merge")


@dataclass(frozen=True, slots=True)
class Workload:
    """The user's three functions, as the module docstring describes them."""

    split: Callable[[Any], Iterable[bytes]]
    process: Callable[[Any], bytes]
    merge: Callable[[Iterable[bytes]], bytes | Iterable[bytes]]


@cache
def load(name: str) -> Workload:
    """Import the workload module ``name`` and take its functions.

    Raises:
        WorkloadInvalid: naming all that is wrong with the module, and the variable to change.
    """
    try:
        module = importlib.import_module(name)
    except Exception as problem:
        raise WorkloadInvalid(
            f"The workload module {name!r} cannot be imported: {type(problem).__name__}: {problem}."
            " Set the module's variable `workload` to a Python module that is in the `package`."
        ) from problem
    missing = [function for function in FUNCTIONS if not callable(getattr(module, function, None))]
    if missing:
        raise WorkloadInvalid(
            f"The workload module {name!r} lacks {_and(f'{function}()' for function in missing)}."
            " Define what is missing, or set the module's variable `workload` to another Python module."
        )
    return Workload(module.split, module.process, module.merge)


def connect() -> Workload:
    """Return the workload that this function's settings name; errors as :func:`load`."""
    return load(settings.current().workload)


def checked(function: str, value: object) -> bytes:
    """Return ``value`` if it is bytes.

    Raises:
        WorkloadInvalid: it is something else; ``function`` is named as the culprit.
    """
    if not isinstance(value, bytes):
        raise WorkloadInvalid(f"The workload's {function}() gave a {type(value).__name__}, where bytes are expected.")
    return value


def _and(names: Iterable[str]) -> str:
    *most, last = names
    return f"{', '.join(most)} and {last}" if most else last
