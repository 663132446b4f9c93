"""The rendered machines: what a linter says, and what keeps a machine from hanging."""

import json
from pathlib import Path
from typing import Any

import pytest
from statelint.linter import Linter

ROOT = Path(__file__).resolve().parents[2]
GOLDEN = sorted((ROOT / "tests" / "golden").glob("*.asl.json"))
FRAGMENTS = json.loads((ROOT / "tests" / "golden" / "callback_states.json").read_text())
TRANSIENT = {
    "Lambda.ClientExecutionTimeoutException",
    "Lambda.ServiceException",
    "Lambda.AWSLambdaException",
    "Lambda.SdkClientException",
    "Lambda.TooManyRequestsException",
}


def tasks() -> list[Any]:
    found = []
    for path in GOLDEN:
        for name, state in json.loads(path.read_text())["States"].items():
            if state["Type"] == "Task":
                found.append(pytest.param(state, id=f"{path.name.partition('.')[0]}-{name}"))
    return found


def test_every_template_has_its_golden_rendering() -> None:
    templates = {path.name for path in (ROOT / "states").glob("*.asl.json")}
    assert templates == {path.name for path in GOLDEN}


@pytest.mark.parametrize("path", GOLDEN, ids=lambda path: path.name)
def test_a_linter_finds_nothing(path: Path) -> None:
    assert Linter.validate(str(path)) == []


@pytest.mark.parametrize("language", ["jsonpath", "jsonata"])
def test_a_linter_finds_nothing_in_a_machine_of_the_callers_own(language: str, tmp_path: Path) -> None:
    states = {
        workflow: {**forms[language], "Next": "Done", "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "Done"}]}
        for workflow, forms in FRAGMENTS.items()
    }
    for (workflow, state), following in zip(states.items(), [*states, "Done"][1:], strict=True):
        states[workflow] = {**state, "Next": following}
    machine = {"StartAt": next(iter(states)), "States": {**states, "Done": {"Type": "Succeed"}}}
    (tmp_path / "own.asl.json").write_text(json.dumps(machine))
    assert Linter.validate(str(tmp_path / "own.asl.json")) == []


def test_every_workflow_has_a_state_for_machines_of_the_callers_own() -> None:
    assert {f"{workflow}.asl.json" for workflow in FRAGMENTS} == {path.name for path in GOLDEN}
    assert all(state["TimeoutSeconds"] > 0 for forms in FRAGMENTS.values() for state in forms.values())


@pytest.mark.parametrize("path", GOLDEN, ids=lambda path: path.name)
def test_every_machine_has_a_timeout(path: Path) -> None:
    assert json.loads(path.read_text())["TimeoutSeconds"] > 0


@pytest.mark.parametrize("state", tasks())
def test_every_task_has_a_timeout_and_a_catch_for_everything(state: dict[str, Any]) -> None:
    assert state["TimeoutSeconds"] > 0
    assert state["Catch"][-1]["ErrorEquals"] == ["States.ALL"]


@pytest.mark.parametrize("state", tasks())
def test_every_task_retries_lambdas_transient_errors_with_jitter(state: dict[str, Any]) -> None:
    retriers = [retrier for retrier in state["Retry"] if retrier["ErrorEquals"] != ["States.Timeout"]]
    assert {error for retrier in retriers for error in retrier["ErrorEquals"]} >= TRANSIENT
    assert {retrier["JitterStrategy"] for retrier in retriers} == {"FULL"}


@pytest.mark.parametrize("state", tasks())
def test_no_retry_repeats_a_verdict(state: dict[str, Any]) -> None:
    retried = {error for retrier in state["Retry"] for error in retrier["ErrorEquals"]}
    assert retried.isdisjoint({"States.ALL", "States.TaskFailed", "ChunksFailed", "ApprovalTimedOut"})


@pytest.mark.parametrize("state", tasks())
def test_a_wait_that_timed_out_is_tried_again_where_people_are_reminded_only(state: dict[str, Any]) -> None:
    retried = {error for retrier in state["Retry"] for error in retrier["ErrorEquals"]}
    assert ("States.Timeout" in retried) == ("approval.$" in state["Parameters"].get("Payload", {}))


@pytest.mark.parametrize("state", [task for task in tasks() if "waitForTaskToken" in task.values[0]["Resource"]])
def test_every_waiting_state_catches_its_timeout_by_name(state: dict[str, Any]) -> None:
    # States.TaskFailed does not match it: https://docs.aws.amazon.com/step-functions/latest/dg/concepts-error-handling.html
    assert any("States.Timeout" in catcher["ErrorEquals"] for catcher in state["Catch"])
