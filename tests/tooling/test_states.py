"""``make test-states``: its requests are AWS's, and what goes elsewhere than a definition says is seen.

AWS is a fake here: botocore's model of TestState, an interpreter of Next, Catch and Retry, and the refusals that
LocalStack recorded of AWS: https://github.com/localstack/localstack/tree/main/tests/aws/services/stepfunctions/v2/test_state
"""

import copy
import json
import os
import re
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import botocore.session
import pytest
from botocore.exceptions import ClientError, EndpointConnectionError
from botocore.validate import ParamValidator

from sfn_callback_operator.rate_limit import Pace
from tests.module.failures import State, ending
from tests.module.machines import FRAGMENTS, MACHINES
from tests.readme import ROOT
from tests.states.__main__ import REFUSALS, main, run
from tests.states.cases import every, of

TEST_STATE: Any = botocore.session.Session().get_service_model("stepfunctions").operation_model("TestState")


class Engine:
    """Step Functions, as far as TestState shows it."""

    def __init__(self) -> None:
        self.meta = SimpleNamespace(endpoint_url="https://states.invalid")
        self.asked: list[State] = []

    def test_state(self, **request: Any) -> State:
        """Answer as AWS does, or refuse."""
        assert ParamValidator().validate(request, TEST_STATE.input_shape).generate_report() == ""
        self.asked.append(request)
        definition, given = json.loads(request["definition"]), json.loads(request["input"])
        state, mock = definition["States"][request["stateName"]], request.get("mock")
        refuse_if(not targets(definition) <= names(definition), "InvalidDefinition", "MISSING_TARGET")
        refuse_if((mock is not None) != (state["Type"] in ("Task", "Map")), "ValidationException", "a mock, or none")
        if mock is None:
            answer = self.alone(state, given)
        else:
            context, waits = json.loads(request["context"]), re.search("sync|Token", state.get("Resource", ""))
            refuse_if(("Task" in context) != bool(waits), "ValidationException", "a token, or none")
            own = {"Name": request["stateName"], **context["State"]}
            reads(state.get("Parameters", {}), given, context | {"State": own})
            if "result" in mock:
                answer = self.succeeds(state, json.loads(mock["result"]))
            else:
                answer = self.fails(state, given, mock["errorOutput"], request.get("stateConfiguration", {}))
        assert set(answer) <= set(TEST_STATE.output_shape.members)
        return answer

    @staticmethod
    def alone(state: State, given: State) -> State:
        if state["Type"] == "Fail":
            error, cause = ending(state, given)
            # https://docs.aws.amazon.com/step-functions/latest/dg/transforming-data.html
            unsaid = {"status": "FAILED", "error": "States.QueryEvaluationError", "cause": "it is undefined"}
            return {"status": "FAILED", "error": error, "cause": cause} if error and cause else unsaid
        target = state.get("Next")
        for rule in state.get("Choices", []):
            below = found(rule["Variable"], given) < rule["NumericLessThan"]
            target = rule["Next"] if below else state["Default"]
        return {"status": "SUCCEEDED"} | ({"nextState": target} if target else {})

    @staticmethod
    def succeeds(state: State, result: Any) -> State:
        refuse_if(state["Type"] == "Map" and not isinstance(result, list), "ValidationException", "must be an array")
        reads(state.get("ResultSelector", {}), result, {})
        if "ResultPath" not in state and state.get("OutputPath"):
            found(state["OutputPath"], result)
        return {"status": "SUCCEEDED", "output": "{}"} | ({"nextState": state["Next"]} if "Next" in state else {})

    @staticmethod
    def fails(state: State, given: State, mocked: State, configuration: State) -> State:
        error, fields = mocked["error"], {"Error": mocked["error"], "Cause": mocked.get("cause")}
        for index, retrier in enumerate(state.get("Retry", [])):
            if error in retrier["ErrorEquals"]:
                if configuration.get("retrierRetryCount", 0) < retrier["MaxAttempts"]:
                    return {"status": "RETRIABLE", "error": error, "inspectionData": details("retryIndex", index)}
                break
        for index, catcher in enumerate(state.get("Catch", [])):
            if error in catcher["ErrorEquals"] or catcher["ErrorEquals"] == ["States.ALL"]:
                path = catcher.get("ResultPath", "$").removeprefix("$").removeprefix(".")
                output = json.dumps({**given, path: fields} if path else fields)
                answer = {"status": "CAUGHT_ERROR", "error": error, "nextState": catcher["Next"], "output": output}
                return answer | {"inspectionData": details("catchIndex", index)}
        return {"status": "FAILED", "error": error}


def details(name: str, index: int) -> State:
    return {"errorDetails": {name: index}}


def refuse_if(wrong: bool, code: str, message: str) -> None:
    if wrong:
        raise ClientError({"Error": {"Code": code, "Message": message}}, "TestState")


def targets(machine: State) -> set[str]:
    return set(re.findall(r'"(?:Next|Default|StartAt)": "(\w+)"', json.dumps(machine)))


def states(machine: State) -> Iterator[tuple[str, State]]:
    for name, state in machine["States"].items():
        yield name, state
        yield from states(state.get("ItemProcessor", {"States": {}}))


def names(machine: State) -> set[str]:
    return {name for name, _ in states(machine)}


def reads(template: Any, given: Any, context: State) -> None:
    """Fail unless all is there that a template of JSONPath reads."""
    for name, value in template.items():
        if isinstance(value, dict):
            reads(value, given, context)
        elif name.endswith(".$"):
            for path in re.findall(r"\$[$.\w]*", value):
                found(path.removeprefix("$"), context if path.startswith("$$") else given)


