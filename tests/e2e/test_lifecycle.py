"""The stack as Terraform sees it, after all other tests have used it."""

from tests.e2e.conftest import Stack
from tests.e2e.support.lifecycle import changes, left


def test_a_second_plan_changes_nothing(stack: Stack) -> None:
    assert changes(stack.root) == []


def test_destroying_leaves_nothing(stack: Stack) -> None:
    stack.root.destroy()
    assert left(stack.local) == {}
