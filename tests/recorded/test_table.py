"""Each row of the table is held, by tests of ours, against all that it names."""

import importlib
import re
from pathlib import Path

import pytest

from tests.recorded.facts import FACTS, LOCAL, TESTS

for _file in Path(__file__).parent.glob("test_*.py"):
    if _file.stem != "test_table":
        importlib.import_module(f"tests.recorded.{_file.stem}")


@pytest.mark.parametrize("row", FACTS)
def test_a_row_is_held_against_all_that_it_names(row: str) -> None:
    assert {against for held, against in TESTS if held == row} == {*FACTS[row].against}


@pytest.mark.parametrize("row", FACTS)
def test_a_row_says_when_and_by_whom_it_was_seen(row: str) -> None:
    assert re.fullmatch(r"https://github\.com/\S+", FACTS[row].source)
    assert re.fullmatch(r"20\d\d-\d\d-\d\d", FACTS[row].date)


@pytest.mark.parametrize("row", FACTS)
def test_what_the_local_aws_does_not_do_is_said(row: str) -> None:
    assert (LOCAL in FACTS[row].against) != bool(FACTS[row].not_local)


def test_no_test_holds_a_row_that_is_not_there() -> None:
    assert {row for row, _ in TESTS} <= {*FACTS}
