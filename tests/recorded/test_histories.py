"""Histories, and how executions begin and end."""

import json
import time
from typing import Any

import pytest

from sfn_callback.aws import clients
from sfn_callback.documents import events, workflow
from sfn_callback_operator.jobs import positions
from sfn_callback_operator.jobs.executions import Execution
from testing.events import created
from testing.executions import STATUSES, ExecutionEnded, FakeMachines
from testing.histories import MAX_EVENTS
from tests.recorded.facts import FAKES, HANDLERS, LOCAL, OPERATOR, holds
from tests.tooling.machines import Machines, details, ended, refusal, types

MACHINE = "arn:aws:states:eu-central-1:000000000000:stateMachine:docs-queue"
WAIT = ["TaskStateEntered", "TaskScheduled", "TaskStarted", "TaskSubmitted", "TaskSucceeded", "TaskStateExited"]
ATTEMPT = ["TaskScheduled", "TaskStarted", "TaskSubmitted", "TaskTimedOut"]
SUCCEEDED = ["ExecutionStarted", *WAIT, "ExecutionSucceeded"]
# Whoever begins, and the first state, follow nothing.
PREVIOUS = [0, 0, 2, 3, 4, 5, 6, 7]
TOO_LARGE = "x" * 262_143


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> FakeMachines:
    machines = FakeMachines()
    monkeypatch.setattr(clients, "stepfunctions", lambda: machines)
    return machines


@pytest.fixture
def arn(fake: FakeMachines) -> str:
    """An execution of the fake that has begun."""
    return fake.begin(MACHINE, "run", {})


def kinds(fake: FakeMachines, arn: str) -> list[str]:
    return [event["type"] for event in fake.histories[arn]]


def previous(found: Any) -> list[int]:
    return [event["previousEventId"] for event in found]


@holds("B1", against=FAKES)
def test_the_fake_writes_a_wait_as_aws_does(fake: FakeMachines, arn: str) -> None:
    fake.enter(arn, "Wait", {}, "token")
    fake.end(arn, "SUCCEEDED", output="{}")
    assert kinds(fake, arn) == SUCCEEDED
    assert previous(fake.histories[arn]) == PREVIOUS


@holds("B1", "B3", against=LOCAL)
def test_the_local_aws_writes_a_wait_as_aws_does(machines: Machines) -> None:
    execution = machines.started({"Wait": machines.waiting(TimeoutSeconds=60)})
    token = machines.token()
    machines.client.send_task_success(taskToken=token, output="{}")
    seen = ended(execution)
    assert types(seen) == SUCCEEDED
    assert previous(seen.events) == PREVIOUS
    scheduled = details(seen, "TaskScheduled")
    assert json.loads(scheduled.pop("parameters"))["MessageBody"]["token"] == token
    named = {"resourceType": "sqs", "resource": "sendMessage.waitForTaskToken"}
    assert scheduled == {**named, "region": "eu-central-1", "timeoutInSeconds": 60}
    assert details(seen, "TaskStarted") == named


@holds("B2", against=FAKES)
def test_the_fake_enters_a_state_that_is_tried_again_once(fake: FakeMachines, arn: str) -> None:
    fake.enter(arn, "Wait", {}, "token 0")
    for attempt in (1, 2):
        fake.end_task(arn, "TaskTimedOut")
        fake.schedule(arn, {}, f"token {attempt}")
    fake.end_task(arn, "TaskTimedOut")
    assert kinds(fake, arn) == ["ExecutionStarted", "TaskStateEntered", *ATTEMPT * 3]


