"""The rendered machines: what a linter says, and what is tried again."""

import json
from pathlib import Path
from typing import Any

import pytest
from statelint.linter import Linter

from tests.module.machines import FRAGMENTS, GOLDEN, ROOT, tasks


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
    # Parts are run by documents' own.
    assert {f"{workflow}.asl.json" for workflow in FRAGMENTS} == {path.name for path in GOLDEN} - {"parts.asl.json"}


@pytest.mark.parametrize("state", tasks())
def test_no_retry_repeats_a_verdict(state: dict[str, Any]) -> None:
    retried = {error for retrier in state["Retry"] for error in retrier["ErrorEquals"]}
    assert retried.isdisjoint({"States.ALL", "States.TaskFailed", "ChunksFailed", "ApprovalTimedOut"})


@pytest.mark.parametrize("state", tasks())
def test_a_wait_that_timed_out_is_tried_again_where_people_are_reminded_only(state: dict[str, Any]) -> None:
    retried = {error for retrier in state["Retry"] for error in retrier["ErrorEquals"]}
    assert ("States.Timeout" in retried) == ("approval.$" in state["Parameters"].get("Payload", {}))


@pytest.mark.parametrize(
    "path",
    [path for path in GOLDEN if path.name not in ("documents.asl.json", "parts.asl.json")],
    ids=lambda path: path.name,
)
def test_a_failure_is_caught_whatever_the_input_is(path: Path) -> None:
    # A ResultPath into an input that is no object fails with another error, States.ResultPathMatchFailure:
    # https://docs.aws.amazon.com/step-functions/latest/dg/concepts-error-handling.html
    states = json.loads(path.read_text())["States"].values()
    catchers = [catcher for state in states for catcher in state.get("Catch", [])]
    assert catchers
    assert [catcher for catcher in catchers if "ResultPath" in catcher] == []
