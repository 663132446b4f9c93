"""``report``: an operator reports a chunk in the place of whoever it was handed to."""

from pathlib import Path
from typing import Any

import pytest

from sfn_callback.fanin import protocol
from sfn_callback.fanin.items import Group
from testing.environment import BUCKET
from testing.wire import Wire
from tests.operator.conftest import Desk, text
from tests.operator.handing import Handing


@pytest.fixture
def page(tmp_path: Path) -> str:
    (tmp_path / "page.txt").write_bytes(b"by hand")
    return str(tmp_path / "page.txt")


def results(desk: Desk, job: str) -> dict[str, bytes]:
    keys = desk.deployment.keys(f"results/{job}/")
    return {key.rpartition("/")[2]: desk.deployment.read(key) for key in keys}


def verdicts(desk: Desk) -> list[tuple[str, object]]:
    return [(kind, verdict) for _, kind, verdict in desk.machine.verdicts]


def test_a_result_is_recorded_and_the_last_one_resumes_the_machine(handing: Handing, page: str) -> None:
    desk, job = handing.desk, handing.job()
    handing.say(0, result="eins")
    handing.say(2, result="drei")
    ran = desk.run("report", job, "1", "--result", page)
    assert (ran.code, ran.err) == (0, f"Chunk 1 of {job} is done.\n")
    assert results(desk, job) == {"00000000": b"eins", "00000001": b"by hand", "00000002": b"drei"}
    assert verdicts(desk) == [("success", {"done": 3, "failed": 0})]


def test_an_error_is_recorded_with_its_cause(handing: Handing) -> None:
    desk, job = handing.desk, handing.job()
    ran = desk.run("report", job, "1", "--error", "Illegible", "--cause", "coffee on it")
    assert (ran.code, ran.err) == (0, f"Chunk 1 of {job} has failed.\n")
    ((kind, verdict),) = verdicts(desk)
    assert kind == "failure"
    assert "chunk 00000001: Illegible: coffee on it" in str(verdict)
    assert desk.json("show", job)["failed"] == [
        {"reason": "Illegible: coffee on it", "count": 1, "chunks": ["1"]}
    ]  # fmt: skip


def test_a_report_is_one_object_one_update_and_two_looks(handing: Handing, page: str, wire: Wire) -> None:
    desk, job = handing.desk, handing.job()
    desk.run("show", job)
    wire.sent.clear()
    assert desk.json("report", job, "1", "--result", page) == {
        "job": job, "chunk": 1, "outcome": "done", "round": 0, "processed_again": None
    }  # fmt: skip
    sent = wire.operations()
    # One look finds the execution, one the round that counts.
    assert sorted(sent) == [
        "dynamodb.BatchGetItem", "dynamodb.GetItem", "dynamodb.GetItem", "dynamodb.UpdateItem", "s3.PutObject"
    ]  # fmt: skip


@pytest.mark.parametrize("given", ["result", "error"])
@pytest.mark.parametrize(("first", "is_"), [("result", "is already done"), ("error", "has already failed")])
def test_the_first_outcome_counts(handing: Handing, page: str, first: str, is_: str, given: str) -> None:
    desk, job = handing.desk, handing.job()
    handing.say(1, **{first: "first"})
    before = results(desk, job)
    ran = desk.run("report", job, "1", f"--{given}", page if given == "result" else "Illegible")
    assert (ran.code, is_ in ran.err) == (6, True), ran.err
    assert results(desk, job) == before


