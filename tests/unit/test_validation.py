"""What is quoted of what came from outside, and what is not."""

import json
from typing import Any

import pytest
from hypothesis import given as drawn
from hypothesis import strategies as st

from sfn_callback import validation
from sfn_callback.errors import InputInvalid

SECRET = "AAAAKgAAAAIAAAAAAAAAAf+b/c==" * 2


@pytest.mark.parametrize("value", ["maybe", 7, -1, 1.5, True, None, "x" * 38])
def test_a_short_value_is_quoted(value: Any) -> None:
    assert validation.shown(value) == json.dumps(value)


@pytest.mark.parametrize("value", [SECRET, [SECRET], {SECRET: 1}, {"a": {"b": [SECRET]}}, "x" * 39])
def test_of_a_long_value_only_the_kind_is_told(value: Any) -> None:
    assert validation.shown(value) in ("an array", "an object", f"a value of {len(json.dumps(value))} characters")


def test_a_long_name_is_not_shown_among_the_others() -> None:
    assert validation.names({"token": 1, SECRET: 2, "a": 3}) == "[…, 'a', 'token']"


@pytest.mark.parametrize(
    ("value", "kind"),
    [(None, "null"), ("x", "a string"), (7, "a number"), (0.5, "a number"), (True, "a boolean"), ([], "an array")],
)
def test_what_has_no_fields_is_told_by_its_kind(value: Any, kind: str) -> None:
    assert validation.shape(value) == f"it is {kind}"
    with pytest.raises(InputInvalid, match=f"^It must be a JSON object, not {kind}.$"):
        validation.fields("It", value)


def test_what_has_fields_is_told_by_their_names() -> None:
    assert validation.shape({"b": SECRET, "a": 1}) == "its fields are ['a', 'b']"


@pytest.mark.parametrize("value", [float("inf"), float("nan"), -1, 0.5, True, "3", None, [3]])
def test_a_number_that_is_none_is_refused(value: Any) -> None:
    with pytest.raises(InputInvalid, match="'n' must be a non-negative integer, not "):
        validation.number({"n": value}, "n")


def nested(depth: int, inner: Any, *, objects: bool) -> Any:
    for _ in range(depth):
        inner = {"a": inner} if objects else [inner]
    return inner


@drawn(st.integers(0, 300), st.booleans(), st.sampled_from([1, "x", [], {}]))
def test_depth_counts_arrays_and_objects(depth: int, objects: bool, inner: Any) -> None:
    deep = depth + (inner in ([], {}))
    assert validation.too_deep(nested(depth, inner, objects=objects)) == (deep > validation.MAX_DEPTH)


def test_what_is_not_too_deep_can_be_kept_and_read_by_python() -> None:
    value = nested(validation.MAX_DEPTH, 1, objects=True)
    assert json.loads(json.dumps(value)) == value
    assert not validation.too_deep(value)


@pytest.mark.parametrize("name", ["docs", "Old_Bucket.1", "a" * 255])
def test_a_buckets_name_is_taken(name: str) -> None:
    assert validation.bucket({"bucket": name}) == name


@pytest.mark.parametrize("name", ["arn:aws:s3:::docs", "s3://docs", "docs/documents", "do cs", "größe", "a" * 256])
def test_what_is_no_buckets_name_is_refused_with_what_to_write(name: str) -> None:
    with pytest.raises(InputInvalid, match="must be a bucket name, without arn:aws:s3::: or s3:// before it"):
        validation.bucket({"bucket": name})


@pytest.mark.parametrize("half", ["\ud800", "documents/\udfff.txt"])
def test_half_of_a_surrogate_pair_is_refused(half: str) -> None:
    with pytest.raises(InputInvalid, match="'key' contains half of a surrogate pair"):
        validation.text({"key": half}, "key")
    assert validation.text({"key": "documents/\N{GRINNING FACE}.txt"}, "key")
