"""What the run under force takes for an open orphan: each way to leave one is found."""

import re
from collections.abc import Callable
from typing import Any

import pytest

from proof.chaos import ledger

JOB = "20260131T235959Z-0123456789ab"
Items = dict[str, dict[str, Any]]


def numbers(*values: int) -> dict[str, list[str]]:
    return {"NS": [str(value) for value in values]}


def number(value: int) -> dict[str, str]:
    return {"N": str(value)}


def at_rest() -> Items:
    """258 chunks in two groups, all done, and a machine that waited."""
    return {
        JOB: {
            "full": numbers(0, 1),
            "groups": number(2),
            "total": number(258),
            "tolerated": number(0),
            "tokens": {"SS": ["token"]},
        },
        f"{JOB}#0": {"done": numbers(*range(256))},
        f"{JOB}#1": {"done": numbers(0, 1), "size": number(2)},
        f"{JOB}#demo#3": {"attempts": number(2)},
    }


def failed() -> Items:
    """The same with a chunk that has failed, which is one too many; a top that implies a failure takes no more in."""
    items = at_rest()
    items[f"{JOB}#1"] = {
        "done": numbers(0),
        "failed": numbers(1),
        "size": number(2),
        "reason_1": {"S": "it burnt"},
    }
    items[JOB] = {**items[JOB], "failed": numbers(257), "full": numbers(0)}
    return items


def fanins_of(items: Items) -> dict[str, ledger.FanIn]:
    return ledger.fan_ins({"pk": {"S": key}, **item} for key, item in items.items())


def orphans(items: Items, objects: set[str] | None = None) -> str:
    return "; ".join(ledger.open_orphans(fanins_of(items), objects or set()))


def objects(*left_out: str) -> set[str]:
    return {f"{kind}/{JOB}/{index:08d}" for kind in ("chunks", "results") for index in range(258)} - set(left_out)


def test_a_ledger_at_rest_has_none() -> None:
    assert orphans(at_rest(), objects()) == ""
    assert fanins_of(at_rest())[JOB].verdict() == "success"


def test_a_failure_that_its_top_implies_is_none() -> None:
    assert orphans(failed(), objects(f"results/{JOB}/00000257")) == ""
    assert fanins_of(failed())[JOB].verdict() == "failure"
    assert fanins_of(failed())[JOB].reasons == {"it burnt"}


def not_climbed(items: Items) -> None:
    items[JOB]["full"] = numbers(0)


def climbed_too_early(items: Items) -> None:
    items[f"{JOB}#0"]["done"] = numbers(*range(255))


def counted_instead_of_listed(items: Items) -> None:
    items[f"{JOB}#1"]["done"] = numbers(0, 2)


def with_two_outcomes(items: Items) -> None:
    items[f"{JOB}#1"]["failed"] = numbers(1)


def never_sealed(items: Items) -> None:
    for name in ("groups", "total", "tolerated"):
        del items[JOB][name]


def failed_in_silence(items: Items) -> None:
    items[f"{JOB}#1"] = {"done": numbers(0), "failed": numbers(1), "size": number(2)}


@pytest.mark.parametrize(
    ("break_it", "said"),
    [
        (not_climbed, "group 1 of .* is full, and its top does not know; a machine waits for .* no verdict"),
        (climbed_too_early, "group 0 of .* is not full, and its top says so"),
        (counted_instead_of_listed, "group 1 of .* is not full, and its top says so"),
        (with_two_outcomes, r"two outcomes: \[257\]"),
        (never_sealed, "a machine waits for .* no verdict"),
        (failed_in_silence, r"failed slots of .* are not known at its top: \[257\]"),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_what_is_left_open_is_found(break_it: Callable[[Items], None], said: str) -> None:
    items = at_rest()
    break_it(items)
    assert re.search(said, orphans(items))


def test_a_chunk_that_nothing_has_become_of_is_found() -> None:
    items = at_rest()
    del items[f"{JOB}#1"]
    assert f"chunks/{JOB}/00000257 has no outcome" in orphans(items, objects())
    assert f"chunks/{JOB}/00000257 has no outcome" in orphans({}, objects())


def test_a_chunk_that_is_done_and_has_no_result_is_found() -> None:
    assert orphans(at_rest(), objects(f"results/{JOB}/00000007")) == (
        f"chunks/{JOB}/00000007 is done, and has no result"
    )


def test_a_round_is_a_fan_in_of_its_own() -> None:
    again = f"{JOB}.1-89abcdef"
    items: Items = {again: {"tokens": {"SS": ["token"]}}, f"{again}#0": {"done": numbers(0)}}
    assert set(fanins_of(items)) == {again}
    assert f"a machine waits for {again}" in orphans(items)