@holds("B2", "B4", against=LOCAL)
def test_the_local_aws_enters_a_state_that_is_tried_again_once(machines: Machines) -> None:
    retry = [{"ErrorEquals": ["States.Timeout"], "IntervalSeconds": 1, "BackoffRate": 1, "MaxAttempts": 2}]
    seen = machines.run({"Wait": machines.waiting(TimeoutSeconds=1, Retry=retry)})
    assert types(seen) == ["ExecutionStarted", "TaskStateEntered", *ATTEMPT * 3, "ExecutionFailed"]
    scheduled = [event["taskScheduledEventDetails"] for event in seen.events if event["type"] == "TaskScheduled"]
    assert [json.loads(one["parameters"])["MessageBody"]["attempt"] for one in scheduled] == [0, 1, 2]


@holds("B3", against=OPERATOR)
@holds("B3", against=FAKES)
@pytest.mark.parametrize("service", ["lambda", "sqs", "sns"])
def test_the_operator_finds_the_token_of_each_kind_of_task(fake: FakeMachines, arn: str, service: str) -> None:
    fake.enter(arn, "Wait", {"given": 1}, "token", service=service)
    found = positions.position(Execution(arn, "run", "queue", "RUNNING", fake.now))
    assert (found.state, found.given, found.token) == ("Wait", {"given": 1}, "token")


@holds("B5", against=FAKES)
def test_the_fake_exits_no_state_that_fails(fake: FakeMachines, arn: str) -> None:
    other = fake.begin(MACHINE, "other", {})
    fake.enter(arn, "Failed", {}, kind="Fail")
    fake.enter(other, "Work", {})
    for one in (arn, other):
        fake.end(one, "FAILED", error="E", cause="c")
    assert kinds(fake, arn) == ["ExecutionStarted", "FailStateEntered", "ExecutionFailed"]
    assert kinds(fake, other)[-3:] == ["TaskStarted", "TaskFailed", "ExecutionFailed"]


@holds("B5", against=LOCAL)
def test_the_local_aws_exits_no_state_that_fails(machines: Machines) -> None:
    seen = machines.run({"Failed": {"Type": "Fail", "Error": "E", "Cause": "c"}})
    assert types(seen) == ["ExecutionStarted", "FailStateEntered", "ExecutionFailed"]
    assert details(seen, "ExecutionFailed") == {"error": "E", "cause": "c"}
    execution = machines.started({"Wait": machines.waiting()})
    machines.client.send_task_failure(taskToken=machines.token(), error="E", cause="c")
    assert types(ended(execution))[-2:] == ["TaskFailed", "ExecutionFailed"]


@holds("B6", against=FAKES)
def test_the_fake_ends_a_stopped_execution_from_outside(fake: FakeMachines, arn: str) -> None:
    fake.enter(arn, "Wait", {}, fake.wait("token"))
    fake.stop_execution(executionArn=arn)
    (*_, last) = fake.histories[arn]
    assert (last["type"], last["previousEventId"], last["executionAbortedEventDetails"]) == ("ExecutionAborted", 0, {})
    assert refusal(fake.send_task_failure, taskToken="token") == "TaskTimedOut"


@holds("B6", against=LOCAL)
def test_the_local_aws_ends_a_stopped_execution_from_outside(machines: Machines) -> None:
    execution = machines.started({"Wait": {"Type": "Wait", "Seconds": 1, "End": True}})
    while "WaitStateEntered" not in types(execution.look()):
        time.sleep(0.05)
    machines.client.stop_execution(executionArn=execution.arn)
    time.sleep(1.5)
    (*_, last) = execution.look().events
    assert (last["type"], last["previousEventId"], last["executionAbortedEventDetails"]) == ("ExecutionAborted", 0, {})


@holds("B8", against=FAKES)
def test_the_fakes_reverse_order_is_the_same_page_by_page(fake: FakeMachines, arn: str) -> None:
    for number in range(9):
        fake.enter(arn, f"State{number}", {})
    pages = fake.get_paginator("get_execution_history")
    found = {
        reverse: [
            event["id"]
            for page in pages.paginate(executionArn=arn, reverseOrder=reverse, PaginationConfig={"PageSize": 7})
            for event in page["events"]
        ]
        for reverse in (True, False)
    }
    assert found[True] == found[False][::-1] == [*range(len(fake.histories[arn]), 0, -1)]


