"""The sweeper on the local AWS: what it finds it mends, long before a round would.

Its instance's first round lasts ten minutes. Nobody waits for the schedule: the function is invoked. That it closes
what nobody waits for is among the scenarios of ``grants``: the local AWS keeps the token of an execution that was
stopped.
"""

import json
import time
from typing import Any

import pytest

from tests.e2e.breaking import silent, unable
from tests.e2e.conftest import Instance, Stack, wait_for

GOOD = b"one two\n\n!sleep 0\nthree\n\nfour five six\n"
LATE = b"one two\n\n!sleep 8\nthree\n\nfour five six\n"
"""Its last chunk ends when the machine waits: so it is the processor that sees that all are done."""
QUIET_SECONDS = 1


@pytest.fixture(scope="module")
def operated(stack: Stack) -> Instance:
    return stack.instances["operated"]


def swept(instance: Instance) -> dict[str, Any]:
    """Have it sweep; return what it found."""
    name = instance.outputs["function_names"]["sweep"]
    found: dict[str, Any] = json.load(instance.functions.invoke(FunctionName=name, Payload=b"{}")["Payload"])
    return found


def await_chunks(instance: Instance, execution: str) -> None:
    """Wait until the execution's token is in the ledger."""
    wait_for(lambda: instance.seen(execution).entered("AwaitChunks"))
    jobs = [event.get("stateExitedEventDetails", {}) for event in instance.seen(execution).events]
    (fanin,) = {json.loads(job["output"])["job"]["fanin"] for job in jobs if job.get("name") == "Split"}
    wait_for(lambda: any(line.get("fanin") == fanin for line in instance.logged("await_chunks")))


def test_lost_events_are_made_up_for_by_the_sweeper(operated: Instance) -> None:
    with silent(operated):
        execution = operated.dropped("swept-lost.txt", GOOD)
        await_chunks(operated, execution)
        found = swept(operated)
        assert (found["redriven"], found["oldest_seconds"] >= 0, found["complete"]) == (0, True, True)
        time.sleep(QUIET_SECONDS)
        assert swept(operated)["redriven"] == 1
        ended = operated.ended(execution)
    assert (ended.status, ended.entered("AwaitChunks"), ended.resumed()) == ("SUCCEEDED", 1, 1)
    assert operated.merged(ended)["words"] == 6


def test_verdicts_that_were_not_delivered_are_sent_by_the_sweeper(stack: Stack, operated: Instance) -> None:
    with unable(stack, operated, "process", "chunk_failed", "await_chunks", to="Resume"):
        execution = operated.dropped("swept-undelivered.txt", LATE)
        await_chunks(operated, execution)
        wait_for(lambda: any(line["message"] == "verdict not delivered" for line in operated.logged("process")))
    assert swept(operated)["resent"] == 1
    assert operated.ended(execution).status == "SUCCEEDED"
