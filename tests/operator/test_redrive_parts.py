"""``redrive`` of a document in parts: processed again is only what failed, and then all is merged."""

import json

import pytest

from sfn_callback.aws import clients
from testing.environment import BUCKET
from tests.operator.conftest import Desk
from tests.operator.parents import KEY, OPTIONS, Parents


def failed(parents: Parents) -> str:
    """Three parts, of which the second one has failed, and the third had been combined."""
    return parents.run("ok", "bad", "ok")


def test_only_what_failed_of_a_part_is_processed_again_and_all_parts_are_merged(desk: Desk, parents: Parents) -> None:
    parent = parents.id(failed(parents))
    desk.deploy_fix()
    parents.run_what_is_started()
    ran = desk.run("redrive", parent)
    assert ran.code == 0, ran.err
    assert desk.processed() == [1]
    ((given),) = parents.started
    version = desk.deployment.s3.head_object(Bucket=BUCKET, Key=KEY)["VersionId"]
    assert given == {"bucket": BUCKET, "key": KEY, "version": version, "options": OPTIONS, "parent": parent}
    assert f"merged/big.txt/{parent}" in ran.out
    # No part was run anew.
    assert [one["name"] for one in desk.machine.executions.values()].count(f"part_{parent}_1") == 0
    assert sum(one["name"].startswith(f"part_{parent}") for one in desk.machine.executions.values()) == 3
    assert desk.deployment.keys(f"parts/{parent}/") == [f"parts/{parent}/{number:08d}" for number in range(3)]


@pytest.mark.parametrize("more", [[], ["--pending"]])
def test_chunks_of_parts_that_are_pending_are_handed_on_again_only_where_that_is_wanted(
    desk: Desk, parents: Parents, more: list[str]
) -> None:
    parent = parents.id(failed(parents))
    desk.run("redrive", parent, "--no-wait", *more)
    assert [event["again"] for name, event in desk.functions.invoked if name == "docs-process"] == [bool(more)]


def test_a_parent_that_was_made_good_is_not_redriven_again_and_shows_it(desk: Desk, parents: Parents) -> None:
    arn = failed(parents)
    parent = parents.id(arn)
    desk.deploy_fix()
    parents.run_what_is_started()
    desk.run("redrive", parent)
    for name in (parent, arn, "big"):
        ran = desk.run("redrive", name)
        assert (ran.code, len(parents.started)) == (6, 1), ran.err
        assert f"merged/big.txt/{parent}" in ran.err


def test_a_part_that_fails_again_is_said_with_why_and_nothing_is_started(desk: Desk, parents: Parents) -> None:
    parent = parents.id(failed(parents))
    parents.run_what_is_started()
    ran = desk.run("redrive", parent)
    assert (ran.code, parents.started) == (1, [])
    assert "part 1: 1 chunk failed again: chunk 1: RuntimeError: this paragraph says !fail" in " ".join(ran.err.split())


def test_parts_that_had_not_begun_are_left_to_the_machine(desk: Desk, parents: Parents) -> None:
    arn = parents.begin("bad", "ok", "ok")
    parents.finish_part(parents.begin_part(arn, 0))
    parents.fail(arn)
    desk.deploy_fix()
    parents.run_what_is_started()
    assert desk.run("redrive", "big").code == 0
    names = [one["name"].rpartition("_")[0] for one in desk.machine.executions.values()]
    assert sorted(name[-2:] for name in names if name.startswith("part_")) == ["_0", "_1", "_2"]


def test_parts_that_were_stopped_keep_what_they_have(desk: Desk, parents: Parents) -> None:
    arn = parents.begin("bad", "ok")
    stopped = parents.begin_part(arn, 1)
    parents.at(stopped)
    desk.deployment.deliver(desk.deployment.chunk_events()[0])
    parents.finish_part(parents.begin_part(arn, 0))
    parents.fail(arn)
    assert desk.machine.executions[stopped]["status"] == "ABORTED"
    desk.deploy_fix()
    parents.run_what_is_started()
    assert desk.run("redrive", "big").code == 0
    assert desk.processed() == [1, 1]


