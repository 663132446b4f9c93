"""What the local AWS does not ask a machine's role for: tests/module/test_roles.py has what AWS asks it for."""

from collections.abc import Iterator

import pytest

from tests.e2e.conftest import Stack
from tests.e2e.support.workbench import Workbench
from tests.e2e.support.workers import DONE, WORKERS


@pytest.fixture(scope="module")
def bench(stack: Stack) -> Iterator[Workbench]:
    made = Workbench(stack.local)
    yield made
    made.close()


@pytest.mark.parametrize("workflow", WORKERS)
def test_the_local_aws_asks_a_machine_for_nothing(stack: Stack, bench: Workbench, workflow: str) -> None:
    assert bench.status_without_permissions(stack.instances[workflow].machine, DONE) == "SUCCEEDED"
