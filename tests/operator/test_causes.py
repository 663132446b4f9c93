"""Nobody reads JSON to learn why something failed."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sfn_callback_operator.jobs import causes


def of_lambda(message: str, kind: str = "ValueError", **more: Any) -> str:
    return json.dumps({"errorMessage": message, "errorType": kind, "requestId": "r", "stackTrace": ["  File"], **more})


def caught(error: str | None, cause: str | None, **more: Any) -> str:
    return json.dumps({"Error": error, "Cause": cause, **more})


REPORT = {"bucket": "b", "key": "failures/run-1.json"}


@pytest.mark.parametrize(
    ("cause", "said"),
    [
        (None, ""),
        ("", ""),
        ("no digit", "no digit"),
        (of_lambda("no digit"), "no digit"),
        (of_lambda(""), "ValueError"),
        (of_lambda("größe \u2028 \"x\""), "größe \u2028 \"x\""),
        (of_lambda(of_lambda("no digit")), "no digit"),
        (caught("MyError", "no digit"), "MyError: no digit"),
        (caught("MyError", None), "MyError"),
        (caught(None, "no digit"), "no digit"),
        (caught(None, None), ""),
        ('{"Error": "MyError"}', "MyError"),
        (caught("ValueError", of_lambda("no digit")), "ValueError: no digit"),
        (caught("A", caught("A", "why")), "A: why"),
        (caught("A", caught("B", "why")), "A: B: why"),
        (caught("ChunksFailed", "2 of 9", Report=REPORT), "ChunksFailed: 2 of 9 (its report: s3://b/failures/run-1.json)"),
        (caught("ChunksFailed", "2 of 9", Report=None), "ChunksFailed: 2 of 9"),
        (caught("ChunksFailed", "2 of 9", Report={"bucket": 1}), "ChunksFailed: 2 of 9"),
        # Not what anybody wraps an error in.
        ('{"order": 7}', '{"order": 7}'),
        ("[1]", "[1]"),
        ("7", "7"),
        ('"quoted"', '"quoted"'),
        ('{"errorMessage": 7}', '{"errorMessage": 7}'),
        ("{broken", "{broken"),
        # Cut by Step Functions, in the traceback, in the message, in an escape.
        (of_lambda("no digit")[:-30], "no digit"),
        ('{"errorMessage": "no dig', "no dig"),
        ('{"errorMessage": "no \\u00e', "no"),
        ('{"errorMessage": "no \\', "no"),
        ('{"errorType": "E", "errorMessage": "no", "stackTra', "no"),
        ("{" * 100_000, "{" * 100_000),
    ],
)  # fmt: skip
def test_a_cause_is_what_it_says(cause: str | None, said: str) -> None:
    assert causes.plain(cause) == said


@pytest.mark.parametrize(
    ("error", "cause", "said"),
    [
        (None, None, ""),
        ("MyError", None, "MyError"),
        ("MyError", "", "MyError"),
        (None, "why", "why"),
        ("MyError", "why", "MyError: why"),
        ("ValueError", of_lambda("no digit"), "ValueError: no digit"),
        ("ChunksFailed", caught("ChunksFailed", "2 of 9"), "ChunksFailed: 2 of 9"),
        ("MyError", caught("MyError", None), "MyError"),
        ("MyError", "MyError", "MyError"),
    ],
)
def test_an_error_is_named_once(error: str | None, cause: str | None, said: str) -> None:
    assert causes.sentence(error, cause) == said


texts = st.text(max_size=60)


@given(texts)
def test_whatever_is_wrapped_is_unwrapped(message: str) -> None:
    expected = causes.plain(message)
    assert causes.plain(of_lambda(message, "E")) == (expected or "E")
    assert causes.plain(caught(None, message)) == expected


@given(texts, st.integers(0, 200))
def test_whatever_is_cut_off_nothing_is_made_up(message: str, kept: int) -> None:
    whole = of_lambda(message)
    said = causes.plain(whole[:kept])
    assert said == whole[:kept].strip() or said in message or said == "ValueError"


@given(st.recursive(texts, lambda inner: st.builds(caught, texts, inner.map(str)), max_leaves=20))
def test_any_depth_comes_to_an_end(cause: str) -> None:
    assert isinstance(causes.plain(cause), str)
