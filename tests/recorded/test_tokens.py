"""Task tokens and their answers."""

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from emulator.aws import LocalAws
from sfn_callback import resume
from sfn_callback.errors import TokenInvalid
from sfn_callback.resume import Delivery
from testing.executions import FakeMachines
from testing.task_tokens import FakeStepFunctions
from tests.recorded.facts import FAKES, HANDLERS, LOCAL, holds
from tests.tooling.machines import Machines, details, ended, types

MACHINE = "arn:aws:states:eu-central-1:000000000000:stateMachine:docs-queue"
CATCH = [{"ErrorEquals": ["States.ALL"], "ResultPath": "$.failure", "Next": "Caught"}]
CAUGHT = {"Caught": {"Type": "Succeed"}}
VERDICTS: list[tuple[str, dict[str, str]]] = [("success", {"output": "1"}), ("failure", {"error": "E", "cause": "c"})]


def refused(client: Any, kind: str, token: str, said: dict[str, str]) -> tuple[str, str]:
    """The code and the message that a verdict is answered with."""
    with pytest.raises(ClientError) as raised:
        getattr(client, f"send_task_{kind}")(taskToken=token, **said)
    error = raised.value.response["Error"]
    return error["Code"], error["Message"]


def caught(machines: Machines, **said: str) -> tuple[Any, Any]:
    """What a Catch is given of a failure, and the event's details."""
    execution = machines.started({"Wait": machines.waiting(Catch=CATCH, Next="Caught"), **CAUGHT})
    machines.client.send_task_failure(taskToken=machines.token(), **said)
    seen = ended(execution)
    failed = details(seen, "TaskFailed")
    told = {name: value for name, value in failed.items() if name in ("error", "cause")}
    return json.loads(seen.description["output"])["failure"], told


@pytest.fixture
def waiting(machine: FakeStepFunctions) -> str:
    return machine.wait("token")


@holds("A1", against=HANDLERS)
def test_what_is_no_token_is_an_error_of_the_callers(machine: FakeStepFunctions) -> None:
    machine.refusals = ["InvalidToken"]
    with pytest.raises(TokenInvalid):
        resume.succeed("NoSuchToken", 1)


@holds("A1", against=FAKES)
@pytest.mark.parametrize(("kind", "said"), VERDICTS)
def test_the_fake_takes_nothing_for_what_is_no_token(
    machine: FakeStepFunctions, kind: str, said: dict[str, str]
) -> None:
    assert refused(machine, kind, "NoSuchToken", said)[0] == "InvalidToken"


@holds("A1", against=LOCAL)
@pytest.mark.parametrize(("kind", "said"), VERDICTS)
def test_the_local_aws_takes_nothing_for_what_is_no_token(local_aws: LocalAws, kind: str, said: dict[str, str]) -> None:
    client = local_aws.client("stepfunctions")
    expected = ("InvalidToken", "Invalid Token: 'Invalid token'")
    assert refused(client, kind, "NoSuchToken", said) == expected


@holds("A2", against=HANDLERS)
def test_whoever_answers_after_the_timeout_is_late(machine: FakeStepFunctions, waiting: str) -> None:
    machine.time_out(waiting)
    assert resume.fail(waiting, "E", "c") is Delivery.ALREADY_CLOSED


@holds("A2", against=FAKES)
def test_the_fake_takes_nothing_after_the_timeout(machine: FakeStepFunctions, waiting: str) -> None:
    machine.time_out(waiting)
    assert refused(machine, "failure", waiting, {})[0] == "TaskTimedOut"


@holds("A2", "A9", against=LOCAL)
def test_the_local_aws_takes_nothing_after_the_timeout_and_tells_no_cause_of_it(machines: Machines) -> None:
    states = {"Wait": machines.waiting(TimeoutSeconds=1, Catch=CATCH, Next="Caught"), **CAUGHT}
    execution = machines.started(states)
    seen = ended(execution)
    assert json.loads(seen.description["output"])["failure"] == {"Error": "States.Timeout", "Cause": ""}
    assert details(seen, "TaskTimedOut").keys() == {"resourceType", "resource", "error"}
    expected = ("TaskTimedOut", "Task Timed Out: 'Provided task does not exist anymore'")
    assert refused(machines.client, "failure", machines.token(), {}) == expected


@holds("A3", against=HANDLERS)
def test_a_second_verdict_is_late(machine: FakeStepFunctions, waiting: str) -> None:
    assert [resume.succeed(waiting, 1), resume.fail(waiting, "E", "c")] == [Delivery.ACCEPTED, Delivery.ALREADY_CLOSED]


@holds("A3", against=FAKES)
def test_the_fake_takes_one_verdict(machine: FakeStepFunctions, waiting: str) -> None:
    machine.send_task_success(taskToken=waiting, output="1")
    assert refused(machine, "failure", waiting, {})[0] == "TaskTimedOut"


