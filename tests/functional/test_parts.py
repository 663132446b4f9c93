"""A document in parts, handler by handler: cut, each part split, processed and combined, and all merged."""

import json
import random
from collections.abc import Iterator
from typing import Any

import boto3
import pytest

from sfn_callback.aws import clients
from sfn_callback.documents import part_executions
from sfn_callback.errors import (
    DocumentChanged,
    InputInvalid,
    PartsInvalid,
    ResultsMissing,
    TooManyChunks,
    WorkloadInvalid,
)
from sfn_callback.handlers import cut, merge, merge_parts, start
from sfn_callback.workload import functions
from testing.environment import BUCKET, MACHINE, TABLE
from testing.events import created
from testing.executions import FakeMachines
from testing.wire import Wire
from tests.conftest import set_variables
from tests.functional.conftest import Deployment
from tests.module.machines import MACHINES

KEY = "documents/d.txt"
PARTS_MACHINE = MACHINE.replace("documents", "parts")
EXECUTION = f"{PARTS_MACHINE.replace(':stateMachine:', ':execution:')}:run-1"
DRAW = random.Random(16)
TEXT = "".join(f"w{DRAW.randrange(50)} w{DRAW.randrange(50)}\n\n" for _ in range(400)).encode()


class InParts:
    """The machine of states/parts.asl.json, as far as its paths say, over the deployment's documents machine."""

    def __init__(self, deployment: Deployment) -> None:
        self.of = deployment
        self.state: dict[str, Any] = {}

    def cut(self, body: bytes | None = TEXT, **given: Any) -> dict[str, Any]:
        if body is not None:
            self.of.put(KEY, body)
        document = {"bucket": BUCKET, "key": KEY, "options": {"part_bytes": 1_000}, **given}
        self.state = json.loads(json.dumps(cut.handler({"document": document, "execution": EXECUTION}, None)))
        return self.state

    def inputs(self) -> list[dict[str, Any]]:
        """What ItemSelector makes of each item."""
        common = {name: self.state[name] for name in ("bucket", "key", "version", "options")}
        of_all = {name: self.state[name] for name in ("parent", "etag")}
        return [
            {**common, "part": {"number": number, "start": start, "end": end, **of_all}}
            for number, start, end in self.state["parts"]
        ]

    def run(self, given: dict[str, Any]) -> dict[str, Any]:
        """One execution of the documents machine; return its output."""
        from sfn_callback.handlers import split

        self.of.job = split.handler({"document": given}, None)
        self.of.await_chunks(token=f"{'A' * 30}{given['part']['number']:04}")
        self.of.deliver_all()
        (verdict,) = [one for one in self.of.machine.verdicts if one[0].endswith(f"{given['part']['number']:04}")]
        return merge.handler({"job": self.of.job, "failed": verdict[2]["failed"]}, None)

    def merge(self) -> dict[str, Any]:
        fields = ("bucket", "key", "version", "options", "parent", "total")
        return merge_parts.handler({name: self.state[name] for name in fields}, None)


@pytest.fixture
def whole(deployment: Deployment, monkeypatch: pytest.MonkeyPatch) -> InParts:
    monkeypatch.setenv("CHUNK_BYTES", "100")
    return InParts(deployment)


def test_a_document_in_parts_is_what_it_is_in_one_piece(whole: InParts) -> None:
    state = whole.cut()
    outputs = [whole.run(given) for given in whole.inputs()]
    output = whole.merge()
    assert state["total"] == len(outputs) > 3
    assert output == {
        "job": state["parent"],
        "parts": len(outputs),
        "chunks": sum(one["chunks"] for one in outputs),
        "failed": 0,
        "result": {"bucket": BUCKET, "key": f"merged/d.txt/{state['parent']}"},
    }
    told = boto3.client("s3").head_object(**{name.title(): value for name, value in output["result"].items()})
    assert (told["Metadata"]["job"], told["Metadata"]["chunks"]) == (state["parent"], str(output["chunks"]))
    in_parts = json.loads(whole.of.read(output["result"]["key"]))
    assert in_parts == one_piece(whole)


def one_piece(whole: InParts) -> Any:
    whole.of.machine.verdicts.clear()
    whole.of.run(TEXT)
    return whole.of.merged()


def test_a_part_ends_with_its_counts_alone_and_its_object_has_them(whole: InParts) -> None:
    state = whole.cut()
    output = whole.run(whole.inputs()[1])
    assert set(output) == {"job", "chunks", "failed"}
    told = boto3.client("s3").head_object(Bucket=BUCKET, Key=f"parts/{state['parent']}/00000001")["Metadata"]
    assert (told["chunks"], told["failed"], told["job"]) == (str(output["chunks"]), "0", output["job"])


