"""``show``, ``watch``, ``logs``, ``cancel`` and ``result`` of a document in parts, and of one of them."""

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import boto3
import pytest

from testing.environment import BUCKET
from tests.operator.conftest import Desk
from tests.operator.parents import Parents


def one_of_each(parents: Parents) -> tuple[str, list[str]]:
    """A parent of four parts: combined, failed, running, and one that has not begun."""
    arn = parents.begin("ok", "bad", "ok", "ok")
    children = [parents.begin_part(arn, number) for number in range(3)]
    for number in range(2):
        parents.finish_part(children[number])
    return arn, children


def test_a_parent_is_shown_with_each_of_its_parts(desk: Desk, parents: Parents) -> None:
    arn, children = one_of_each(parents)
    parent = parents.id(arn)
    for name in (parent, arn, "big"):
        said = desk.json("show", name)
        assert (said["execution"], said["job"], said["status"], said["state"]) == (arn, parent, "RUNNING", "RunParts")
        assert (said["document"], said["parts_total"], said["parts_combined"]) == (
            f"s3://{BUCKET}/documents/big.txt",
            4,
            1,
        )
        assert (said["chunks"], said["done"], said["failed_count"]) == (6, 3, 1)
    assert [
        (one["part"], one["bytes"], one["status"], one["chunks"], one["done"], one["failed"]) for one in said["parts"]
    ] == [
        (0, 12, "SUCCEEDED", 2, 2, 0),
        (1, 12, "FAILED", 2, 1, 1),
        (2, 12, "RUNNING", 2, 0, 0),
        (3, 12, "PENDING", None, None, None),
    ]
    assert [one["execution"] for one in said["parts"]] == [*children, None]
    assert said["parts"][1]["job"] == parents.at(children[1])["job"]
    shown = desk.run("show", parent).out
    assert "PENDING" in shown and children[1].rpartition(":")[2] in shown


def test_a_part_names_its_parent(desk: Desk, parents: Parents) -> None:
    arn, children = one_of_each(parents)
    for name in (children[1], str(parents.at(children[1])["job"])):
        said = desk.json("show", name)
        assert (said["part"], said["parent"], said["failed_count"]) == (1, parents.id(arn), 1)
    assert parents.id(arn) in desk.run("show", children[2]).out


def test_a_parent_that_has_failed_says_what_to_type_and_one_that_was_merged_where(desk: Desk, parents: Parents) -> None:
    failed, merged = parents.run("bad", "ok", name="one"), parents.run("ok", "ok", name="two")
    ran = desk.run("show", failed)
    assert f"sfn-callback redrive {parents.id(failed)}" in ran.out
    assert "Part 0 failed first" in " ".join(ran.out.split())
    said = desk.json("show", merged)
    assert said["result"] == f"s3://{BUCKET}/merged/big.txt/{parents.id(merged)}"
    assert (said["chunks"], said["done"], said["failed_count"], said["parts_combined"]) == (4, 4, 0, 2)


def test_64_parts_are_shown_in_few_requests(desk: Desk, parents: Parents) -> None:
    arn = parents.begin(*["ok"] * 64)
    children = [parents.begin_part(arn, number) for number in range(8)]
    for child in children[:4]:
        parents.finish_part(child)
    desk.machine.asked.clear()
    said = desk.json("show", arn)
    assert [one["status"] for one in said["parts"]] == ["SUCCEEDED"] * 4 + ["RUNNING"] * 4 + ["PENDING"] * 56
    # Its own history, those of four that run, and the list.
    assert desk.machine.asked["GetExecutionHistory"] <= 5
    assert desk.machine.asked["ListExecutions"] == 1
    assert desk.machine.asked["DescribeExecution"] <= 3


