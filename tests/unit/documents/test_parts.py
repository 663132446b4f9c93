"""What a workload's parts() gives is taken as it is where it covers the document, and refused by name where not."""

import itertools
import json
from bisect import bisect
from collections.abc import Iterable, Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sfn_callback.documents.events import DocumentAt
from sfn_callback.documents.part_events import Cut
from sfn_callback.documents.parts import MAX_JSON, MAX_PARTS, check_parts
from sfn_callback.errors import PartsInvalid
from sfn_callback.ids import new_job
from tests.conftest import examples


def between(cuts: Iterable[int]) -> list[tuple[int, int]]:
    return list(itertools.pairwise(cuts))


def endless(begin: int = 0) -> Iterator[tuple[int, int]]:
    return ((at, at + 1) for at in itertools.count(begin))


@examples()
@given(st.sets(st.integers(1, 10**12), min_size=1), st.sampled_from([list, tuple]), st.sampled_from([list, iter]))
def test_ranges_that_cover_the_document_are_what_was_given(cuts: set[int], pair: Any, whole: Any) -> None:
    ranges = between([0, *sorted(cuts)])
    assert check_parts(whole([pair(one) for one in ranges]), max(cuts)) == ranges


def test_an_empty_document_has_no_parts() -> None:
    assert check_parts([], 0) == []


@pytest.mark.parametrize(
    ("ranges", "said"),
    [
        ([(1, 4), (4, 10)], r"part 0, \[1, 4\), begins after byte 0, .* gap"),
        ([(0, 4), (5, 10)], r"part 1, \[5, 10\), begins after byte 4, .* gap"),
        ([(0, 4), (3, 10)], r"part 1, \[3, 10\), begins before byte 4, .* overlap"),
        ([(0, 4), (0, 4), (4, 10)], r"part 1, \[0, 4\), begins before byte 4"),
        ([(4, 10), (0, 4)], r"part 0, \[4, 10\)"),
        ([(-1, 10)], r"part 0, \[-1, 10\), begins before byte 0"),
        ([(0, 0), (0, 10)], r"part 0, \[0, 0\), is empty, or goes backwards"),
        ([(0, 4), (4, 3)], r"part 1, \[4, 3\), is empty, or goes backwards"),
        ([(0, 4), (4, 11)], r"part 1, \[4, 11\), ends beyond the document, which has 10 bytes"),
        ([(0, 4), (4, 9)], r"end at byte 9, .* has 10 bytes"),
        ([], r"end at byte 0, .* has 10 bytes"),
    ],
)
def test_ranges_that_do_not_cover_the_document_are_refused_and_the_first_of_them_named(
    ranges: list[tuple[int, int]], said: str
) -> None:
    with pytest.raises(PartsInvalid, match=rf"parts\(\) .*{said}"):
        check_parts(ranges, 10)


def test_a_document_without_a_byte_has_no_part_either() -> None:
    with pytest.raises(PartsInvalid, match="empty, or goes backwards"):
        check_parts([(0, 0)], 0)


@pytest.mark.parametrize(
    "given", [7, None, "0-4", (0,), (0, 4, 10), (0, 4.0), (0, True), ("0", "4"), (None, 4), {0: 4, 4: 10}, range(2)]
)
def test_what_is_no_pair_of_whole_numbers_is_refused(given: object) -> None:
    with pytest.raises(PartsInvalid, match=r"part 0 is .*; it must be a pair of integers, \(start, end\)"):
        check_parts([given], 10)


@pytest.mark.parametrize("given", [None, 7])
def test_what_is_no_list_is_refused(given: Any) -> None:
    with pytest.raises(PartsInvalid, match=r"parts\(\) returned a (NoneType|int); .* pairs of integers"):
        check_parts(given, 10)


def test_what_is_wrong_is_shown_in_short() -> None:
    with pytest.raises(PartsInvalid) as caught:
        check_parts(["x" * 1_000_000], 10)
    assert len(str(caught.value)) < 500


def test_as_many_parts_as_a_machine_takes_are_taken_and_not_one_more() -> None:
    assert len(check_parts(between(range(MAX_PARTS + 1)), MAX_PARTS)) == MAX_PARTS == 10_000
    with pytest.raises(PartsInvalid, match=r"more than 10,000 parts.*larger"):
        check_parts(between(range(MAX_PARTS + 2)), MAX_PARTS + 1)


def test_an_endless_generator_is_not_read_to_its_end() -> None:
    ranges = endless()
    with pytest.raises(PartsInvalid, match="more than 10,000 parts"):
        check_parts(ranges, 10**9)
    assert next(ranges)[0] <= MAX_PARTS + 1
    still = itertools.repeat((0, 1))
    with pytest.raises(PartsInvalid, match="part 1"):
        check_parts(still, 10**9)


def test_as_much_json_as_the_state_takes_is_taken_and_not_one_byte_more() -> None:
    # Of numbers as long as S3's objects are large, fewer than 10,000 fit.
    ranges = between([0, *range(10**12, 10**12 + 9_000)])
    fit = ranges[: bisect(range(9_000), MAX_JSON, key=lambda many: len(json.dumps(ranges[:many]))) - 1]
    assert len(json.dumps(check_parts(fit, fit[-1][1]))) <= MAX_JSON == 160 * 1024
    more = ranges[: len(fit) + 1]
    with pytest.raises(PartsInvalid, match=r"\d+,\d+ bytes of JSON; the limit is 163,840.*larger"):
        check_parts(more, more[-1][1])


def test_a_state_has_room_for_all_parts_their_document_and_a_cause() -> None:
    # https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html
    for far in (10**5, 10**9, 10**12):
        ranges = between([0, *range(far, far + MAX_PARTS)])[: MAX_PARTS - 1]
        sizes = itertools.accumulate(len(json.dumps(one)) + 2 for one in ranges)
        many = sum(size < MAX_JSON for size in sizes)
        fit = check_parts(ranges[:many], ranges[many - 1][1])
        at = DocumentAt("b" * 63, "k" * 1_024, "v" * 1_024, {"o": "o" * 3_000})
        numbered = [(number, *range_) for number, range_ in enumerate(fit)]
        state = Cut(at, new_job(), many, numbered, '"' + "0" * 40 + '"', "0" * 8).as_json()
        assert len(json.dumps({**state, "failure": {"Error": "E" * 256, "Cause": "c" * 32_768}})) <= 256 * 1024


def test_what_the_workload_raises_is_what_is_raised() -> None:
    def broken() -> Iterator[tuple[int, int]]:
        yield 0, 4
        raise RuntimeError("no index")

    with pytest.raises(RuntimeError, match="no index"):
        check_parts(broken(), 10)
