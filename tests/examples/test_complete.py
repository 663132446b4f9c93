"""All that can be switched on, and going back."""

from dataclasses import replace

from tests.e2e.support.lifecycle import changes
from tests.examples.conftest import Example

EXAMPLE = "complete"


def test_a_text_is_split_and_merged(example: Example) -> None:
    assert example.merged(example.outputs["callback"]["bucket"])["words"] == 3


def test_a_second_plan_changes_nothing(example: Example) -> None:
    assert [changes(example.root), changes(example.root)] == [[], []]


def test_going_back_points_the_aliases_to_what_ran_before(example: Example) -> None:
    before = example.outputs["function_versions"]
    upgraded = replace(example.root, variables={**example.root.variables, "chunk_bytes": 2048})
    after = upgraded.apply()["function_versions"]
    assert all(after[handler] != version for handler, version in before.items())
    back = replace(upgraded, variables={**upgraded.variables, "live_versions": before}).apply()
    assert back["function_versions"] == before
    functions = example.local.client("lambda")
    split = back["callback"]["function_names"]["split"]
    live, latest = (
        functions.get_function_configuration(FunctionName=split, Qualifier=qualifier)["Environment"]["Variables"]
        for qualifier in ("live", "$LATEST")
    )
    assert (live["CHUNK_BYTES"], latest["CHUNK_BYTES"]) == ("4096", "2048")


def test_destroying_leaves_nothing(example: Example) -> None:
    assert example.destroyed() == ({}, {})