def test_parts_of_which_one_is_missing_are_not_merged(whole: InParts) -> None:
    whole.cut()
    for given in whole.inputs()[1:]:
        whole.run(given)
    with pytest.raises(ResultsMissing, match=r"the first that is missing from \S+ is part 0"):
        whole.merge()


def test_whoever_cuts_again_for_the_same_parent_gets_what_is_not_combined(whole: InParts) -> None:
    first = whole.cut()
    done, *left = whole.inputs()
    whole.run(done)
    again = whole.cut(None, parent=first["parent"], version=first["version"])
    assert again == {**first, "parts": first["parts"][1:], "run": again["run"]}
    assert again["run"] != first["run"]
    for given in left:
        whole.run(given)
    assert whole.merge()["parts"] == first["total"]


def test_a_document_that_was_overwritten_is_not_cut_again_for_the_same_parent(whole: InParts) -> None:
    parent = whole.cut()["parent"]
    with pytest.raises(DocumentChanged, match="upload it again"):
        whole.cut(TEXT.upper(), parent=parent)


def test_the_ledger_says_whose_execution_a_parent_is(whole: InParts) -> None:
    parent = whole.cut()["parent"]
    item = boto3.client("dynamodb").get_item(TableName=TABLE, Key={"pk": {"S": parent}})["Item"]
    assert item["execution"] == {"S": EXECUTION} and "expires" in item


def test_what_is_no_arn_is_not_kept_as_an_execution(whole: InParts) -> None:
    with pytest.raises(InputInvalid, match="execution"):
        cut.handler({"document": {"bucket": BUCKET, "key": KEY}, "execution": "AQCEAAAAKgAAAAM"}, None)


def test_a_document_of_no_bytes_has_no_parts_and_is_merged(whole: InParts) -> None:
    assert whole.cut(b"")["parts"] == []
    assert json.loads(whole.of.read(whole.merge()["result"]["key"]))["words"] == 0


def test_a_small_document_is_one_part(whole: InParts) -> None:
    state = whole.cut(b"one two\n")
    whole.run(whole.inputs()[0])
    assert (state["total"], whole.merge()["chunks"]) == (1, 1)


def test_a_document_that_is_overwritten_between_parts_is_refused(whole: InParts) -> None:
    whole.cut()
    whole.of.put(KEY, TEXT.upper())
    unversioned = {**whole.inputs()[0], "version": None}
    with pytest.raises(DocumentChanged):
        whole.run(unversioned)


@pytest.mark.parametrize(
    "wrong",
    [{"start": -1}, {"end": "9"}, {"number": 1.5}, {"parent": "x"}, {"etag": None}],
    ids=lambda wrong: next(iter(wrong)),
)
def test_a_part_of_another_shape_is_refused_by_name(whole: InParts, wrong: dict[str, Any]) -> None:
    whole.cut()
    given = whole.inputs()[0]
    with pytest.raises(InputInvalid, match=next(iter(wrong))):
        whole.run({**given, "part": given["part"] | wrong})


def test_a_part_beyond_the_end_is_refused(whole: InParts) -> None:
    whole.cut()
    given = whole.inputs()[-1]
    with pytest.raises(InputInvalid):
        whole.run({**given, "part": given["part"] | {"end": len(TEXT) + 1}})


