"""The documents workflow, handler by handler."""

import json
import time
from pathlib import Path
from typing import Any

import pytest

from sfn_callback.aws import clients
from sfn_callback.errors import (
    ChunkRejected,
    ResultsMissing,
    WorkloadInvalid,
)
from sfn_callback.fanin import ledger
from sfn_callback.handlers import process, redrive
from sfn_callback.log_events import LogEvent
from testing.environment import BUCKET
from testing.events import created
from tests.conftest import set_variables
from tests.functional.conftest import TOKEN, Deployment, note_invocations

pytestmark = pytest.mark.usefixtures("a_chunk_for_each_paragraph")
FIVE = b"one\n\ntwo two\n\nthree\n\nfour\n\nfive\n"
EXPIRED = "20200101T000000Z-0123456789ab"


def test_a_document_is_split_processed_and_merged(deployment: Deployment) -> None:
    job = deployment.split(FIVE)
    assert (job["chunks"], job["round"], job["tolerated"]) == (5, 0, 0)
    deployment.await_chunks()
    deployment.deliver_all()
    output = deployment.merge()
    assert output == {
        "job": job["job"],
        "chunks": 5,
        "failed": 0,
        "result": {"bucket": BUCKET, "key": f"merged/d.txt/{job['job']}"},
    }
    assert json.loads(deployment.read(output["result"]["key"]))["top"][0] == ["two", 2]


def test_an_empty_document_is_merged_at_once(deployment: Deployment) -> None:
    deployment.begin(b"")
    assert deployment.merged() == {"words": 0, "distinct": 0, "top": []}


def test_every_split_makes_a_job_of_its_own(deployment: Deployment) -> None:
    assert deployment.split(FIVE)["job"] != deployment.split(FIVE)["job"]


def test_events_that_come_twice_change_nothing(deployment: Deployment) -> None:
    deployment.begin(FIVE)
    for event in deployment.chunk_events() * 2:
        deployment.deliver(event)
    assert deployment.merged()["words"] == 6


def test_a_chunk_that_fails_for_good_fails_the_machine_with_its_reason(deployment: Deployment) -> None:
    deployment.run(b"one\n\n!fail\n\nthree\n")
    ((_, kind, verdict),) = deployment.machine.verdicts
    assert (kind, verdict["error"]) == ("failure", "ChunksFailed")
    assert "chunk 00000001: RuntimeError: this paragraph says !fail" in verdict["cause"]


def test_a_rejected_chunk_fails_at_its_first_attempt(
    deployment: Deployment, capsys: pytest.CaptureFixture[str]
) -> None:
    deployment.begin(b"!reject\n")
    process.handler(deployment.chunk_events()[0], None)
    assert deployment.machine.verdicts[0][1] == "failure"
    assert LogEvent.ATTEMPT_FAILED not in capsys.readouterr().out


