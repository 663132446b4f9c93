"""Batches: each item is handled, even if one before it failed."""

from collections.abc import Callable, Iterable
from typing import TypeVar

Item = TypeVar("Item")


def for_each(items: Iterable[Item], call: Callable[[Item], object]) -> None:
    """Call for every item.

    Raises:
        Exception: the last that a call has raised, after all of them.
    """
    problem: Exception | None = None
    for item in items:
        try:
            call(item)
        except Exception as raised:
            problem = raised
    if problem:
        raise problem
