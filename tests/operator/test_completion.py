"""What a shell offers: jobs, workflows and deployments, quickly, and nothing else is ever printed."""

import threading
from collections.abc import Callable

import pytest

from sfn_callback.aws import clients
from sfn_callback_operator import cli, completion
from sfn_callback_operator.output import screen
from testing.environment import MACHINE
from testing.task_tokens import refusal
from tests.operator.conftest import Desk

Complete = Callable[[str], list[str]]


@pytest.fixture
def complete(desk: Desk, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Complete:
    """Press the tabulator in bash; return what is offered. Nothing may be said beside it."""

    def press(line: str) -> list[str]:
        words = line.split(" ")
        monkeypatch.setenv("_SFN_CALLBACK_COMPLETE", "complete_bash")
        monkeypatch.setenv("COMP_WORDS", line.strip())
        monkeypatch.setenv("COMP_CWORD", str(len(words) - 1))
        capsys.readouterr()
        cli.main([])
        printed = capsys.readouterr()
        assert printed.err == ""
        return printed.out.split()

    return press


@pytest.mark.parametrize(
    "command", ["show", "redrive", "report", "resume", "fail", "watch", "cancel", "result", "timeline"]
)
def test_jobs_and_executions_are_offered(desk: Desk, complete: Complete, command: str) -> None:
    job = desk.job(name="nightly")
    assert complete(f"sfn-callback --name docs {command} {job[:9]}") == [job]
    assert complete(f"sfn-callback --name docs {command} nigh") == ["nightly"]
    assert complete(f"sfn-callback --name docs {command} other") == []


def test_approvals_are_offered_by_their_marks(desk: Desk, complete: Complete) -> None:
    desk.approval()
    mark = desk.mark()
    assert complete(f"sfn-callback -n docs approve {mark[:3]}") == [mark]


def test_the_deployment_of_the_environment_is_looked_into(
    desk: Desk, complete: Complete, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.job(name="nightly")
    monkeypatch.setenv("SFN_CALLBACK_NAME", "docs")
    assert complete("sfn-callback show nigh") == ["nightly"]
    monkeypatch.setenv("SFN_CALLBACK_NAME", "others")
    assert complete("sfn-callback show nigh") == []


def test_the_deployment_may_be_named_after_the_command(
    desk: Desk, complete: Complete, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.job(name="nightly")
    monkeypatch.setenv("SFN_CALLBACK_NAME", "others")
    assert complete("sfn-callback show --name docs nigh") == ["nightly"]
    assert complete("sfn-callback --name others show -ndocs nigh") == ["nightly"]


def test_workflows_and_deployments_are_offered(desk: Desk, complete: Complete) -> None:
    assert complete("sfn-callback jobs --workflow d") == ["documents", "direct"]
    assert complete("sfn-callback start --workflow a") == ["approval"]
    assert complete("sfn-callback --name d") == ["docs"]
    assert complete("sfn-callback jobs --name d") == ["docs"]


def test_it_takes_few_requests_however_many_there_are(desk: Desk, complete: Complete) -> None:
    for number in range(3_000):
        desk.machine.begin(MACHINE, f"run-{number}", {})
    desk.machine.asked.clear()
    assert len(complete("sfn-callback --name docs show run-")) == 100
    assert desk.machine.asked.total() <= 4


def test_what_goes_wrong_offers_nothing_and_says_nothing(
    desk: Desk, complete: Complete, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(**_: object) -> None:
        raise refusal("ListStateMachines", "AccessDeniedException")

    monkeypatch.setattr(desk.machine, "list_state_machines", refused)
    assert complete("sfn-callback --name docs show r") == []
    assert complete("sfn-callback --endpoint-url nonsense show r") == []


def test_what_takes_too_long_is_left_alone(desk: Desk, complete: Complete, monkeypatch: pytest.MonkeyPatch) -> None:
    over, answered = threading.Event(), threading.Event()

    def functions() -> None:
        over.wait(20)
        answered.set()
        # The thread ends once the test is over, and what it kept quiet may be heard again.
        raise ConnectionError

    monkeypatch.setattr(completion, "LONGEST_SECONDS", 0.1)
    monkeypatch.setattr(clients, "functions", functions)
    monkeypatch.setattr(screen.stderr(), "quiet", False)
    assert complete("sfn-callback --name docs show r") == []
    assert not answered.is_set()
    assert screen.stderr().quiet
    over.set()