@holds("B8", against=LOCAL)
def test_the_local_aws_reverse_order_is_the_same(machines: Machines) -> None:
    seen = machines.run({"A": {"Type": "Pass", "Next": "B"}, "B": {"Type": "Succeed"}})
    arn = seen.description["executionArn"]
    assert machines.client.get_execution_history(executionArn=arn, reverseOrder=True)["events"] == seen.events[::-1]


@holds("B9", against=FAKES)
def test_the_fake_says_nothing_of_an_execution_that_took_too_long(fake: FakeMachines, arn: str) -> None:
    fake.enter(arn, "Wait", {}, fake.wait("token"))
    fake.end(arn, "TIMED_OUT")
    said = fake.describe_execution(executionArn=arn)
    assert {"error", "cause"} & {*said} == set()
    assert (said["status"], said["redriveStatus"], kinds(fake, arn)[-1]) == (
        "TIMED_OUT",
        "REDRIVABLE",
        "ExecutionTimedOut",
    )


@holds("B9", against=LOCAL)
def test_the_local_aws_ends_an_execution_that_takes_too_long(machines: Machines) -> None:
    states = {"Wait": {"Type": "Wait", "Seconds": 3, "Next": "After"}, "After": {"Type": "Succeed"}}
    seen = machines.run(states, TimeoutSeconds=1)
    assert (seen.status, seen.description["redriveStatus"]) == ("TIMED_OUT", "REDRIVABLE")
    assert {"error", "cause", "output"} & {*seen.description} == set()


@holds("B10", against=FAKES)
@pytest.mark.parametrize(("status", "can"), [("FAILED", "REDRIVABLE"), ("SUCCEEDED", "NOT_REDRIVABLE")])
def test_the_fake_says_what_can_be_redriven(fake: FakeMachines, arn: str, status: str, can: str) -> None:
    fake.end(arn, status)
    said = fake.describe_execution(executionArn=arn)
    assert (said["redriveStatus"], said["redriveCount"]) == (can, 0)


@holds("B10", against=LOCAL)
@pytest.mark.parametrize(("kind", "can"), [("Fail", "REDRIVABLE"), ("Succeed", "NOT_REDRIVABLE")])
def test_the_local_aws_says_what_can_be_redriven(machines: Machines, kind: str, can: str) -> None:
    said = machines.run({"End": {"Type": kind}}).description
    assert (said["redriveStatus"], said["redriveCount"]) == (can, 0)


@holds("B11", against=FAKES)
def test_the_fake_knows_six_statuses(fake: FakeMachines) -> None:
    for status in STATUSES:
        assert fake.list_executions(stateMachineArn=MACHINE, statusFilter=status) == {"executions": []}
    assert refusal(fake.list_executions, stateMachineArn=MACHINE, statusFilter="succeeded") == "ValidationException"


def assert_the_last_there_can_be(event: Any) -> None:
    said = (event["id"], event["type"], event["executionFailedEventDetails"]["error"])
    assert said == (MAX_EVENTS, "ExecutionFailed", "States.Runtime")


@holds("B12", against=FAKES)
def test_the_fakes_history_ends_with_its_25_000th_event(fake: FakeMachines, arn: str) -> None:
    fake.enter(arn, "Work", {})
    with pytest.raises(ExecutionEnded):
        while True:
            fake.end_task(arn, "TaskFailed", error="E", cause="c")
            fake.schedule(arn, {})
    (*_, last) = fake.histories[arn]
    assert_the_last_there_can_be(last)


@holds("B12", against=LOCAL)
def test_the_local_aws_history_ends_with_its_25_000th_event(machines: Machines) -> None:
    execution = machines.started({"Again": {"Type": "Pass", "Next": "Again"}})
    while machines.client.describe_execution(executionArn=execution.arn)["status"] == "RUNNING":
        time.sleep(0.2)
    page = machines.client.get_execution_history(executionArn=execution.arn, reverseOrder=True, maxResults=1)
    (last,) = page["events"]
    assert_the_last_there_can_be(last)


