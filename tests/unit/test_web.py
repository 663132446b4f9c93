"""Function URL events become requests."""

import base64
import json
from typing import Any

import pytest

from sfn_callback import web
from sfn_callback.errors import InputInvalid


def event(**fields: Any) -> dict[str, Any]:
    return {"rawPath": "/x", "headers": {}, "requestContext": {"http": {"method": "get"}}, **fields}


def test_a_request_without_a_body_is_read() -> None:
    assert web.request(event()) == web.Request("GET", "/x", {}, b"")


def test_header_names_are_in_lower_case_and_a_media_type_has_no_parameters() -> None:
    found = web.request(event(headers={"Content-Type": "Application/JSON; charset=utf-8"}))
    assert found.content_type == web.JSON


def test_a_body_in_base64_is_decoded() -> None:
    body = base64.b64encode(b"\xff\x00").decode()
    assert web.request(event(body=body, isBase64Encoded=True)).body == b"\xff\x00"


@pytest.mark.parametrize("body", ["?", "action=approve", "YQ", "ß"])
def test_a_body_that_is_no_base64_says_nothing(body: str) -> None:
    assert web.request(event(body=body, isBase64Encoded=True)).body == b""


@pytest.mark.parametrize(
    "broken",
    [{}, {"requestContext": None}, event(rawPath=None), event(headers={"a": ["b"]}), event(body=7), event(body=["x"])],
)
def test_what_is_no_request_is_refused(broken: dict[str, Any]) -> None:
    with pytest.raises(InputInvalid):
        web.request(broken)


def test_an_answer_of_json_would_be_no_markup_either() -> None:
    answer = web.as_json(400, {"error": "</script><b>&amp;"})
    assert not set("<>&") & set(answer.body)
    assert json.loads(answer.body) == {"error": "</script><b>&amp;"}


def test_a_request_shows_no_path_and_no_body() -> None:
    assert "secret" not in repr(web.Request("GET", "/secret", {"cookie": "secret"}, b"secret"))
