"""The stack is destroyed, after all other tests have used it."""

from tests.e2e.conftest import Stack
from tests.e2e.support.lifecycle import left


def test_destroying_leaves_nothing(stack: Stack) -> None:
    # It is as test_plan.py has just seen it.
    stack.root.destroy(looking_first=False)
    assert left(stack.local) == {}
