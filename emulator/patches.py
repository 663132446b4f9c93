"""Replaces functions of MiniStack by this checkout's, and says what has changed if they no longer fit.

MiniStack does not promise that its private names stay.
"""

import inspect
from collections.abc import Callable
from importlib.metadata import version
from typing import Any


def theirs(owner: Any, name: str) -> Any:
    """Return what a module or class of MiniStack's has under that name.

    Raises:
        RuntimeError: it has nothing of that name.
    """
    try:
        return getattr(owner, name)
    except AttributeError:
        raise RuntimeError(f"{_called(owner, name)} is gone, which the local AWS needs.") from None


def replace(owner: Any, name: str, replacement: Callable[..., Any]) -> None:
    """Replace a function of MiniStack.

    Raises:
        RuntimeError: there is nothing of that name, or it takes other arguments than ``replacement``.
    """
    signature = inspect.signature(theirs(owner, name))
    if not _takes(replacement, signature):
        raise RuntimeError(f"{_called(owner, name)} takes {signature} now, and its replacement does not.")
    setattr(owner, name, replacement)


def rewrite(owner: Any, name: str, old: str, new: str) -> None:
    """Replace a passage in a text of MiniStack's.

    Raises:
        RuntimeError: there is no such text, or it does not have that passage exactly once.
    """
    text = theirs(owner, name)
    if text.count(old) != 1:
        raise RuntimeError(f"{_called(owner, name)} has the passage {old!r} {text.count(old)} times, and not once.")
    setattr(owner, name, text.replace(old, new))


def _called(owner: Any, name: str) -> str:
    return f"MiniStack has changed: in {version('ministack')}, {owner.__name__}.{name}"


def _takes(replacement: Callable[..., Any], signature: inspect.Signature) -> bool:
    parameters = signature.parameters.values()
    required = [parameter for parameter in parameters if parameter.default is parameter.empty]
    return _binds(replacement, [*parameters]) and _binds(replacement, required)


def _binds(replacement: Callable[..., Any], parameters: list[inspect.Parameter]) -> bool:
    placed = [one for one in parameters if one.kind in (one.POSITIONAL_ONLY, one.POSITIONAL_OR_KEYWORD)]
    named = {one.name: one for one in parameters if one.kind is one.KEYWORD_ONLY}
    try:
        inspect.signature(replacement).bind(*placed, **named)
    except TypeError:
        return False
    return True
