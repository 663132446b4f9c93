"""A package with a workload of one's own and what that imports."""

from tests.e2e.support.lifecycle import changes
from tests.examples.conftest import Example

EXAMPLE = "own-package"

ORDERS = b'{"customer": "ana", "cents": 5}\n' * 150


def test_orders_are_checked_with_what_the_package_brings_and_added(example: Example) -> None:
    assert example.merged(example.outputs["bucket"], ORDERS) == {"ana": 750}


def test_a_second_plan_changes_nothing(example: Example) -> None:
    assert [changes(example.root), changes(example.root)] == [[], []]


def test_destroying_leaves_nothing(example: Example) -> None:
    assert example.destroyed() == ({}, {})
