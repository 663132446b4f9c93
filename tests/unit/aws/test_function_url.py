"""Events of function URLs and of load balancers become requests, and responses what each of them takes."""

import base64
import json
from typing import Any

import pytest

from sfn_callback.aws import function_url
from sfn_callback.errors import InputInvalid


def event(**fields: Any) -> dict[str, Any]:
    return {"rawPath": "/x", "headers": {}, "requestContext": {"http": {"method": "get"}}, **fields}


def test_an_http_apis_event_is_read_like_a_function_urls() -> None:
    # https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html (2.0)
    http = {"method": "POST", "path": "/prod/x", "protocol": "HTTP/1.1", "sourceIp": "192.0.2.1", "userAgent": "agent"}
    context = {"accountId": "123456789012", "apiId": "api-id", "http": http, "routeKey": "$default", "stage": "prod"}
    found = {
        "version": "2.0",
        "rawPath": "/prod/x",
        "rawQueryString": "a=1",
        "headers": {"header2": "1,2"},
        "body": "b",
    }
    for authorizer in (
        {"lambda": {"user": "ana"}},
        {"lambda": None},
        {"jwt": {"claims": {"sub": "ana"}, "scopes": None}},
    ):
        request = function_url.request({**found, "requestContext": {**context, "authorizer": authorizer}})
        assert request == function_url.Request("POST", "/prod/x", {"header2": "1,2"}, b"b", query="a=1")
    signed = {**context, "authorizer": {"iam": {"userArn": "arn:aws:iam::123456789012:user/ana"}}}
    assert function_url.request({**found, "requestContext": signed}).principal == "arn:aws:iam::123456789012:user/ana"


def test_a_request_without_a_body_is_read() -> None:
    assert function_url.request(event()) == function_url.Request("GET", "/x", {}, b"")


def test_header_names_are_in_lower_case_and_a_media_type_has_no_parameters() -> None:
    found = function_url.request(event(headers={"Content-Type": "Application/JSON; charset=utf-8"}))
    assert found.content_type == function_url.JSON


def test_a_body_in_base64_is_decoded() -> None:
    body = base64.b64encode(b"\xff\x00").decode()
    assert function_url.request(event(body=body, isBase64Encoded=True)).body == b"\xff\x00"


@pytest.mark.parametrize("body", ["?", "action=approve", "YQ", "ß"])
def test_a_body_that_is_no_base64_says_nothing(body: str) -> None:
    assert function_url.request(event(body=body, isBase64Encoded=True)).body == b""


TARGETS = "arn:aws:elasticloadbalancing:eu-central-1:123456789012:targetgroup/page/6d0ecf831eec9f09"
SUBJECT = "X-Amzn-Oidc-Identity"


def balanced(**fields: Any) -> dict[str, Any]:
    """A load balancer's event, as its documentation has it.

    https://docs.aws.amazon.com/elasticloadbalancing/latest/application/lambda-functions.html#receive-event-from-load-balancer
    """
    plain = {"requestContext": {"elb": {"targetGroupArn": TARGETS}}, "httpMethod": "get", "path": "/x"}
    return {**plain, "queryStringParameters": {}, "headers": {}, "body": "", "isBase64Encoded": False, **fields}


def many(headers: dict[str, list[str]], **fields: Any) -> dict[str, Any]:
    """The same with multi-value headers, which replace the others: …#multi-value-headers-request."""
    whole = balanced(multiValueHeaders=headers, multiValueQueryStringParameters={}, **fields)
    return {name: value for name, value in whole.items() if name not in ("headers", "queryStringParameters")}


def test_what_a_load_balancer_sends_is_the_request_that_a_function_url_would_send() -> None:
    body = base64.b64encode(b"action=approve").decode()
    ours = {"headers": {"Content-Type": "text/plain"}, "body": body, "isBase64Encoded": True}
    expected = function_url.request(event(**ours, rawQueryString="pressed=a%26b&x="))
    fields = {"pressed": "a%26b", "x": ""}
    assert function_url.request(balanced(**ours, queryStringParameters=fields)) == expected
    several = {name: [value] for name, value in fields.items()}
    found = many({"Content-Type": ["text/plain"]}, body=body, isBase64Encoded=True)
    assert function_url.request({**found, "multiValueQueryStringParameters": several}) == expected


def test_values_that_come_several_times_are_all_there() -> None:
    found = function_url.request(
        {**many({"A": ["1", "2"], "a": ["3"]}), "multiValueQueryStringParameters": {"x": ["1", "2"]}}
    )
    assert (found.headers, found.query) == ({"a": "1,2,3"}, "x=1&x=2")


def test_who_signed_in_at_the_load_balancer_is_the_principal() -> None:
    found = function_url.request(many({SUBJECT: ["248289761001"]}))
    assert (found.principal, found.unclear) == ("248289761001", False)
    assert (function_url.request(many({})).principal, function_url.request(many({})).unclear) == (None, False)


@pytest.mark.parametrize(
    "headers",
    [
        {SUBJECT: ["ana", "bob"]},
        {SUBJECT: ["ana"], SUBJECT.lower(): ["bob"]},
        {SUBJECT: ["ana", "ana"]},
        {SUBJECT: [""]},
        {SUBJECT: ["x" * 256]},
        {SUBJECT: ["\ud800"]},
        {SUBJECT: ["än"]},
    ],
)
def test_who_sends_the_header_besides_neither_hides_nor_is_somebody_else(headers: dict[str, list[str]]) -> None:
    assert function_url.request(many(headers)).unclear


def test_where_a_second_header_would_not_show_nobody_is_believed() -> None:
    found = function_url.request(balanced(headers={SUBJECT: "ana"}))
    assert (found.principal, found.unclear) == (None, False)


def test_a_function_url_believes_no_header() -> None:
    found = function_url.request(event(headers={SUBJECT: "ana"}, multiValueHeaders={SUBJECT: ["ana"]}))
    assert (found.principal, found.unclear) == (None, False)


def test_a_load_balancer_gets_its_own_form_of_answer() -> None:
    response = function_url.Response(303, headers={"location": "?pressed=approve"})
    plain = response.as_answer_to(event())
    assert plain == response.as_answer()
    answer = response.as_answer_to(balanced())
    assert answer == {**plain, "statusDescription": "303 See Other", "isBase64Encoded": False}
    listed = {name: [value] for name, value in plain["headers"].items()}
    assert response.as_answer_to(many({})) == {
        **{name: value for name, value in answer.items() if name != "headers"},
        "multiValueHeaders": listed,
    }


@pytest.mark.parametrize(
    "broken",
    [
        *[{}, {"requestContext": None}, event(rawPath=None), event(headers={"a": ["b"]}), event(body=7)],
        *[event(body=["x"]), balanced(path=None), balanced(httpMethod=None), balanced(headers={"a": ["b"]})],
        *[many({"a": [7]}), balanced(body=7), {"requestContext": {"elb": {}}}],  # type: ignore[list-item]
    ],
)
def test_what_is_no_request_is_refused(broken: dict[str, Any]) -> None:
    with pytest.raises(InputInvalid):
        function_url.request(broken)


def test_an_answer_of_json_would_be_no_markup_either() -> None:
    answer = function_url.as_json(400, {"error": "</script><b>&amp;"})
    assert not set("<>&") & set(answer.body)
    assert json.loads(answer.body) == {"error": "</script><b>&amp;"}


def test_a_request_shows_no_path_and_no_body() -> None:
    assert "secret" not in repr(function_url.Request("GET", "/secret", {"cookie": "secret"}, b"secret"))
