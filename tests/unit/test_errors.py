import inspect
from typing import Any

from sfn_callback import errors

FOUND: list[Any] = [kind for _, kind in inspect.getmembers(errors, inspect.isclass)]


def test_the_docstring_draws_the_whole_tree() -> None:
    drawn = errors.__doc__ or ""
    assert [kind.__name__ for kind in FOUND if kind.__name__ not in drawn] == []


def test_what_the_tree_marks_as_retry_is_what_can_be_retried() -> None:
    marked = {
        line.split("──")[1].split()[0] for line in (errors.__doc__ or "").splitlines() if line.endswith("(retry)")
    }
    assert marked == {kind.__name__ for kind in FOUND if kind.retry}


def test_every_error_is_one_of_ours() -> None:
    assert all(issubclass(kind, errors.CallbackError) for kind in FOUND)