def test_what_is_recorded_between_the_look_and_the_report_counts(
    handing: Handing, page: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk, job = handing.desk, handing.job()
    record = protocol.report

    def meanwhile(*given: Any) -> Group:
        monkeypatch.setattr(protocol, "report", record)
        handing.say(1, error="Illegible")
        return record(*given)

    monkeypatch.setattr(protocol, "report", meanwhile)
    ran = desk.run("report", job, "1", "--result", page)
    assert (ran.code, "has already failed" in ran.err) == (6, True), ran.err


def test_a_late_report_of_whoever_it_was_handed_to_contradicts(handing: Handing) -> None:
    desk, job = handing.desk, handing.job()
    desk.run("report", job, "1", "--error", "Gone")
    assert handing.say(1, result="zwei") == "contradicts"


def test_a_chunk_whose_event_was_lost_can_be_reported_too(desk: Desk, page: str) -> None:
    job = desk.job(text("one", "two"))
    desk.deployment.deliver(desk.deployment.chunk_events()[0])
    assert desk.run("report", job, "1", "--result", page).code == 0
    assert verdicts(desk) == [("success", {"done": 2, "failed": 0})]


def test_in_a_later_round_who_was_heard_of_is_reported_where_they_count(handing: Handing, page: str) -> None:
    desk, job = handing.desk, handing.job()
    handing.say(0, result="eins")
    handing.hear(1, 2)
    handing.next_round()
    assert handing.times() == {0: 1, 1: 1, 2: 1}
    ran = desk.json("report", job, "1", "--result", page)
    assert (ran["round"], ran["processed_again"]) == (1, None)
    assert handing.say(1, error="Late") == "contradicts"
    assert desk.run("report", job, "2", "--result", page).code == 0
    assert verdicts(desk) == [("success", {"done": 2, "failed": 0})]


def test_in_a_later_round_one_that_was_heard_of_there_is_reported_there(handing: Handing, page: str) -> None:
    desk, job = handing.desk, handing.job()
    handing.next_round()
    assert handing.times() == {0: 2, 1: 2, 2: 2}
    handing.hear(2)
    assert desk.json("report", job, "2", "--error", "Gone")["processed_again"] is None
    ((kind, _),) = verdicts(desk)
    assert kind == "failure"


@pytest.mark.parametrize("given", ["result", "error"])
def test_in_a_later_round_one_that_nobody_was_heard_of_begins_a_round_over_the_others(
    handing: Handing, page: str, monkeypatch: pytest.MonkeyPatch, given: str
) -> None:
    desk = handing.desk
    monkeypatch.setenv("SFN_CALLBACK_TOLERATED_FAILURE_COUNT", "1")
    job = handing.job()
    handing.next_round()
    desk.functions.invoked.clear()
    handing.hear(0)
    ran = desk.run("report", job, "1", f"--{given}", page if given == "result" else "Illegible")
    assert ran.code == 0
    assert "2 chunks" in ran.err
    assert desk.processed() == [0, 2]
    # Who was heard of is left, and counts in the new round.
    assert handing.times() == {0: 2, 1: 2, 2: 3}
    assert verdicts(desk) == []
    handing.say(0, result="eins")
    handing.say(2, result="drei")
    failed = given == "error"
    assert verdicts(desk) == [("success", {"done": 2, "failed": int(failed)})]
    assert desk.deployment.merge()["failed"] == failed


def test_the_last_one_of_a_later_round_resumes_the_machine(handing: Handing, page: str) -> None:
    desk, job = handing.desk, handing.job()
    handing.say(0, result="eins")
    handing.say(2, result="drei")
    handing.next_round()
    assert desk.run("report", job, "1", "--result", page).code == 0
    ((kind, _),) = verdicts(desk)
    assert kind == "success"


def test_an_outcome_of_a_later_round_counts(handing: Handing, page: str) -> None:
    desk, job = handing.desk, handing.job()
    handing.next_round()
    handing.say(0, error="Gone")
    handing.say(1, result="zwei")
    for chunk, says in ((0, "has already failed (Gone: )"), (1, "is already done")):
        ran = desk.run("report", job, str(chunk), "--result", page)
        assert (ran.code, says in " ".join(ran.err.split())) == (6, True), ran.err
    assert handing.times() == {0: 2, 1: 2, 2: 2}


def test_a_chunk_beyond_the_job_is_refused(handing: Handing, page: str) -> None:
    job = handing.job()
    ran = handing.desk.run("report", job, "3", "--result", page)
    assert (ran.code, "has 3 chunks, 0 to 2" in ran.err) == (2, True), ran.err


def test_a_job_that_has_ended_takes_no_reports(desk: Desk, page: str) -> None:
    job = desk.failed_job(text("one", "!fail"))
    ran = desk.run("report", job, "1", "--result", page)
    assert (ran.code, "FAILED" in ran.err) == (6, True), ran.err
    assert f"sfn-callback redrive {job}" in ran.err
    assert list(results(desk, job)) == ["00000000"]


def test_a_machine_that_waits_for_no_chunks_takes_no_reports(handing: Handing, page: str) -> None:
    desk, job = handing.desk, handing.job()
    desk.machine.enter(desk.arn, "Merge", {"split": {"job": desk.deployment.job}})
    ran = desk.run("report", job, "1", "--result", page)
    assert (ran.code, "it is at Merge" in ran.err) == (6, True), ran.err


@pytest.mark.parametrize(
    "given",
    [
        [], ["--result", "page.txt", "--error", "Gone"], ["--cause", "no"], ["--error", ""],
        ["--result", "page.txt", "--cause", "no"],
    ],
)  # fmt: skip
def test_one_of_result_and_error_is_needed(handing: Handing, given: list[str]) -> None:
    handing.desk.machine.asked.clear()
    ran = handing.desk.run("report", "20260131T235959Z-0123456789ab", "1", *given)
    assert (ran.code, "--result" in ran.err and "--error" in ran.err) == (2, True), ran.err
    assert not handing.desk.machine.asked


def test_a_file_that_is_not_there_is_said_before_anything_is_asked(handing: Handing, tmp_path: Path) -> None:
    job = handing.job()
    for path, says in ((tmp_path / "nothing", "No such file"), (tmp_path, "s a directory")):
        ran = handing.desk.run("report", job, "1", "--result", str(path))
        assert (ran.code, says in ran.err) == (3, True), ran.err


def test_a_file_of_more_than_5_gb_is_refused_and_said_how_to_go_on(handing: Handing, tmp_path: Path) -> None:
    job = handing.job()
    with (tmp_path / "huge").open("wb") as huge:
        huge.truncate(5 * 1024**3 + 1)
    ran = handing.desk.run("report", job, "1", "--result", str(tmp_path / "huge"))
    assert (ran.code, "5,368,709,120" in ran.err) == (2, True), ran.err
    assert results(handing.desk, job) == {}


def test_a_chunk_of_a_parent_is_named_by_its_part(parents: object, desk: Desk, page: str) -> None:
    parents.begin("good", "good")  # type: ignore[attr-defined]
    ran = desk.run("report", "big", "1", "--result", page)
    assert (ran.code, "Chunks belong to parts" in ran.err) == (2, True), ran.err


def test_an_encrypted_bucket_is_told_its_key(handing: Handing, page: str, wire: Wire) -> None:
    desk, job = handing.desk, handing.job()
    handing.apply({"SFN_CALLBACK_BUCKET_KEY_ARN": "arn:aws:kms:eu-central-1:000000000000:key/k"})
    assert desk.run("report", job, "1", "--result", page).code == 0
    head = desk.deployment.s3.head_object(Bucket=BUCKET, Key=f"results/{job}/00000001")
    assert head["SSEKMSKeyId"].endswith("key/k")


def test_who_died_between_result_and_outcome_is_healed_by_a_round(handing: Handing, page: str) -> None:
    desk, job = handing.desk, handing.job()
    desk.deployment.put(f"results/{job}/00000001", b"first")
    ran = desk.run("report", job, "1", "--result", page)
    assert (ran.code, f"redrive {job} --missing" in ran.err) == (6, True), ran.err
    assert results(desk, job) == {"00000001": b"first"}
    assert desk.run("redrive", job, "--missing", "--no-wait").code == 0
    assert handing.times() == {0: 2, 1: 1, 2: 2}
