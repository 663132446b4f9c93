"""A larger stack, with a bucket, a key, a network, a boundary and a machine of its own."""

import json

from emulator.state_machine import Machine, follow
from tests.e2e.support.lifecycle import changes
from tests.examples.conftest import Example

EXAMPLE = "existing-infrastructure"


def test_a_text_is_split_and_merged(example: Example) -> None:
    assert example.merged(example.outputs["bucket"])["words"] == 3


def test_a_machine_of_ones_own_takes_its_own_step(example: Example) -> None:
    machine = Machine(example.local, example.outputs["callback"]["state_machine_arns"]["direct"])
    *_, (seen,) = follow([machine.start({"done_chance": 1})])
    assert json.loads(seen.description["output"])["archived"] is True


def test_a_second_plan_changes_nothing(example: Example) -> None:
    assert [changes(example.root), changes(example.root)] == [[], []]


def test_destroying_leaves_nothing(example: Example) -> None:
    assert example.destroyed() == ({}, {})
