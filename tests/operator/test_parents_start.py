"""``start`` where large documents are cut into parts, and what ``doctor`` says of parents and parts."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from testing.environment import BUCKET, MACHINE
from tests.operator.conftest import Desk
from tests.operator.parents import PARTS_MACHINE, Parents
from tests.operator.test_parents import one_of_each

APPROVAL = MACHINE.replace("-documents", "-approval")
OVER = 1024 * 1024 + 1


def machines(desk: Desk) -> list[str]:
    return [one["stateMachineArn"] for one in desk.machine.executions.values()]


@pytest.mark.parametrize(("size", "by"), [(OVER, PARTS_MACHINE), (OVER - 1, MACHINE)])
def test_a_file_is_waited_for_in_the_machine_that_its_size_starts(
    desk: Desk, parents: Parents, tmp_path: Path, size: int, by: str
) -> None:
    (tmp_path / "d.txt").write_bytes(b"x" * size)
    desk.event_starts(f"d-txt-{'0' * 32}", machine=by)
    told = desk.json("start", str(tmp_path / "d.txt"))
    assert told["execution"].startswith(by.replace(":stateMachine:", ":execution:"))


@pytest.mark.parametrize(("size", "by"), [(OVER, PARTS_MACHINE), (OVER - 1, MACHINE)])
def test_what_lies_in_the_bucket_is_started_by_its_size(desk: Desk, parents: Parents, size: int, by: str) -> None:
    desk.deployment.put("documents/d.txt", b"x" * size)
    assert desk.run("start", "documents/d.txt").code == 0
    desk.machine.machines.remove(APPROVAL)
    given = json.dumps({"bucket": BUCKET, "key": "documents/d.txt"})
    assert desk.run("start", "--input", given).code == 0
    assert desk.run("start", "--input", '{"something": "else"}').code == 0
    assert machines(desk) == [by, by, MACHINE]


@pytest.mark.parametrize(("workflow", "by"), [("parts", PARTS_MACHINE), ("documents", MACHINE)])
def test_a_document_is_started_in_parts_or_in_one_piece_where_that_is_said(
    desk: Desk, parents: Parents, workflow: str, by: str
) -> None:
    desk.deployment.put("documents/d.txt", b"x")
    assert desk.run("start", "documents/d.txt", "--workflow", workflow).code == 0
    assert desk.run("start", "--input", '{"bucket": "b", "key": "k"}', "--workflow", workflow).code == 0
    assert machines(desk) == [by] * 2


def test_a_file_cannot_be_started_in_the_other_machine(desk: Desk, parents: Parents, tmp_path: Path) -> None:
    (tmp_path / "d.txt").write_bytes(b"x")
    ran = desk.run("start", str(tmp_path / "d.txt"), "--workflow", "parts")
    assert (ran.code, machines(desk)) == (2, [])
    assert "The size of an uploaded file chooses its workflow" in ran.err
    assert not desk.deployment.keys("documents/")


def found(desk: Desk, what: str) -> list[dict[str, Any]]:
    return [one for one in desk.json("doctor") if one["what"] == what]


def test_a_parent_whose_parts_run_is_well_and_a_part_that_is_stuck_is_named(desk: Desk, parents: Parents) -> None:
    arn, children = one_of_each(parents)
    for one in (arn, *children):
        desk.machine.earlier(one, 100_000)
    ((told),) = found(desk, "open jobs")
    job = parents.at(children[2])["job"]
    assert told["do"] == f"sfn-callback redrive {job} --missing"


def test_parts_that_run_after_their_parent_has_ended_are_told(desk: Desk, parents: Parents) -> None:
    arn, children = one_of_each(parents)
    other = parents.begin("ok", name="well")
    parents.begin_part(other, 0)
    desk.machine.end(arn, "ABORTED")
    desk.machine.earlier(children[2], 1_000)
    # They are being stopped.
    assert not found(desk, "parts")
    desk.machine.executions[arn]["stopDate"] -= timedelta(seconds=900)
    (told,) = found(desk, "parts")
    assert told["do"] == f"sfn-callback cancel {parents.id(arn)}"
    assert "1 part of" in told["says"]


def test_failures_count_a_document_in_parts_once(desk: Desk, parents: Parents) -> None:
    parents.run("bad", "bad", "ok")
    (told,) = found(desk, "failures")
    assert told["says"].startswith("1 of parts FAILED in the last day, the newest big")


def test_a_document_without_a_result_is_said_by_its_parent(desk: Desk, parents: Parents) -> None:
    arn, _ = one_of_each(parents)
    ran = desk.run("result", "documents/big.txt")
    assert (ran.code, "1 of 4 parts" in " ".join(ran.err.split())) == (7, True)
    assert json.loads(desk.machine.executions[arn]["input"])["key"] == "documents/big.txt"
