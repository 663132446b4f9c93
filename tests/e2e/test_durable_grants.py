"""Each grant on durable functions is needed by who answers them: taken away, the smallest run of it fails."""

from collections.abc import Iterator

import pytest

from tests.e2e.conftest import Stack
from tests.e2e.support import scenarios_durable as scenarios
from tests.e2e.support.durable import Durable, durable
from tests.e2e.support.grants import Scenario
from tests.e2e.support.standins import StandIn
from tests.e2e.support.workbench import Missing

__all__ = ["durable"]

ANSWER = ("process", "chunk_failed", "await_chunks", "ask", "page", "queue_worker", "dead_letter", "sweep")


@pytest.fixture(scope="module")
def bench(stack: Stack, durable: Durable) -> Iterator[scenarios.DurableBench]:
    made = scenarios.DurableBench(stack.local, durable)
    yield made
    made.close()


@pytest.fixture(scope="module")
def stand_ins(stack: Stack, bench: scenarios.DurableBench) -> Iterator[dict[str, StandIn]]:
    """A stand-in for each function that may answer durable functions."""
    made: dict[str, StandIn] = {}
    for name in ("durable", "queue", "unlucky"):
        instance = stack.instances[name]
        for handler in set(instance.outputs["function_names"]) - set(made):
            made[handler] = StandIn(bench, instance, handler)
    yield made
    for stand_in in made.values():
        stand_in.delete()


@pytest.mark.parametrize(
    ("handler", "scenario", "grants"),
    [
        pytest.param(handler, scenario, grants, id=f"{handler}-{scenario.__name__}")
        for handler in ANSWER
        for scenario, grants in scenarios.rows(handler)
    ],
)
def test_who_answers_needs_each_grant_on_durable_functions(
    stand_ins: dict[str, StandIn], handler: str, scenario: Scenario, grants: list[str]
) -> None:
    on = stand_ins[handler]
    for grant in grants:
        with on.without(grant), pytest.raises(Missing):
            scenario(on)
            pytest.fail(f"it needs no {grant}")
    scenario(on)


def test_every_grant_on_durable_functions_has_a_run(stand_ins: dict[str, StandIn]) -> None:
    granted = {
        handler: {grant for grant in on.grants if "DurableExecution" in grant} for handler, on in stand_ins.items()
    }
    needed = {handler: {grant for _, grants in scenarios.rows(handler) for grant in grants} for handler in ANSWER}
    assert {handler: grants for handler, grants in granted.items() if grants} == needed