@holds("A3", "A6", against=LOCAL)
@pytest.mark.parametrize("output", ['"a text"', "null", "3.5", '{"a": [1]}'])
def test_the_local_aws_takes_one_verdict_which_is_the_result(machines: Machines, output: str) -> None:
    execution = machines.started({"Wait": machines.waiting()})
    token = machines.token()
    machines.client.send_task_success(taskToken=token, output=output)
    assert refused(machines.client, "success", token, {"output": "1"})[0] == "TaskTimedOut"
    assert json.loads(ended(execution).description["output"]) == json.loads(output)


@holds("A6", against=FAKES)
@pytest.mark.parametrize("output", ['"a text"', "null", "3.5", '{"a": [1]}'])
def test_the_fake_takes_any_value_for_a_result(machine: FakeStepFunctions, waiting: str, output: str) -> None:
    machine.send_task_success(taskToken=waiting, output=output)
    assert machine.verdicts == [(waiting, "success", json.loads(output))]


SAID = [{}, {"error": "My Error"}, {"cause": "why"}, {"error": "My Error", "cause": "why"}]


@holds("A4", "A5", against=FAKES)
@pytest.mark.parametrize("said", SAID)
def test_the_fake_takes_a_failure_as_it_is_sent(machine: FakeStepFunctions, waiting: str, said: dict[str, str]) -> None:
    machine.send_task_failure(taskToken=waiting, **said)
    assert machine.verdicts == [(waiting, "failure", said)]


@holds("A4", "A5", against=LOCAL)
@pytest.mark.parametrize("said", SAID)
def test_the_local_aws_catches_a_failure_as_it_was_sent(machines: Machines, said: dict[str, str]) -> None:
    given, told = caught(machines, **said)
    assert given == {"Error": said.get("error"), "Cause": said.get("cause")}
    assert told == said


@holds("A4", "A5", against=LOCAL)
@pytest.mark.parametrize("said", SAID)
def test_the_local_aws_ends_with_a_failure_as_it_was_sent(machines: Machines, said: dict[str, str]) -> None:
    execution = machines.started({"Wait": machines.waiting()})
    machines.client.send_task_failure(taskToken=machines.token(), **said)
    seen = ended(execution)
    assert {name: seen.description[name] for name in ("error", "cause") if name in seen.description} == said
    assert details(seen, "ExecutionFailed") == said


@holds("A7", against=FAKES)
def test_the_fake_notes_no_heartbeat_in_the_history() -> None:
    fake = FakeMachines()
    arn = fake.begin(MACHINE, "run", {})
    fake.enter(arn, "Wait", {}, fake.wait("token"))
    before = len(fake.histories[arn])
    fake.send_task_heartbeat(taskToken="token")
    assert len(fake.histories[arn]) == before


@holds("A7", against=LOCAL)
def test_the_local_aws_notes_no_heartbeat_in_the_history(machines: Machines) -> None:
    execution = machines.started({"Wait": machines.waiting(HeartbeatSeconds=5)})
    token = machines.token()
    for _ in range(3):
        machines.client.send_task_heartbeat(taskToken=token)
    machines.client.send_task_success(taskToken=token, output="1")
    assert [kind for kind in types(ended(execution)) if "eart" in kind] == []


@holds("A8", "A9", against=FAKES)
def test_the_fake_says_of_a_timeout_its_name_only() -> None:
    fake = FakeMachines()
    arn = fake.begin(MACHINE, "run", {})
    fake.enter(arn, "Wait", {}, "token")
    fake.end_task(arn, "TaskTimedOut")
    (*_, event) = fake.histories[arn]
    named = {"resourceType": "lambda", "resource": "invoke.waitForTaskToken"}
    assert event["taskTimedOutEventDetails"] == {**named, "error": "States.Timeout"}


@holds("A8", against=LOCAL)
@pytest.mark.parametrize("limits", [{}, {"TimeoutSeconds": 60}])
def test_the_local_aws_ends_a_wait_without_heartbeats(machines: Machines, limits: dict[str, int]) -> None:
    seen = machines.run({"Wait": machines.waiting(HeartbeatSeconds=1, **limits)})
    assert (seen.status, seen.error, seen.description.get("cause")) == ("FAILED", "States.Timeout", None)
    assert details(seen, "TaskTimedOut")["error"] == "States.Timeout"
    assert details(seen, "ExecutionFailed") == {"error": "States.Timeout"}
    assert details(seen, "TaskScheduled")["heartbeatInSeconds"] == 1


@holds("A10", against=LOCAL)
def test_the_local_aws_waits_for_a_token_that_nobody_has(machines: Machines) -> None:
    sent = {"QueueUrl": machines.url, "MessageBody": {"no": "token"}}
    seen = machines.run({"Wait": {**machines.waiting(TimeoutSeconds=1), "Parameters": sent}})
    assert (seen.status, seen.error) == ("FAILED", "States.Timeout")


@holds("A11", against=LOCAL)
def test_the_local_aws_has_a_token_for_each_task(machines: Machines) -> None:
    execution = machines.started({"First": machines.waiting(Next="Second"), "Second": machines.waiting()})
    tokens = []
    for _ in range(2):
        tokens.append(machines.token())
        machines.client.send_task_success(taskToken=tokens[-1], output="{}")
    assert ended(execution).status == "SUCCEEDED"
    assert len({*tokens}) == 2
