"""The table of sizes in docs/design.md: what is as large as it may be passes, and one byte more is refused by name.

Nothing catches an error that Step Functions raises for what a state leaves, so a machine's state has to have room for
the largest error: https://docs.aws.amazon.com/step-functions/latest/dg/concepts-error-handling.html
"""

import json
from collections.abc import Callable
from typing import Any, NoReturn

import pytest

from sfn_callback import contract, entry, resume
from sfn_callback.documents import events, workflow
from sfn_callback.errors import InputInvalid, WorkloadInvalid
from sfn_callback.handlers import merge, record_failure, split
from testing.environment import BUCKET
from testing.task_tokens import MAX_BYTES
from tests.functional.conftest import Deployment
from tests.unit.test_entry import runtime_record

LARGEST_KEY = "documents/" + "\x01" * (1_024 - len("documents/"))
"""Of characters that JSON makes six of."""


def size(value: object) -> int:
    return len(json.dumps(value, ensure_ascii=False).encode())


def filled(most: int, key: str = "documents/d.txt") -> dict[str, Any]:
    """An execution input of exactly so many bytes: with whatever else its caller keeps in it."""
    given = {"bucket": BUCKET, "key": key, "options": {"o": "x" * (events.MAX_OPTIONS - 9)}, "else": ""}
    given["else"] = "x" * (most - size(given))
    assert size(given) == most
    return given


def caught(handler: Callable[..., Any]) -> dict[str, Any]:
    """What Catch is given for the largest error of a handler's: Lambda's JSON is the cause."""
    with pytest.raises(Exception) as raised:
        handler({}, None)
    said = {**runtime_record(raised.value), "requestId": "0" * 36}
    return {"Error": said["errorType"], "Cause": json.dumps(said)}


@pytest.fixture
def failure(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """An error of split's with the longest name and the longest message, from the depth of a recursion."""

    def broken(_: object, depth: int = 0) -> NoReturn:
        if depth < 200:
            broken(_, depth + 1)
        raise type("E" * 1_000, (Exception,), {})("\x01" * 1_000_000)

    with monkeypatch.context() as broken_for_now:
        broken_for_now.setattr(events, "document", broken)
        return caught(split.handler)


def test_the_largest_input_leaves_room_for_a_job_and_for_two_errors(failure: dict[str, Any]) -> None:
    given = filled(events.MAX_INPUT, LARGEST_KEY)
    at = events.document(given)
    at = events.DocumentAt("b" * 63, at.key, "v" * 1_024, at.options)
    id_ = "20261231T235959Z-0123456789ab"
    job = events.Job(id_, f"{id_}.{'9' * 12}", 4_000_000, 50_000, 20, at).as_json()
    largest = {**given, "split": {"job": job}, "failure": failure, "unrecorded": failure, "late": failure}
    # Of the three errors there are two at once: MergeLate comes after a timeout, which has no cause.
    assert size(largest) - size(failure) < MAX_BYTES
    assert size(failure) > 20_000, "It is as large as it gets."


def test_a_byte_more_is_refused_before_anything_is_read(deployment: Deployment) -> None:
    deployment.put("documents/d.txt", b"one")
    assert split.handler({"document": filled(events.MAX_INPUT)}, None)["chunks"] == 1
    with pytest.raises(InputInvalid, match=r"The execution's input has 102,401 bytes of JSON; the limit is 102,400"):
        split.handler({"document": filled(events.MAX_INPUT + 1)}, None)


def test_what_a_failed_chunk_says_of_itself_is_small_beside_that(deployment: Deployment) -> None:
    deployment.split("\n\n".join(f"{number}" for number in range(3)).encode())
    for index in range(deployment.job["chunks"]):
        task = events.ChunkTask(deployment.job["job"], index, deployment.job["fanin"], index)
        workflow.chunk_failed([task], "E" * 1_000_000, "\x01" * 1_000_000)
    deployment.await_chunks()
    ((_, kind, said),) = deployment.machine.verdicts
    assert kind == "failure"
    assert size(said) < 4_096


def test_the_largest_failure_is_recorded_and_what_comes_back_fits(
    deployment: Deployment, failure: dict[str, Any]
) -> None:
    state = {**filled(events.MAX_INPUT, LARGEST_KEY), "failure": failure}
    answer = record_failure.handler({"execution": "e" * 80, "state": state}, None)
    assert size({**state, "failure": answer}) < MAX_BYTES
    report = json.loads(deployment.read(answer["Report"]["key"]))
    assert report["cause"] == answer["Cause"] == "\x01" * entry.MAX_MESSAGE


def test_a_failures_cause_has_what_step_functions_takes(deployment: Deployment) -> None:
    resume.fail(deployment.machine.wait("token"), "E" * 300, "\x01" * 40_000)
    ((_, _, said),) = deployment.machine.verdicts
    assert (len(said["error"]), len(said["cause"])) == (resume.MAX_ERROR, resume.MAX_CAUSE)
    # Where Catch puts it in the place of the input, as in the machines of tasks and approvals.
    assert size({"Error": said["error"], "Cause": said["cause"]}) < MAX_BYTES


def beside(count: int) -> dict[str, bytes]:
    return {f"{number:064d}": b"x" for number in range(count)}


@pytest.mark.parametrize(("count", "passes"), [(contract.MAX_BESIDE, True), (contract.MAX_BESIDE + 1, False)])
def test_what_merge_gives_beside_its_result_has_to_fit_the_output(
    deployment: Deployment, monkeypatch: pytest.MonkeyPatch, count: int, passes: bool
) -> None:
    monkeypatch.setattr("sfn_callback.demo.merge", lambda _: contract.Merged(b"whole", beside=beside(count)))
    job = deployment.split(b"one", LARGEST_KEY)
    deployment.deliver_all()
    if passes:
        output = merge.handler({"job": job, "failed": 0}, None)
        assert size(output) < MAX_BYTES
        assert len(output["beside"]) == count
        return
    with pytest.raises(WorkloadInvalid, match=r"returned 41 objects beside its result; at most 40 are allowed"):
        merge.handler({"job": job, "failed": 0}, None)
    assert deployment.keys("merged/") == []
