"""``start`` and ``watch``: what is given reaches the machine, and how it ends is the exit code."""

import ast
import json
from datetime import timedelta
from pathlib import Path

import pytest

from sfn_callback import settings
from sfn_callback_operator.actions import starts
from sfn_callback_operator.deployment import Deployment
from testing.environment import BUCKET
from testing.wire import Wire
from tests.conftest import set_variables
from tests.operator.conftest import Desk

KEY_ARN = "arn:aws:kms:eu-central-1:000000000000:key/1234"


def given(desk: Desk) -> object:
    (execution,) = desk.machine.executions.values()
    return json.loads(execution["input"])


@pytest.mark.parametrize("document", ["documents/d.txt", f"s3://{BUCKET}/documents/d.txt"])
def test_a_document_that_lies_in_the_bucket_is_started(desk: Desk, document: str) -> None:
    ran = desk.run("start", document)
    assert ran.code == 0
    assert given(desk) == {"bucket": BUCKET, "key": "documents/d.txt"}
    assert "sfn-callback watch run-0" in ran.out


def test_a_file_is_dropped_and_its_own_execution_found(desk: Desk, tmp_path: Path) -> None:
    (tmp_path / "d.txt").write_text("one\n")
    desk.machine.begin(desk.machine.machines[0], "of-another-version", {"bucket": BUCKET, "key": "documents/d.txt"})
    desk.event_starts("started-by-the-event")
    assert desk.json("start", str(tmp_path / "d.txt"))["name"] == "started-by-the-event"
    assert desk.deployment.read("documents/d.txt") == b"one\n"


def test_its_execution_is_found_among_many_that_are_newer_each_of_which_is_asked_about_once(
    desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "d.txt").write_text("one\n")
    looks = []

    def notice(_: float) -> None:
        looks.append(desk.machine.asked["DescribeExecution"])
        if len(looks) == 3:
            version = desk.deployment.s3.head_object(Bucket=BUCKET, Key="documents/d.txt")["VersionId"]
            at = {"bucket": BUCKET, "key": "documents/d.txt", "version": version}
            desk.machine.begin(desk.machine.machines[0], f"d-txt-{'0' * 32}", at)
            burst("late", 25)

    def burst(name: str, number: int) -> None:
        for one in range(number):
            desk.machine.now += timedelta(milliseconds=1)
            desk.machine.begin(desk.machine.machines[0], f"{name}-{one}", {"bucket": BUCKET, "key": f"documents/{one}"})

    burst("early", 25)
    monkeypatch.setattr("time.sleep", notice)
    assert desk.json("start", str(tmp_path / "d.txt"))["name"] == f"d-txt-{'0' * 32}"
    # The 20 newest of the others, once, in three looks; then its own, and how it is.
    assert looks == [20, 20, 20]
    assert desk.machine.asked["DescribeExecution"] <= 22


@pytest.mark.parametrize("size", [4, 9 * 1024 * 1024], ids=["whole", "parts"])
@pytest.mark.parametrize(("key", "said"), [("", None), (KEY_ARN, b"aws:kms")])
def test_a_file_that_is_dropped_names_the_buckets_key(
    desk: Desk, wire: Wire, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, key: str, said: bytes | None, size: int
) -> None:
    set_variables(monkeypatch, BUCKET_KEY_ARN=key)
    (tmp_path / "d.txt").write_bytes(b"x" * size)
    starts.upload(Deployment("docs", settings.current(), {}), tmp_path / "d.txt", None, {})
    (created,) = (sent for sent in wire.sent if sent.operation in ("s3.PutObject", "s3.CreateMultipartUpload"))
    headers = ast.literal_eval(created.headers)
    assert headers.get("x-amz-server-side-encryption") == said
    assert headers.get("x-amz-server-side-encryption-aws-kms-key-id", b"").decode() == key


def test_a_document_that_starts_nothing_is_said_with_what_to_do(
    desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "d.txt").write_text("one\n")
    clock = iter(range(0, 10_000, 20))
    monkeypatch.setattr("sfn_callback_operator.actions.starts.time", _Clock(clock))
    ran = desk.run("start", str(tmp_path / "d.txt"))
    assert ran.code == 1
    assert f"sfn-callback start s3://{BUCKET}/documents/d.txt" in ran.err


def test_another_workflow_is_given_its_input(desk: Desk, tmp_path: Path) -> None:
    (tmp_path / "task.json").write_text('{"subject": "Publish?"}')
    assert desk.run("start", "--workflow", "approval", "--input", f"@{tmp_path / 'task.json'}").code == 0
    assert given(desk) == {"subject": "Publish?"}


def test_an_input_goes_to_the_only_workflow_that_there_is(desk: Desk) -> None:
    del desk.machine.machines[0]
    assert desk.run("start", "--input", '{"subject": "Publish?"}').code == 0
    assert ":docs-approval:" in next(iter(desk.machine.executions))


def test_an_input_where_there_are_several_workflows_has_to_name_one(desk: Desk) -> None:
    ran = desk.run("start", "--input", "{}")
    assert (ran.code, desk.machine.executions) == (2, {})
    assert "Name one with --workflow: documents, approval." in ran.err


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["documents/d.txt", "--input", "{}"],
        ["--input", "{"],
        ["--input", "{}", "--workflow", "queue"],
        ["documents/d.txt", "--workflow", "approval"],
    ],
    ids=["nothing", "both", "no JSON", "no such workflow", "a document for another workflow"],
)
def test_a_wrong_command_line_starts_nothing(desk: Desk, arguments: list[str]) -> None:
    assert desk.run("start", *arguments).code == 2
    assert desk.machine.executions == {}


@pytest.mark.parametrize(("status", "code"), [("SUCCEEDED", 0), ("FAILED", 1), ("TIMED_OUT", 1), ("ABORTED", 1)])
def test_how_it_ends_is_the_exit_code(desk: Desk, monkeypatch: pytest.MonkeyPatch, status: str, code: int) -> None:
    desk.job()
    monkeypatch.setattr("time.sleep", lambda _: desk.machine.end(desk.arn, status, error="E", cause="why"))
    ran = desk.run("watch", "run-1", "--output", "json")
    assert (ran.code, ran.json["status"], ran.json["cause"]) == (code, status, "why")


class _Clock:
    def __init__(self, times: object) -> None:
        self._times = times

    def monotonic(self) -> float:
        return float(next(self._times))  # type: ignore[call-overload]

    def sleep(self, _: float) -> None:
        """It takes no time."""
