import copy
import inspect
import multiprocessing
import pickle
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from typing import Any

import pytest

from sfn_callback import errors

FOUND: list[Any] = [
    kind for _, kind in inspect.getmembers(errors, inspect.isclass) if kind.__module__ == errors.__name__
]


def test_every_error_is_one_of_ours() -> None:
    assert len(FOUND) > 20
    assert all(issubclass(kind, errors.CallbackError) for kind in FOUND)


def made(kind: Any) -> errors.CallbackError:
    """Return an error of a kind, with a value for each argument that its class takes."""
    own = inspect.signature(kind.__init__).parameters.values() if inspect.isfunction(kind.__init__) else ()
    names = [each.name for each in own if each.kind is each.POSITIONAL_OR_KEYWORD]
    found: errors.CallbackError = kind(*(f"the {name}" for name in names[1:] or ("why", "how")))
    return found


class OfAWorkload(errors.WorkFailed):
    """One with arguments of its own."""

    def __init__(self, page: int) -> None:
        super().__init__("PageBroken", f"Page {page} is broken.")
        self.page = page


@pytest.mark.parametrize("error", [*map(made, FOUND), errors.AnswerRefused(422, "no", "a", "b"), OfAWorkload(7)])
@pytest.mark.parametrize(
    "again", [copy.copy, copy.deepcopy, *(lambda error, p=p: pickle.loads(pickle.dumps(error, p)) for p in range(6))]
)
def test_every_error_survives_being_pickled_and_copied(error: Any, again: Callable[[Any], Any]) -> None:
    error.add_note("noted")
    found = again(error)
    assert type(found) is type(error)
    assert (str(found), found.args, vars(found)) == (str(error), error.args, vars(error))


def fail_in_another_process() -> None:
    raise errors.WorkFailed("TooLong", "Only 1,000 pages fit.")


def test_an_error_of_another_process_is_the_same_here() -> None:
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        problem = pool.submit(fail_in_another_process).exception()
    assert isinstance(problem, errors.WorkFailed)
    assert (problem.error, str(problem)) == ("TooLong", "Only 1,000 pages fit.")
