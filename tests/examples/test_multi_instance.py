"""Two instances in each of two regions."""

import pytest

from tests.e2e.support.lifecycle import changes
from tests.examples.conftest import Example

EXAMPLE = "multi-instance"


@pytest.mark.parametrize(("region", "instance"), [("first", "invoices"), ("second", "letters")])
def test_a_text_is_split_and_merged_in_either_region(example: Example, region: str, instance: str) -> None:
    assert example.merged(example.outputs["buckets"][region][instance])["words"] == 3


def test_a_second_plan_changes_nothing(example: Example) -> None:
    assert [changes(example.root), changes(example.root)] == [[], []]


def test_destroying_leaves_nothing(example: Example) -> None:
    assert example.destroyed() == ({}, {})
