"""Sizes and units by DynamoDB's documented rules."""

import pytest

from benchmarks.billing.capacity import item_bytes, read_units, write_units


def test_names_texts_and_numbers_count() -> None:
    assert item_bytes({"pk": {"S": "日本"}}) == 2 + 6
    assert item_bytes({"n": {"N": "255"}}) == 1 + 2 + 1
    assert item_bytes({"n": {"N": "1000"}}) == item_bytes({"n": {"N": "1"}}) == 1 + 1 + 1
    assert item_bytes({"n": {"N": "0"}}) == 1 + 1 + 1


def test_what_holds_values_costs_three_bytes_and_one_for_each() -> None:
    assert item_bytes({"flags": {"L": [{"BOOL": True}] * 10}}) == 5 + 3 + 10 * 2
    assert item_bytes({"done": {"NS": ["7", "200"]}}) == 4 + 3 + (2 + 1) + (2 + 1)
    assert item_bytes({"tokens": {"SS": ["ab"]}}) == 6 + 3 + (2 + 1)


@pytest.mark.parametrize(("size", "units"), [(0, 1), (1_024, 1), (1_025, 2), (10_240, 10)])
def test_a_write_costs_the_larger_of_before_and_after(size: int, units: int) -> None:
    assert write_units(size, 0) == write_units(0, size) == units


@pytest.mark.parametrize(("size", "units"), [(0, 1), (4_096, 1), (4_097, 2)])
def test_a_read_costs_a_unit_for_4_kb(size: int, units: int) -> None:
    assert read_units(size) == units