def test_a_parent_whose_merge_alone_failed_is_merged(desk: Desk, parents: Parents) -> None:
    arn = parents.begin("ok", "ok")
    for number in range(2):
        parents.finish_part(parents.begin_part(arn, number))
    parents.fail(arn)
    parents.run_what_is_started()
    ran = desk.run("redrive", "big", "--output", "json")
    assert (ran.code, desk.processed()) == (0, [])
    assert ran.json["output"]["parts"] == 2


def test_a_part_whose_chunks_are_gone_is_cut_anew(desk: Desk, parents: Parents) -> None:
    arn = failed(parents)
    for key in desk.deployment.keys("chunks/"):
        clients.s3().delete_object(Bucket=BUCKET, Key=key)
    desk.deploy_fix()
    parents.run_what_is_started()
    assert desk.run("redrive", arn).code == 0
    assert (desk.processed(), len(parents.started)) == ([], 1)


def test_a_parent_that_still_runs_is_not_redriven(desk: Desk, parents: Parents) -> None:
    arn = parents.begin("ok", "ok")
    child = parents.begin_part(arn, 0)
    ran = desk.run("redrive", parents.id(arn))
    assert (ran.code, desk.processed()) == (6, [])
    assert "sfn-callback redrive" in ran.err
    assert desk.run("redrive", child, "--no-wait").code == 0


def test_a_part_that_still_runs_of_a_parent_that_has_ended_is_not_run_twice(desk: Desk, parents: Parents) -> None:
    arn = parents.begin("ok", "ok")
    parents.begin_part(arn, 0)
    desk.machine.end(arn, "ABORTED")
    ran = desk.run("redrive", parents.id(arn))
    assert ran.code == 6
    assert "sfn-callback cancel" in ran.err


@pytest.mark.parametrize("which", ["--failed", "--missing"])
def test_one_kind_of_chunks_alone_merges_nothing_of_a_parent_and_is_refused(
    desk: Desk, parents: Parents, which: str
) -> None:
    ran = desk.run("redrive", failed(parents), which)
    assert ran.code == 2
    assert f"{which} works on one part" in ran.err


def test_a_part_alone_is_combined_and_says_how_to_merge_the_whole(desk: Desk, parents: Parents) -> None:
    arn = failed(parents)
    parent = parents.id(arn)
    desk.deploy_fix()
    (part,) = [one for one in desk.machine.executions if one.rpartition(":")[2].startswith(f"part_{parent}_1_")]
    ran = desk.run("redrive", part)
    assert ran.code == 0, ran.err
    assert f"parts/{parent}/00000001" in ran.out
    assert f"sfn-callback redrive {parent}" in ran.err
    assert json.loads(desk.deployment.read(f"parts/{parent}/00000001"))
    assert desk.run("redrive", part).code == 6


def test_without_wait_the_parts_are_processed_again_and_nothing_is_merged_yet(desk: Desk, parents: Parents) -> None:
    parent = parents.id(failed(parents))
    desk.deploy_fix()
    ran = desk.run("redrive", parent, "--no-wait", "--output", "json")
    assert (ran.code, ran.json["job"], ran.json["chunks"], desk.processed()) == (0, parent, 1, [1])
    assert f"sfn-callback redrive {parent}" in ran.err
    parents.run_what_is_started()
    assert desk.run("redrive", parent).code == 0
    assert desk.processed() == [1]


def test_12_parts_of_which_one_has_failed_are_found_in_few_requests(desk: Desk, parents: Parents) -> None:
    arn = parents.run(*["ok"] * 8, "bad", *["ok"] * 3)
    desk.deploy_fix()
    parents.run_what_is_started()
    desk.machine.asked.clear()
    assert desk.run("redrive", parents.id(arn)).code == 0
    assert desk.machine.asked.total() <= 12, desk.machine.asked
