"""The sweeper on the local AWS: what it finds it mends, long before a round would.

Its instance's first round lasts ten minutes. Nobody waits for the schedule: the function is invoked. That it closes
what nobody waits for is among the scenarios of ``grants``: the local AWS keeps the token of an execution that was
stopped.
"""

import json
import time
from typing import Any

from sfn_callback.log_events import LogEvent
from tests.e2e.conftest import Instance, Stack, wait_for
from tests.e2e.support.faults import silent, unable

GOOD = b"one two\n\n!sleep 0\nthree\n\nfour five six\n"
QUIET_SECONDS = 1
DELIVER = ("process", "await_chunks")


def swept(instance: Instance) -> dict[str, Any]:
    """Have it sweep what is not young any more; return what it found."""
    time.sleep(QUIET_SECONDS)
    name = instance.outputs["function_names"]["sweep"]
    found: dict[str, Any] = json.load(instance.functions.invoke(FunctionName=name, Payload=b"{}")["Payload"])
    return found


def await_chunks(instance: Instance, execution: str) -> None:
    """Wait until the execution's token is in the ledger."""
    fanin = fanin_of(instance, execution)
    wait_for(lambda: any(line.get("fanin") == fanin for line in instance.logged("await_chunks", fanin)))


def fanin_of(instance: Instance, execution: str) -> str:
    """Return the execution's fan-in, as soon as its state waits."""
    wait_for(lambda: instance.seen(execution).states.count("AwaitChunks"))
    exited = [event.get("stateExitedEventDetails", {}) for event in instance.seen(execution).events]
    (fanin,) = {
        json.loads(state["output"])["split"]["job"]["fanin"] for state in exited if state.get("name") == "Split"
    }
    return str(fanin)


def test_lost_events_are_made_up_for_by_the_sweeper(operated: Instance) -> None:
    with silent(operated):
        execution = operated.dropped("swept-lost.txt", GOOD)
        await_chunks(operated, execution)
        found = swept(operated)
        assert (found["redriven"], found["oldest_seconds"] >= 0, found["complete"]) == (0, True, True)
        assert swept(operated)["redriven"] == 1
        ended = operated.ended(execution)
    assert (ended.status, ended.states.count("AwaitChunks"), ended.resumed) == ("SUCCEEDED", 1, 1)
    assert operated.merged(ended)["words"] == 6


def test_verdicts_that_were_not_delivered_are_sent_by_the_sweeper(stack: Stack, operated: Instance) -> None:
    with unable(stack, operated, *DELIVER, to="Resume"):
        execution = operated.dropped("swept-undelivered.txt", GOOD)
        # Whoever sees that all are done: the last chunk's processor, or what hands over the token.
        wanted = {"event": LogEvent.VERDICT_NOT_DELIVERED, "fanin": fanin_of(operated, execution)}
        wait_for(lambda: [one for who in DELIVER for one in operated.logged(who) if wanted.items() <= one.items()])
    assert swept(operated)["resent"] == 1
    assert operated.ended(execution).status == "SUCCEEDED"