def found(path: str, given: Any) -> Any:
    for name in path.split(".")[1:]:
        given = given[name]
    return given


class NoWait(Pace):
    """A pace that counts, and does not wait."""

    def __init__(self) -> None:
        self.times = 0

    def wait(self) -> None:
        self.times += 1


def test_every_state_goes_where_its_definition_says(capsys: pytest.CaptureFixture[str]) -> None:
    engine, pace = Engine(), NoWait()
    assert run(engine, every(), pace) == 0
    said = capsys.readouterr().out
    assert said.startswith(f"{len(engine.asked)} calls of TestState at https://states.invalid, 10 a second at most.")
    assert "They cost nothing" in said
    assert pace.times == len(engine.asked)


def test_every_state_catch_and_retry_is_asked_about() -> None:
    seen = {(case.machine, case.state, name, value) for case in every() for name, value in case.expected.items()}
    own = [(name, *one) for name, machine in MACHINES.items() for one in states(machine)]
    for workflow, name, state in own:
        wanted: list[tuple[str, object]] = [("catchIndex", index) for index in range(len(state.get("Catch", [])))]
        wanted += [("retryIndex", index) for index in range(len(state.get("Retry", [])))]
        wanted += [("status", "FAILED" if state["Type"] == "Fail" else "SUCCEEDED")]
        assert {(workflow, name, *one) for one in wanted} <= seen
    for name, kinds in FRAGMENTS.items():
        for kind, state in kinds.items():
            assert {(f"{name}, {kind}", "Wait", "retryIndex", index) for index in range(len(state["Retry"]))} <= seen


def catches(of: State) -> Any:
    return of["AwaitWorker"]["Catch"]


def retries(of: State) -> Any:
    return of["AwaitWorker"]["Retry"]


BROKEN: dict[str, tuple[Callable[[State], object], str]] = {
    "no such state": (lambda of: catches(of)[1].update(Next="Nowhere"), "MISSING_TARGET"),
    "States.ALL first": (lambda of: catches(of).reverse(), '"catchIndex": 0'),
    "an error in two": (lambda of: catches(of).insert(0, catches(of)[0] | {"Next": "WorkerFailed"}), "Catch 1"),
    "no attempt": (lambda of: retries(of)[1].update(MaxAttempts=0), '"CAUGHT_ERROR"'),
    "a Retry twice": (lambda of: retries(of).insert(0, retries(of)[2]), '"retryIndex": 0'),
}


@pytest.mark.parametrize(("breaks", "told"), BROKEN.values(), ids=BROKEN)
def test_a_definition_that_does_not_do_what_it_says_fails(
    breaks: Callable[[State], object], told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    machine = copy.deepcopy(MACHINES["queue"])
    breaks(machine["States"])
    assert run(Engine(), of("it", machine), NoWait()) == 1
    assert told in capsys.readouterr().out


class Astray(Engine):
    """An engine that makes another text of a missing cause than the Fail states' evaluator here."""

    @staticmethod
    def alone(state: State, given: State) -> State:
        answer = Engine.alone(state, given)
        return answer | ({"cause": "null"} if given.get("Cause", "") is None else {})


def test_an_engine_that_reads_nulls_otherwise_is_told_of(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(Astray(), of("queue", MACHINES["queue"]), NoWait()) == 1
    assert 'WorkerFailed: after Catch 1: NamedNowhere, no cause: {"cause": "null"}' in capsys.readouterr().out


def test_nothing_asked_is_no_success() -> None:
    assert run(Engine(), [], NoWait()) == 1


def test_what_is_counted_against_a_state_is_what_the_model_says_of_requests() -> None:
    assert sorted(shape.name for shape in TEST_STATE.error_shapes) == sorted(REFUSALS)


def test_an_account_that_may_not_ask_is_no_fault_of_a_state() -> None:
    engine = Engine()
    engine.test_state = lambda **_: refuse_if(True, "AccessDeniedException", "no")  # type: ignore[method-assign, assignment]
    with pytest.raises(ClientError, match="AccessDenied"):
        run(engine, every(), NoWait())


def test_without_credentials_it_says_so_in_one_sentence(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("HOME", "/nowhere")
    assert main() == 1
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err == "make test-states asks AWS: set credentials and a region, such as AWS_PROFILE.\n"


def test_a_network_without_aws_is_told_of(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def gone(*_: object) -> int:
        raise EndpointConnectionError(endpoint_url="https://states.invalid")

    for name, value in {"ACCESS_KEY_ID": "a", "SECRET_ACCESS_KEY": "b", "DEFAULT_REGION": "eu-central-1"}.items():
        monkeypatch.setenv(f"AWS_{name}", value)
    monkeypatch.setattr("tests.states.__main__.run", gone)
    assert main() == 1
    assert 'AWS was not asked to the end: Could not connect to the endpoint URL: "https' in capsys.readouterr().err


@pytest.mark.parametrize(("target", "expected"), [("test-states", "mine"), ("test-module", None)])
def test_make_hands_the_account_to_this_target_alone(tmp_path: Path, target: str, expected: str | None) -> None:
    program = tmp_path / "python"
    program.write_text("#!/bin/sh\nenv\n")
    program.chmod(0o755)
    command = ["make", "-s", "-o", "setup", f"RUN={program}", target]
    given = {**os.environ, "AWS_PROFILE": "mine"}
    done = subprocess.run(command, cwd=ROOT, env=given, capture_output=True, text=True, check=True)
    said = dict(line.split("=", 1) for line in done.stdout.splitlines() if "=" in line)
    assert said.get("AWS_PROFILE") == expected