@holds("B13", against=HANDLERS)
def test_an_event_that_comes_twice_starts_once(fake: FakeMachines) -> None:
    drops = events.drops(created("documents/a.txt"))
    assert workflow.start(drops) == workflow.start(drops)
    fake.end(next(iter(fake.executions)), "SUCCEEDED")
    workflow.start(drops)
    assert len(fake.executions) == 1


@holds("B13", against=FAKES)
def test_the_fake_starts_an_execution_of_one_name_once(fake: FakeMachines) -> None:
    arn = fake.start_execution(stateMachineArn=MACHINE, name="one", input='{"a": 1}')["executionArn"]
    assert fake.start_execution(stateMachineArn=MACHINE, name="one", input='{"a": 1}')["executionArn"] == arn
    start = fake.start_execution
    assert refusal(start, stateMachineArn=MACHINE, name="one", input='{"a": 2}') == "ExecutionAlreadyExists"
    fake.end(arn, "SUCCEEDED")
    assert refusal(start, stateMachineArn=MACHINE, name="one", input='{"a": 1}') == "ExecutionAlreadyExists"


@holds("B13", against=LOCAL)
def test_the_local_aws_starts_an_execution_of_one_name_once(machines: Machines) -> None:
    given = {"stateMachineArn": machines.made({"Wait": machines.waiting()}), "name": "one"}
    start = machines.client.start_execution
    arn = start(**given, input='{"a": 1}')["executionArn"]
    assert start(**given, input='{"a": 1}')["executionArn"] == arn
    assert refusal(start, **given, input='{"a": 2}') == "ExecutionAlreadyExists"
    machines.client.stop_execution(executionArn=arn)
    assert refusal(start, **given, input='{"a": 1}') == "ExecutionAlreadyExists"


UNKNOWN = [(f"{MACHINE}:no".replace(":stateMachine:", ":execution:"), "ExecutionDoesNotExist"), ("no", "InvalidArn")]


@holds("B14", against=FAKES)
@pytest.mark.parametrize(("given", "named"), UNKNOWN)
def test_the_fake_knows_no_other_execution(fake: FakeMachines, given: str, named: str) -> None:
    for call in (fake.describe_execution, fake.get_execution_history, fake.stop_execution):
        assert refusal(call, executionArn=given) == named


@holds("B14", against=LOCAL)
@pytest.mark.parametrize(("given", "named"), UNKNOWN)
def test_the_local_aws_knows_no_other_execution(machines: Machines, given: str, named: str) -> None:
    client = machines.client
    for call in (client.describe_execution, client.get_execution_history, client.stop_execution):
        assert refusal(call, executionArn=given) == named


@holds("C7b", against=FAKES)
def test_the_fake_goes_on_with_no_output_that_is_too_large(fake: FakeMachines, arn: str) -> None:
    fake.enter(arn, "Work", {})
    with pytest.raises(ExecutionEnded, match="DataLimitExceeded"):
        fake.enter(arn, "Next", TOO_LARGE)
    assert fake.executions[arn]["cause"].startswith("The state/task 'Work' returned a result with a size")
    assert kinds(fake, arn)[-1] == "ExecutionFailed"


@holds("C7b", against=LOCAL)
def test_the_local_aws_goes_on_with_no_output_that_is_too_large(machines: Machines) -> None:
    states = {"Large": {"Type": "Pass", "Result": TOO_LARGE, "Next": "After"}, "After": {"Type": "Succeed"}}
    seen = machines.run(states)
    assert (seen.status, seen.error) == ("FAILED", "States.DataLimitExceeded")
    assert types(seen) == ["ExecutionStarted", "PassStateEntered", "ExecutionFailed"]
    assert seen.description["cause"].startswith("The state/task 'Large' returned a result with a size exceeding")
