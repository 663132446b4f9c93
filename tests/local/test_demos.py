"""Which demos there are, and what they refuse before anything is started."""

import pytest

from local import demos
from local.demos.contract import UsageError
from tests.readme import ROOT

WORKFLOWS = sorted(path.name.partition(".")[0] for path in (ROOT / "states").glob("*.asl.json"))


@pytest.mark.parametrize("workflow", WORKFLOWS)
def test_every_workflow_has_a_demo_whose_hints_are_there(workflow: str) -> None:
    demo = demos.asked({"WORKFLOW": workflow})
    assert demo.workflow == workflow
    assert (ROOT / "examples" / demo.workflow).is_dir()
    assert [name for name in demo.look_next if "=" not in name and not (ROOT / name).exists()] == []


@pytest.mark.parametrize("environment", [{}, {"WORKFLOW": ""}])
def test_documents_is_the_default(environment: dict[str, str]) -> None:
    assert demos.asked(environment).workflow == "documents"


def test_an_unknown_workflow_is_refused_with_the_known_ones() -> None:
    with pytest.raises(UsageError, match="one of documents, direct, queue, topic, approval"):
        demos.asked({"WORKFLOW": "documnets"})


@pytest.mark.parametrize("task", ["{", "3", "[]"])
def test_a_task_that_is_no_object_is_refused(task: str) -> None:
    with pytest.raises(UsageError, match="TASK must be a JSON object such as"):
        demos.asked({"WORKFLOW": "direct", "TASK": task})


def test_a_document_that_is_not_there_is_refused() -> None:
    with pytest.raises(FileNotFoundError):
        demos.asked({"DOCUMENT": "/nowhere/my.txt"})
