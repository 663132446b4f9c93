"""The stack as Terraform sees it, after all other tests have used it."""

from tests.e2e.conftest import Stack
from tests.e2e.support.lifecycle import changes


def test_a_second_plan_changes_nothing(stack: Stack) -> None:
    assert changes(stack.root) == []
