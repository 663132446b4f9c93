"""What a workload's ``parts`` returns: byte ranges that cover the document and fit into a machine's state."""

import json
from collections.abc import Iterable
from typing import NoReturn

from sfn_callback.errors import PartsInvalid

MAX_PARTS = 10_000
"""So many children of a Distributed Map run at once.
https://docs.aws.amazon.com/step-functions/latest/dg/state-map-distributed.html"""
MAX_JSON = 160 * 1024
"""Bytes, of the 256 KiB that a state may give: the parts' numbers, the document and a cause of 32 KiB have to fit, too.
https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html"""
_SHOWN = 80


def check_parts(ranges: Iterable[object], size: int) -> list[tuple[int, int]]:
    """Check and return the ranges (start, end), which cover a document of ``size`` bytes in order.

    A document of 0 bytes has none. An iterable is read no further than the first wrong range, or one too many.

    Raises:
        PartsInvalid: they do not cover the document, or are too many; the first one that is wrong is named.
    """
    if not isinstance(ranges, Iterable):
        _refuse(f"returned a {type(ranges).__name__}; it must return pairs of integers, (start, end)")
    found: list[tuple[int, int]] = []
    for given in ranges:
        if len(found) == MAX_PARTS:
            _refuse(f"returned more than {MAX_PARTS:,} parts: make them larger")
        found.append(_next(given, len(found), found[-1][1] if found else 0, size))
    if (end := found[-1][1] if found else 0) != size:
        _refuse(f"returned parts that end at byte {end:,}, but the document has {size:,} bytes: cover it to its end")
    _check_json(found)
    return found


def _next(given: object, number: int, at: int, size: int) -> tuple[int, int]:
    """Return the range that begins at byte ``at``."""
    if not (isinstance(given, tuple | list) and [type(one) for one in given] == [int, int]):
        shown = repr(given)[:_SHOWN]
        _refuse(f"returned an invalid range: part {number} is {shown}; it must be a pair of integers, (start, end)")
    start, end = given
    if end <= start:
        _refuse_range(given, number, "is empty, or goes backwards")
    if start > at:
        _refuse_range(given, number, f"begins after byte {at}, where the previous part ends: there is a gap")
    if start < at:
        _refuse_range(given, number, f"begins before byte {at}, where the previous part ends: they overlap")
    if end > size:
        _refuse_range(given, number, f"ends beyond the document, which has {size} bytes")
    return start, end


def _check_json(ranges: list[tuple[int, int]]) -> None:
    # With the blanks that Lambda's own runtime writes:
    # https://github.com/aws/aws-lambda-python-runtime-interface-client/blob/main/awslambdaric/lambda_runtime_marshaller.py
    if (size := len(json.dumps(ranges))) > MAX_JSON:
        many = f"{len(ranges):,} parts, which have {size:,} bytes of JSON"
        _refuse(f"returned {many}; the limit is {MAX_JSON:,}: make them larger")


def _refuse_range(given: "tuple[int, int] | list[int]", number: int, problem: str) -> NoReturn:
    _refuse(
        f"returned ranges that do not cover the document: part {number}, [{given[0]}, {given[1]}), {problem}."
        " Each must begin where the previous one ends, and the first one at 0"
    )


def _refuse(problem: str) -> NoReturn:
    raise PartsInvalid(f"The workload's parts() {problem}.")
