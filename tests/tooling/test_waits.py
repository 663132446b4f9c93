"""How a wait for a token ends on the local AWS, where no recording says it."""

import json
import time
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.tooling.machines import Machines, details, ended, refusal, types

CATCH = [{"ErrorEquals": ["States.ALL"], "ResultPath": "$.failure", "Next": "Caught"}]
CAUGHT = {"Caught": {"Type": "Succeed"}}


def test_a_verdict_for_a_stopped_execution_is_refused_and_leaves_it_stopped(machines: Machines) -> None:
    states = {"Wait": machines.waiting(Catch=CATCH, Next="Caught"), **CAUGHT}
    execution = machines.started(states)
    token = machines.token()
    machines.client.stop_execution(executionArn=execution.arn, error="Cancelled", cause="by hand")
    for call, given in (("failure", {"error": "Late"}), ("success", {"output": "1"}), ("heartbeat", {})):
        assert refusal(getattr(machines.client, f"send_task_{call}"), taskToken=token, **given) == "TaskTimedOut"
    time.sleep(0.3)
    seen = execution.look()
    assert (seen.status, seen.error, types(seen)[-1]) == ("ABORTED", "Cancelled", "ExecutionAborted")


def test_a_wait_in_an_execution_that_is_stopped_is_not_tried_again(machines: Machines) -> None:
    retry = [{"ErrorEquals": ["States.ALL"], "IntervalSeconds": 1, "MaxAttempts": 3}]
    execution = machines.started({"Wait": machines.waiting(TimeoutSeconds=2, Retry=retry)})
    machines.token()
    machines.client.stop_execution(executionArn=execution.arn)
    time.sleep(4)
    assert types(execution.look()).count("TaskScheduled") == 1


def test_each_heartbeat_gives_the_wait_as_long_again(machines: Machines) -> None:
    execution = machines.started({"Wait": machines.waiting(HeartbeatSeconds=2)})
    token, began = machines.token(), time.monotonic()
    for _ in range(4):
        time.sleep(0.8)
        machines.client.send_task_heartbeat(taskToken=token)
    assert ended(execution).status == "FAILED"
    assert time.monotonic() - began > 4.5


def test_a_heartbeat_does_not_make_the_time_in_all_longer(machines: Machines) -> None:
    execution = machines.started({"Wait": machines.waiting(HeartbeatSeconds=1, TimeoutSeconds=2)})
    token, began = machines.token(), time.monotonic()
    with pytest.raises(ClientError, match="TaskTimedOut"):
        while time.monotonic() - began < 10:
            machines.client.send_task_heartbeat(taskToken=token)
            time.sleep(0.2)
    assert ended(execution).error == "States.Timeout"


def test_each_attempt_has_a_token_of_its_own(machines: Machines) -> None:
    retry = [{"ErrorEquals": ["States.Timeout"], "IntervalSeconds": 1, "MaxAttempts": 1}]
    execution = machines.started({"Wait": machines.waiting(TimeoutSeconds=1, Retry=retry)})
    first, second = machines.token(), machines.token()
    assert first != second
    assert refusal(machines.client.send_task_success, taskToken=first, output="1") == "TaskTimedOut"
    machines.client.send_task_success(taskToken=second, output="2")
    assert ended(execution).description["output"] == "2"


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"output": json.dumps("é" * 131_071, ensure_ascii=False)}, None),
        ({"output": json.dumps("é" * 131_072, ensure_ascii=False)}, "ValidationException"),
        ({"output": "no JSON"}, "InvalidOutput"),
        ({"error": "e" * 256, "cause": "c" * 32_768}, None),
        ({"error": "e" * 257}, "ValidationException"),
        ({"cause": "c" * 32_769}, "ValidationException"),
    ],
    ids=["largest output", "too large", "no JSON", "longest cause", "error too long", "cause too long"],
)
def test_an_answer_has_the_limits_of_the_documentation(machines: Machines, given: Any, code: str | None) -> None:
    machines.started({"Wait": machines.waiting()})
    token = machines.token()
    call = getattr(machines.client, "send_task_success" if "output" in given else "send_task_failure")
    if code:
        assert refusal(call, taskToken=token, **given) == code
    else:
        call(taskToken=token, **given)


def test_a_state_that_puts_out_too_much_fails_the_execution_whatever_it_catches(machines: Machines) -> None:
    # Half of it is the state's input, and half its result.
    caught = [{"ErrorEquals": ["States.ALL"], "Next": "Caught"}]
    states = {"Wait": machines.waiting(ResultPath="$.result", Catch=caught, Next="Caught"), **CAUGHT}
    execution = machines.started(states, {"given": "x" * 140_000})
    machines.client.send_task_success(taskToken=machines.token(), output=json.dumps("y" * 140_000))
    seen = ended(execution)
    assert (seen.status, seen.error, seen.states) == ("FAILED", "States.DataLimitExceeded", ["Wait"])
    assert details(seen, "ExecutionFailed")["cause"].startswith("The state/task 'Wait' returned a result")


def test_what_is_sent_has_the_same_limit(machines: Machines) -> None:
    sent = {"QueueUrl": machines.url, "MessageBody": {"a.$": "$", "b.$": "$"}}
    seen = machines.run({"Wait": {**machines.waiting(Catch=CATCH), "Parameters": sent}, **CAUGHT}, "x" * 140_000)
    assert (seen.status, seen.error) == ("FAILED", "States.DataLimitExceeded")


def test_an_input_has_a_limit_and_is_json(machines: Machines) -> None:
    arn = machines.made({"End": {"Type": "Succeed"}})
    start = machines.client.start_execution
    largest = json.dumps("é" * 131_071, ensure_ascii=False)
    assert start(stateMachineArn=arn, input=largest)["executionArn"]
    assert refusal(start, stateMachineArn=arn, input=largest + " ") == "ValidationException"
    assert refusal(start, stateMachineArn=arn, input="no JSON") == "InvalidExecutionInput"


def test_the_time_of_the_execution_ends_a_wait_that_has_more(machines: Machines) -> None:
    states = {"Wait": machines.waiting(TimeoutSeconds=60, Catch=CATCH, Next="Caught"), **CAUGHT}
    execution = machines.started(states, TimeoutSeconds=1)
    token = machines.token()
    seen = ended(execution)
    assert (seen.status, types(seen)[-1]) == ("TIMED_OUT", "ExecutionTimedOut")
    assert refusal(machines.client.send_task_success, taskToken=token, output="1") == "TaskTimedOut"