def test_watch_adds_up_what_the_parts_have_done(desk: Desk, parents: Parents, monkeypatch: pytest.MonkeyPatch) -> None:
    from sfn_callback_operator.actions import follow

    arn = parents.begin("ok", "ok")
    first = parents.begin_part(arn, 0)
    steps: list[Callable[[], object]] = [
        lambda: parents.finish_part(first),
        lambda: parents.finish_part(parents.begin_part(arn, 1)),
        lambda: parents.merge(arn),
    ]
    monkeypatch.setattr("time.sleep", lambda _: steps.pop(0)())
    seen: list[Any] = []
    moments = follow.moments

    def noting(*given: Any) -> Iterator[Any]:
        for one in moments(*given):
            seen.append(one)
            yield one

    monkeypatch.setattr(follow, "moments", noting)
    said = desk.json("watch", parents.id(arn))
    assert [(one.progress.chunks, one.progress.done, one.parts) for one in seen[:3]] == [
        (2, 0, (0, 2)),
        (2, 2, (1, 2)),
        (4, 4, (2, 2)),
    ]
    assert (said["status"], said["output"]["chunks"]) == ("SUCCEEDED", 4)


def test_cancel_stops_the_parent_and_then_its_parts_and_nobody_elses(desk: Desk, parents: Parents) -> None:
    arn, children = one_of_each(parents)
    other = parents.begin("ok", name="other")
    others = parents.begin_part(other, 0)
    ran = desk.run("cancel", parents.id(arn), "--yes", "--cause", "wrong document")
    assert ran.code == 0, ran.err
    assert "1 part" in ran.err
    status = {one: said["status"] for one, said in desk.machine.executions.items()}
    assert (status[arn], status[children[2]], status[children[0]]) == ("ABORTED", "ABORTED", "SUCCEEDED")
    assert status[other] == status[others] == "RUNNING"
    assert desk.machine.executions[children[2]]["cause"] == "wrong document"


def test_cancel_stops_what_is_left_of_a_parent_that_has_ended(desk: Desk, parents: Parents) -> None:
    arn, children = one_of_each(parents)
    desk.machine.end(arn, "FAILED", error="Gone")
    assert desk.run("cancel", arn, "--yes").code == 0
    assert desk.machine.executions[children[2]]["status"] == "ABORTED"
    assert desk.run("cancel", arn, "--yes").code == 6


def test_logs_of_a_parent_are_of_both_machines_functions(desk: Desk, parents: Parents) -> None:
    arn, children = one_of_each(parents)
    parent, client = parents.id(arn), boto3.client("logs")
    part = {"event": "split_started", "job": parents.at(children[0])["job"], "parent": parent, "part": 0}
    lines = (("docs-cut", {"event": "cut_done", "job": parent, "parts": 4}), ("docs-split", part))
    for function, fields in lines:
        group = f"/aws/lambda/{function}"
        client.create_log_group(logGroupName=group)
        client.create_log_stream(logGroupName=group, logStreamName="s")
        now = datetime.now(UTC)
        message = json.dumps({"timestamp": now.isoformat(), "level": "INFO", "message": "said", **fields})
        event = {"timestamp": int(now.timestamp() * 1000), "message": message}
        client.put_log_events(logGroupName=group, logStreamName="s", logEvents=[event])
    assert [line["event"] for line in desk.json("logs", parent)] == ["cut_done", "split_started"]
    ran = desk.run("logs", parent, "3")
    assert (ran.code, "Chunks belong to parts" in ran.err) == (2, True)


def test_the_result_of_a_parent_and_of_a_part_are_fetched(desk: Desk, parents: Parents) -> None:
    arn = parents.run("ok", "ok")
    parent = parents.id(arn)
    for name in (parent, arn, "documents/big.txt"):
        ran = desk.run("result", name)
        assert (ran.code, json.loads(ran.out)["words"]) == (0, 4), ran.err
    (part,) = [one for one in desk.machine.executions if f"part_{parent}_1_" in one]
    assert desk.json("result", part)["key"] == f"parts/{parent}/00000001"


def test_the_result_of_a_parent_that_has_none_is_said_to_be_missing(desk: Desk, parents: Parents) -> None:
    arn, _ = one_of_each(parents)
    ran = desk.run("result", arn)
    assert (ran.code, "1 of 4 parts" in " ".join(ran.err.split())) == (7, True)
    parents.fail(arn)
    ran = desk.run("result", arn)
    assert (ran.code, f"sfn-callback redrive {parents.id(arn)}" in " ".join(ran.err.split())) == (1, True)
