"""``jobs`` with documents in parts: a parent is a line, its parts are below it, and nobody asks for each of them."""

from typing import Any

from testing.environment import MACHINE
from tests.operator.conftest import Desk
from tests.operator.parents import Parents
from tests.operator.test_parents import one_of_each
from tests.operator.test_volume import Asked, asked  # noqa: F401 - a fixture


def below(row: dict[str, Any]) -> list[tuple[int, str]]:
    return [(part["part"], part["status"]) for part in row["parts"]]


def test_a_parent_is_one_line_and_its_parts_are_below_it_the_failed_first(desk: Desk, parents: Parents) -> None:
    arn, children = one_of_each(parents)
    desk.job()
    parent, alone = sorted(desk.json("jobs"), key=lambda row: row["workflow"], reverse=True)
    assert (parent["target"], parent["workflow"], parent["execution"]) == (parents.id(arn), "parts", arn)
    assert (parent["parts_combined"], parent["parts_total"]) == (1, 4)
    assert below(parent) == [(1, "FAILED"), (2, "RUNNING")]
    assert [part["execution"] for part in parent["parts"]] == children[1:]
    assert (parent["chunks"], parent["done"], parent["failed"], parent["at_least"]) == (4, 1, 1, True)
    assert ("parts" in alone, alone["workflow"]) == (False, "documents")
    said = desk.run("jobs").out.splitlines()
    jobs = [part["job"] for part in parent["parts"]]
    assert [line.split()[0] for line in said if line.startswith("  2")] == jobs
    assert "1 of 4 parts" in " ".join(" ".join(said).split())


def test_names_have_the_parent_and_not_its_parts(desk: Desk, parents: Parents) -> None:
    one_of_each(parents)
    desk.job()
    assert sorted(desk.run("jobs", "--names").out.split()) == ["big", "run-1"]


def test_of_many_parts_few_are_listed_with_how_many_more_and_all_of_them_with_an_option(
    desk: Desk, parents: Parents
) -> None:
    arn = parents.begin(*["ok"] * 9)
    for number in range(8):
        parents.begin_part(arn, number)
    (row,) = desk.json("jobs")
    assert (below(row), row["parts_more"]) == ([(number, "RUNNING") for number in range(5)], 3)
    assert "3 more parts" in desk.run("jobs").out
    (row,) = desk.json("jobs", "--parts")
    assert (len(row["parts"]), row["parts_more"]) == (8, 0)


def test_a_part_whose_parent_is_not_listed_is_shown_as_what_it_is(desk: Desk, parents: Parents) -> None:
    arn, children = one_of_each(parents)
    desk.machine.end(arn, "ABORTED")
    (row,) = desk.json("jobs")
    assert (row["workflow"], row["execution"]) == ("documents", children[2])
    forgotten = "part_20260131T235959Z-0123456789ab_3_01234567"
    desk.machine.begin(MACHINE, forgotten, {})
    assert forgotten in [row["target"] for row in desk.json("jobs")]


def test_what_has_ended_has_its_failed_parts_below_it(desk: Desk, parents: Parents) -> None:
    arn = parents.run("ok", "bad", "ok")
    good = parents.run("ok", "ok", name="good")
    failed, done = desk.json("jobs", "--all")
    assert (failed["execution"], done["execution"]) == (arn, good)
    assert below(failed) == [(1, "FAILED")]
    assert "chunk 00000001: RuntimeError" in failed["parts"][0]["waits_for"]
    assert (done["chunks"], done["done"], done["parts_total"], done["parts_combined"]) == (4, 4, 2, 2)
    (row,) = desk.json("jobs", "--status", "FAILED", "--workflow", "parts")
    assert (row["execution"], below(row)) == (arn, [(1, "FAILED")])
    assert desk.run("jobs", "--status", "FAILED", "--names").out.split() == ["big"]


def test_the_parts_of_a_parent_that_runs_are_not_listed_as_ended(desk: Desk, parents: Parents) -> None:
    one_of_each(parents)
    (row,) = desk.json("jobs", "--all")
    assert row["workflow"] == "parts"


def test_a_parent_that_was_made_good_is_listed_so(desk: Desk, parents: Parents) -> None:
    arn = parents.run("ok", "bad")
    desk.deploy_fix()
    parents.run_what_is_started()
    assert desk.run("redrive", arn).code == 0
    (row,) = [row for row in desk.json("jobs", "--status", "FAILED") if row["execution"] == arn]
    assert f"/merged/big.txt/{parents.id(arn)}" in row["made_good"]


def test_64_parts_take_the_first_page_no_more_than_thirty_requests(desk: Desk, parents: Parents, asked: Asked) -> None:  # noqa: F811
    arn = parents.begin(*["ok"] * 64)
    for number in range(12):
        parents.begin_part(arn, number)
    for number in range(12, 64):
        state = parents.state(arn)
        desk.machine.begin(MACHINE, f"part_{state['parent']}_{number}_{state['run']}", {})
    for number in range(25):
        desk.machine.begin(MACHINE, f"one-{number}", {})
    desk.machine.earlier(arn, 100)
    counted, ran = asked.by("jobs", "--output", "json")
    assert counted.total() <= 30, counted
    (row,) = [row for row in ran.json if row["workflow"] == "parts"]
    assert (len(row["parts"]), row["parts_more"], row["parts_total"]) == (5, 59, 64)