@pytest.fixture
def workload(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """The demo as a workload whose functions a test may change."""
    from sfn_callback import demo

    functions.cache_clear()
    yield demo
    functions.cache_clear()


@pytest.mark.parametrize("lacks", ["parts", "combine"])
def test_a_workload_without_one_of_the_functions_of_parts_is_refused_by_name(
    whole: InParts, workload: Any, monkeypatch: pytest.MonkeyPatch, lacks: str
) -> None:
    monkeypatch.delattr(workload, lacks)
    with pytest.raises(WorkloadInvalid, match=rf"lacks {lacks}\(\)"):
        whole.cut()


@pytest.mark.parametrize(
    "ranges",
    [
        [(0, 10), (9, 20)],
        [(0, 10), (11, 20)],
        [(10, 20), (0, 10)],
        [(0, 10), (10, 21)],
        [(0, 10), (10, 19)],
        [(0, 20), (20, 20)],
        [],
        [(0, 20.5)],
    ],
    ids=["overlap", "gap", "backwards", "beyond", "short", "empty", "none", "fraction"],
)
def test_ranges_that_are_no_parts_of_the_document_are_refused(
    whole: InParts, workload: Any, monkeypatch: pytest.MonkeyPatch, ranges: Any
) -> None:
    monkeypatch.setattr(workload, "parts", lambda _: ranges)
    with pytest.raises(PartsInvalid):
        whole.cut(b"x" * 20)


def test_more_parts_than_a_state_takes_are_refused(
    whole: InParts, workload: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workload, "parts", lambda _: ((at, at + 1) for at in range(20_000)))
    with pytest.raises(PartsInvalid, match="larger"):
        whole.cut(b"x" * 20_000)


@pytest.fixture
def machines(monkeypatch: pytest.MonkeyPatch) -> FakeMachines:
    made = FakeMachines()
    made.machines = [MACHINE, PARTS_MACHINE]
    monkeypatch.setattr(clients, "stepfunctions", lambda: made)
    set_variables(monkeypatch, PARTS_MACHINE_ARN=PARTS_MACHINE, PARTS_OVER_MB=1)
    return made


@pytest.mark.parametrize(("size", "machine"), [(1024 * 1024, MACHINE), (1024 * 1024 + 1, PARTS_MACHINE)])
def test_a_document_is_started_by_its_size(
    machines: FakeMachines, monkeypatch: pytest.MonkeyPatch, size: int, machine: str
) -> None:
    started: list[str] = []
    monkeypatch.setattr(machines, "start_execution", lambda **given: started.append(given["stateMachineArn"]))
    event = created(KEY)
    event["Records"][0]["s3"]["object"]["size"] = size
    start.handler(event, None)
    assert started == [machine]


@pytest.mark.parametrize("over_mb", ["", "1"], ids=["no parts", "below the threshold"])
def test_a_document_below_the_threshold_costs_what_it_did(
    deployment: Deployment, wire: Wire, monkeypatch: pytest.MonkeyPatch, over_mb: str
) -> None:
    started: list[str] = []
    monkeypatch.setattr(
        deployment.machine, "start_execution", lambda **given: started.append(given["stateMachineArn"]), raising=False
    )
    set_variables(monkeypatch, PARTS_MACHINE_ARN=PARTS_MACHINE if over_mb else "", PARTS_OVER_MB=over_mb)
    start.handler(created(KEY), None)
    deployment.run(b"one two\n")
    deployment.merge()
    assert started == [MACHINE]
    assert wire.operations() == [
        *("s3.HeadObject", "s3.GetObject", "s3.PutObject", "dynamodb.UpdateItem", "dynamodb.UpdateItem"),
        "dynamodb.UpdateItem",
        *("s3.GetObject", "s3.PutObject", "dynamodb.UpdateItem", "dynamodb.UpdateItem"),
        *("s3.ListObjectsV2", "s3.GetObject", "s3.PutObject"),
    ]


def test_a_document_that_has_failed_stops_its_parts_and_says_which_failed_first(
    whole: InParts, machines: FakeMachines
) -> None:
    state = whole.cut()
    parent, run = state["parent"], state["run"]
    arns = [machines.begin(MACHINE, f"part_{parent}_{number}_{run}", {}) for number in range(4)]
    other = machines.begin(MACHINE, "d-txt-0123", {})
    machines.end(arns[2], "FAILED", error="ChunksFailed", cause="chunk 00000007: Boom: it broke")
    caught = {"Error": "States.ExceedToleratedFailureThreshold", "Cause": "too many"}
    report = whole.of.record_failure(caught["Error"], caught["Cause"], **{**whole.state, "parts": []})
    assert report["cause"].startswith(
        f"Part 2 failed first, as execution part_{parent}_2_{run}: ChunksFailed: chunk 00000007"
    )
    assert [machines.executions[arn]["status"] for arn in arns] == ["ABORTED", "ABORTED", "FAILED", "ABORTED"]
    assert machines.executions[other]["status"] == "RUNNING"


def test_a_document_that_fails_again_says_what_failed_this_time(whole: InParts, machines: FakeMachines) -> None:
    first = whole.cut()
    before = machines.begin(MACHINE, f"part_{first['parent']}_2_{first['run']}", {})
    machines.end(before, "FAILED", error="ChunksFailed", cause="chunk 00000007: Boom: it broke")
    again = whole.cut(None, parent=first["parent"])
    now = machines.begin(MACHINE, f"part_{first['parent']}_3_{again['run']}", {})
    machines.end(now, "FAILED", error="TooManyChunks", cause="split() returned more")
    report = whole.of.record_failure("States.ExceedToleratedFailureThreshold", "too many", **again)
    assert report["cause"].startswith("Part 3 failed first")


@pytest.mark.parametrize("at", ["Cut", "MergeParts"])
def test_a_document_whose_parts_are_well_says_what_it_failed_of_itself(
    whole: InParts, machines: FakeMachines, at: str
) -> None:
    first = whole.cut()
    before = machines.begin(MACHINE, f"part_{first['parent']}_2_{first['run']}", {})
    machines.end(before, "FAILED", error="ChunksFailed", cause="chunk 00000007: Boom: it broke")
    state = {"parent": first["parent"]} if at == "Cut" else whole.cut(None, parent=first["parent"])
    assert whole.of.record_failure("DocumentChanged", "It was overwritten", **state)["cause"] == "It was overwritten"


@pytest.mark.parametrize("parent", ["folder-7", 7, "20260131T235959Z-0123456789ab"])
def test_what_an_input_calls_its_parent_is_not_asked_about(
    whole: InParts, monkeypatch: pytest.MonkeyPatch, parent: object
) -> None:
    # Where there are no parts, the role may not list executions.
    monkeypatch.setattr(clients, "stepfunctions", lambda: pytest.fail("asked"))
    assert whole.of.record_failure("TooManyChunks", "too many", parent=parent)["cause"] == "too many"


def test_the_parts_of_a_document_are_stopped_behind_a_burst_of_others(whole: InParts, machines: FakeMachines) -> None:
    state = whole.cut()
    part = machines.begin(MACHINE, f"part_{state['parent']}_0_{state['run']}", {})
    machines.earlier(part, 60)
    for number in range(1_000):
        machines.begin(MACHINE, f"d-txt-{number}", {})
    whole.of.record_failure("States.ExceedToleratedFailureThreshold", "too many", **state)
    assert machines.executions[part]["status"] == "ABORTED"


def test_of_many_parts_that_failed_at_once_only_the_first_is_asked_about(
    whole: InParts, machines: FakeMachines
) -> None:
    state = whole.cut()
    for number in range(50):
        machines.end(machines.begin(MACHINE, f"part_{state['parent']}_{number}_{state['run']}", {}), "FAILED")
    whole.of.record_failure("States.ExceedToleratedFailureThreshold", "too many", **state)
    assert machines.asked["DescribeExecution"] == 1


def test_a_document_with_much_user_metadata_is_cut_again_as_it_was_cut_first(whole: InParts) -> None:
    # It is in the options that the first cut gave, which the operator's redrive sends.
    boto3.client("s3").put_object(Bucket=BUCKET, Key=KEY, Body=TEXT, Metadata={"note": "x" * 1_200})
    first = whole.cut(None)
    again = whole.cut(None, parent=first["parent"], options=first["options"], version=first["version"])
    assert again["options"] == first["options"] and again["parts"] == first["parts"]


def test_chunks_that_a_part_tolerates_are_left_out_of_the_whole(
    whole: InParts, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CHUNK_BYTES", "0")
    set_variables(monkeypatch, TOLERATED_FAILURE_COUNT=1)
    whole.cut(b"one\n\n!reject\n\ntwo\n\n!reject\n", options={"part_bytes": 10})
    outputs = [whole.run(given) for given in whole.inputs()]
    output = whole.merge()
    assert [one["failed"] for one in outputs] == [1, 1]
    assert (output["failed"], output["chunks"], output["parts"]) == (2, sum(one["chunks"] for one in outputs), 2)
    assert json.loads(whole.of.read(output["result"]["key"]))["words"] == 2


def test_a_part_with_too_many_chunks_is_refused(whole: InParts, monkeypatch: pytest.MonkeyPatch) -> None:
    set_variables(monkeypatch, MAX_CHUNKS=9)
    whole.cut()
    with pytest.raises(TooManyChunks):
        whole.run(whole.inputs()[0])


def test_every_cut_is_a_job_of_its_own(whole: InParts) -> None:
    first, again = whole.cut(), whole.cut(None)
    assert first["parent"] != again["parent"] and first["run"] != again["run"]


def test_a_part_that_is_started_again_by_its_name_starts_nothing_twice(whole: InParts, machines: FakeMachines) -> None:
    # Of the Map's context nothing is in a name: each attempt at a start, and its input, is the same.
    named = MACHINES["parts"]["States"]["RunParts"]["ItemProcessor"]["States"]["RunPart"]["Parameters"]["Name.$"]
    assert named == "States.Format('part_{}_{}_{}', $.part.parent, $.part.number, $.run)"
    state = whole.cut()
    given = json.dumps(whole.inputs()[0])
    name = f"part_{state['parent']}_0_{state['run']}"
    begun = [machines.start_execution(stateMachineArn=MACHINE, name=name, input=given) for _ in range(2)]
    assert begun[0]["executionArn"] == begun[1]["executionArn"] and len(machines.executions) == 1
    assert len(name) <= 80 and part_executions.number_of(name) == 0
