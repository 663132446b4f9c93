"""What the run under force takes for a right end: everything else is found."""

import json
import random
from dataclasses import replace
from typing import Any

import pytest

from emulator.state_machine import Seen
from proof.chaos import outcomes, texts
from proof.chaos.ledger import FanIn
from proof.chaos.outcomes import World

JOB = "20260131T235959Z-0123456789ab"
TEXT = texts.write("text.txt", 2, random.Random(1))
WAITS = "arn:aws:states:::lambda:invoke.waitForTaskToken"
REASON = "chunk 00000001: RuntimeError: it burnt"


def entered(name: str) -> dict[str, Any]:
    carried = {"split": {"job": {"job": JOB, "fanin": JOB, "chunks": 2, "tolerated": 0, "round": 0}}}
    return {"stateEnteredEventDetails": {"name": name, "input": json.dumps(carried)}, "type": "TaskStateEntered"}


def answered() -> dict[str, Any]:
    return {"taskSucceededEventDetails": {"resource": WAITS}, "type": "TaskSucceeded"}


def succeeded(**output: Any) -> Seen:
    content = {
        "job": JOB,
        "chunks": 2,
        "failed": 0,
        "result": {"bucket": "b", "key": f"merged/text.txt/{JOB}"},
        **output,
    }
    description = {"status": "SUCCEEDED", "name": "x", "output": json.dumps(content)}
    return Seen(description, [entered("AwaitChunks"), answered(), entered("Merge")])


def failed(error: str = "ChunksFailed", last: str = "FailStateEntered") -> Seen:
    description = {"status": "FAILED", "name": "x", "error": error, "cause": "1 of 2 chunks failed"}
    return Seen(description, [entered("AwaitChunks"), {**entered("Failed"), "type": last}])


def fan_in(**failures: dict[str, Any]) -> FanIn:
    top = {"total": {"N": "2"}, "groups": {"N": "1"}, "tolerated": {"N": "0"}, "full": {"NS": ["0"]}, **failures}
    group = {"size": {"N": "2"}, "done": {"NS": ["0"]}, "failed": {"NS": ["1"]}, "reason_1": {"S": REASON}}
    return FanIn(JOB, JOB, top, {0: group})


def world(**failures: Any) -> World:
    report = {"error": "ChunksFailed", "cause": "1 of 2 chunks failed", "failed": [REASON], "without_result": [1]}
    results = {f"results/{JOB}/{index:08d}" for index in range(1 if failures else 2)}
    reports = {"failures/text.txt/x.json": json.dumps(report).encode()}
    return World({JOB: fan_in(**failures)}, results, {f"merged/text.txt/{JOB}": TEXT.merged}, reports)


GOOD, BAD = world(), world(failed={"NS": ["1"]})


def wrong(seen: Seen, there: World) -> str:
    return "; ".join(outcomes.wrong_ends(TEXT, [seen], there))


def test_a_success_that_the_ledger_implies_is_right() -> None:
    assert wrong(succeeded(), GOOD) == ""
    assert not outcomes.wrong_result(TEXT, succeeded(), GOOD)


def test_a_failure_that_the_ledger_implies_is_right() -> None:
    assert wrong(failed(), BAD) == ""


def test_a_document_has_one_execution() -> None:
    assert outcomes.wrong_ends(TEXT, [], GOOD) == ["text.txt has 0 executions"]
    assert outcomes.wrong_ends(TEXT, [succeeded(), succeeded()], GOOD) == ["text.txt has 2 executions"]


def test_a_merged_result_with_another_byte_is_wrong() -> None:
    there = replace(GOOD, merged={f"merged/text.txt/{JOB}": TEXT.merged + b" "})
    assert outcomes.wrong_result(TEXT, succeeded(), there)
    assert outcomes.wrong_result(TEXT, succeeded(), replace(GOOD, merged={}))


@pytest.mark.parametrize(
    ("seen", "there", "said"),
    [
        (succeeded(failed=1), GOOD, "its output is"),
        (succeeded(chunks=3), GOOD, "its output is"),
        (succeeded(job="another"), GOOD, "its output is"),
        (Seen(succeeded().description, [*succeeded().events, answered()]), GOOD, "answered with success 2 times"),
        (succeeded(), replace(BAD, objects=GOOD.objects), "does not imply that"),
        (succeeded(), replace(GOOD, objects=BAD.objects), r"chunks have no result: [1]"),
        (failed("ResultsMissing"), BAD, "it has failed with ResultsMissing"),
        (failed(last="TaskStateEntered"), BAD, "it has failed with ChunksFailed"),
        (failed(), replace(BAD, fanins=GOOD.fanins), "does not imply that"),
        (failed(), replace(BAD, reports={}), "its report says None"),
        (failed(), replace(BAD, reports={"failures/text.txt/x.json": b'{"failed": ["another"]}'}), "its report names"),
        (failed(), replace(BAD, objects=set()), "not all chunks without a result"),
        (Seen({"status": "RUNNING"}, []), GOOD, "it is RUNNING"),
        (Seen({"status": "TIMED_OUT"}, []), GOOD, "it is TIMED_OUT"),
    ],
)
def test_any_other_end_is_wrong(seen: Seen, there: World, said: str) -> None:
    assert said in wrong(seen, there)