def test_a_failure_that_is_tolerated_leaves_its_chunk_out(
    deployment: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_variables(monkeypatch, TOLERATED_FAILURE_COUNT=1)
    deployment.run(b"one\n\n!fail\ntwo\n\nthree\n")
    output = deployment.merge()
    assert (output["chunks"], output["failed"]) == (3, 1)
    assert json.loads(deployment.read(output["result"]["key"]))["words"] == 2


def test_a_chunk_that_was_recorded_as_done_stays_done_when_its_failure_is_reported_late(
    deployment: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    deployment.split(b"one\n\ntwo\n")
    first, second = deployment.chunk_events()
    process.handler(first, None)
    with monkeypatch.context() as outage:
        outage.setattr("sfn_callback.documents.bucket.Store.read_chunk", _broken)
        deployment.deliver(first)
    deployment.await_chunks()
    process.handler(second, None)
    assert deployment.machine.verdicts == [(TOKEN, "success", {"done": 2, "failed": 0})]


def _broken(*_: Any) -> Any:
    raise ConnectionError("S3 is away")


def test_a_deleted_chunk_fails_at_once_and_is_named(deployment: Deployment) -> None:
    job = deployment.split(b"one\n")["job"]
    (event,) = deployment.chunk_events()
    deployment.s3.delete_object(Bucket=BUCKET, Key=f"chunks/{job}/00000000")
    deployment.await_chunks()
    process.handler(event, None)
    assert "ChunkGone" in deployment.machine.verdicts[0][2]["cause"]


def test_of_several_records_each_is_processed_although_one_fails(deployment: Deployment) -> None:
    deployment.begin(b"!fail\n\ntwo\n")
    first, second = deployment.chunk_events()
    both = {"Records": first["Records"] + second["Records"]}
    with pytest.raises(RuntimeError, match="!fail"):
        process.handler(both, None)
    assert len(deployment.keys("results/")) == 1


def test_a_round_over_what_is_missing_heals_lost_events(
    deployment: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    invoked = note_invocations(monkeypatch)
    deployment.begin(FIVE)
    for event in deployment.chunk_events()[:3]:
        deployment.deliver(event)
    deployment.machine.time_out(TOKEN)
    job = deployment.redrive()
    assert (job["round"], [task["index"] for task in invoked]) == (1, [3, 4])
    deployment.await_chunks("token of round 1")
    for task in invoked:
        deployment.deliver(task)
    assert deployment.merged()["words"] == 6
    assert deployment.merge()["failed"] == 0


def test_a_round_does_not_count_what_an_old_round_still_sends(
    deployment: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    invoked = note_invocations(monkeypatch)
    deployment.begin(b"one\n\ntwo\n")
    deployment.next_round("token of round 1")
    deployment.deliver_all()
    assert deployment.machine.verdicts == []
    for task in invoked:
        deployment.deliver(task)
    assert deployment.merged()["words"] == 2


def test_a_redriven_chunk_that_was_done_meanwhile_is_not_worked_on_again(
    deployment: Deployment, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    invoked = note_invocations(monkeypatch)
    deployment.split(b"!once\none\n")
    deployment.redrive()
    deployment.await_chunks()
    deployment.deliver_all()
    monkeypatch.setattr("sfn_callback.demo.process", _broken)
    deployment.deliver(invoked[0])
    assert deployment.machine.verdicts == [(TOKEN, "success", {"done": 1, "failed": 0})]
    assert LogEvent.CHUNK_DONE_BEFORE in capsys.readouterr().out


def test_a_stray_result_is_not_merged(deployment: Deployment) -> None:
    job = deployment.run(b"one\n")["job"]
    deployment.put(f"results/{job}/00000200", b'{"stray": 1}')
    assert deployment.merge()["failed"] == 0
    assert deployment.merged()["words"] == 1


def test_merging_refuses_when_results_have_been_deleted(deployment: Deployment) -> None:
    job = deployment.run(FIVE)["job"]
    deployment.s3.delete_object(Bucket=BUCKET, Key=f"results/{job}/00000002")
    with pytest.raises(ResultsMissing, match=f"1 more are missing from results/{job}/"):
        deployment.merge()


def test_the_failure_branch_writes_down_what_failed_and_what_is_missing(
    deployment: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_variables(monkeypatch, TOLERATED_FAILURE_COUNT=2)
    deployment.begin(b"one\n\n!fail\n\n!reject\n\nfour\n")
    for event in deployment.chunk_events()[:3]:
        deployment.deliver(event)
    report = deployment.record_failure("States.Timeout", "", job=deployment.job)
    assert report["error"] == "States.Timeout"
    assert report["cause"] == "Chunks without a result: 3."
    assert report["failed"] == [
        "chunk 00000001: RuntimeError: this paragraph says !fail",
        "chunk 00000002: ChunkRejected: this paragraph says !reject",
    ]
    assert report["without_result"] == [1, 2, 3]


def test_an_incomplete_workload_stops_the_job_before_anything_is_split(
    deployment: Deployment, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "incomplete.py").write_text("def split(document): return [b'x']")
    monkeypatch.syspath_prepend(tmp_path)
    set_variables(monkeypatch, WORKLOAD="incomplete")
    with pytest.raises(WorkloadInvalid, match=r"lacks process\(\) and merge\(\)"):
        deployment.split(FIVE)
    assert deployment.keys("chunks/") == []


def test_a_chunk_whose_job_is_gone_is_left_alone_with_a_warning(
    deployment: Deployment, capsys: pytest.CaptureFixture[str]
) -> None:
    deployment.put(f"chunks/{EXPIRED}/00000000", b"one")
    process.handler(created(f"chunks/{EXPIRED}/00000000"), None)
    assert deployment.keys("results/") == []
    assert LogEvent.CHUNK_EXPIRED in capsys.readouterr().out


def test_a_chunk_costs_a_read_a_write_and_an_update(deployment: Deployment) -> None:
    deployment.split(FIVE)
    requests: list[str] = []
    for client in (clients.s3(), clients.dynamodb()):
        client.meta.events.register("before-send", lambda event_name, **_: requests.append(event_name.split(".")[-1]))
    process.handler(deployment.chunk_events()[0], None)
    assert requests == ["GetObject", "PutObject", "UpdateItem"]


def test_every_log_line_is_json_and_names_its_job(deployment: Deployment, capsys: pytest.CaptureFixture[str]) -> None:
    deployment.run(FIVE)
    deployment.merge()
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert {line["event"] for line in lines} == {
        "split_started", "split_done", "wait_started", "chunk_done", "verdict_sent", "merge_done",
    }  # fmt: skip
    assert all("job" in line or "fanin" in line for line in lines)


def test_ten_thousand_chunks_are_not_uploaded_one_after_another(
    deployment: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    at_once = most = 0

    class Slow:
        def put_object(self, **_: Any) -> None:
            nonlocal at_once, most
            at_once += 1
            most = max(most, at_once)
            time.sleep(0.001)
            at_once -= 1

        head_object = staticmethod(clients.s3().head_object)
        get_object = staticmethod(clients.s3().get_object)

    monkeypatch.setattr(clients, "s3", Slow)
    job = deployment.split(b"\n\n".join(b"%d" % number for number in range(10_000)))
    assert job["chunks"] == 10_000
    assert most > 12


def test_every_redrive_makes_a_fan_in_of_its_own_and_keeps_the_tolerance(
    deployment: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_variables(monkeypatch, TOLERATED_FAILURE_COUNT=1)
    invoked = note_invocations(monkeypatch)
    first = deployment.split(b"one\n\n!reject\n\nthree\n")
    again, repeated = deployment.redrive(), redrive.handler({"job": first}, None)
    assert len({first["fanin"], again["fanin"], repeated["fanin"]}) == 3
    assert again["tolerated"] == repeated["tolerated"] == 1
    deployment.await_chunks("token of round 1")
    for task in invoked[:3]:
        deployment.deliver(task)
    assert deployment.machine.verdicts == [("token of round 1", "success", {"done": 2, "failed": 1})]


def test_a_redriven_processor_finds_its_round_sealed(deployment: Deployment, monkeypatch: pytest.MonkeyPatch) -> None:
    sealed = []

    class Functions:
        def invoke(self, **call: Any) -> None:
            round_ = json.loads(call["Payload"])["fanin"]
            sealed.append(ledger.connect().look(round_).sealed)

    monkeypatch.setattr(clients, "functions", Functions)
    deployment.split(b"one\n\ntwo\n")
    deployment.redrive()
    assert sealed == [True, True]


def test_a_long_reason_is_cut(deployment: Deployment, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sfn_callback.demo.process", lambda _: (_ for _ in ()).throw(ChunkRejected("x" * 10_000)))
    deployment.run(b"one\n")
    assert 256 < len(deployment.machine.verdicts[0][2]["cause"]) < 400


def test_a_report_lists_so_many_chunks_and_counts_all(deployment: Deployment, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sfn_callback.documents.workflow.REPORTED", 3)
    deployment.split(FIVE)
    report = deployment.record_failure("States.Timeout", "", job=deployment.job)
    assert (report["without_result_count"], len(report["without_result"])) == (5, 3)


@pytest.mark.parametrize("given", ["text", iter(["text"])])
def test_what_merge_gives_must_be_bytes(deployment: Deployment, monkeypatch: pytest.MonkeyPatch, given: object) -> None:
    monkeypatch.setattr("sfn_callback.demo.merge", lambda _: given)
    deployment.split(b"")
    deployment.await_chunks()
    with pytest.raises(WorkloadInvalid, match=r"merge\(\) returned a str"):
        deployment.merge()


def test_a_chunks_line_tells_how_long_it_took(deployment: Deployment, caplog: pytest.LogCaptureFixture) -> None:
    deployment.split(b"!sleep 0.05\none\n\n!fail\n")
    deployment.deliver_all()
    fields = [vars(record).get("fields", {}) for record in caplog.records]
    said = {one.get("event"): one for one in fields}
    assert said["chunk_done"]["seconds"] >= 0.05
    assert "seconds" in said["attempt_failed"]
