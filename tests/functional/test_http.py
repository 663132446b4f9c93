"""What anybody can send to the approvals' page: it never breaks, never decides and shows nothing of what was sent."""

import base64
import contextlib
import hashlib
import hmac
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode

import boto3
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from sfn_callback import log, settings
from sfn_callback.errors import InputInvalid
from sfn_callback.handlers import page
from sfn_callback.log_events import LogEvent
from testing.environment import TABLE
from testing.wire import Wire
from tests.conftest import examples
from tests.functional.approvals import FORM, TOKEN, WEEK, Approvals, approvals

__all__ = ["approvals"]

JSON = "application/json"
CORPUS = json.loads(Path(__file__).with_name("http_corpus.json").read_text())
SECRET = b"s3cret"
MARK = "zq7"
"""Whatever is sent has it somewhere, and no answer may."""
SCHEMA = {
    "type": "object",
    "required": ["amount"],
    "properties": {"amount": {"const": "never sent"}, "odd": {"multipleOf": 0.1}, "tree": {"$ref": "#/$defs/tree"}},
    "$defs": {"tree": {"type": "array", "items": {"$ref": "#/$defs/tree"}}},
    "patternProperties": {"^code$": {"additionalProperties": {"type": "integer"}}},
    "additionalProperties": False,
}


@pytest.fixture
def link(approvals: Approvals) -> str:
    approvals.ask()
    return approvals.link()


@pytest.fixture
def links(approvals: Approvals) -> dict[str, str]:
    """The path of one approval of each kind."""
    requests: dict[str, Any] = {"page": {}, "webhook": {"webhook": {}}, "schema": {"webhook": {"schema": SCHEMA}}}
    found = {}
    for kind, request in {**requests, "signed": {"webhook": {}}}.items():
        approvals.enter_earlier(1)
        approvals.ask(f"{TOKEN}{kind}", **request)
        found[kind] = approvals.link()
    return found


def signed(body: bytes) -> str:
    return hmac.new(SECRET, body, hashlib.sha256).hexdigest()


def sign(approvals: Approvals) -> None:
    """From now on webhooks must be signed."""
    if settings.current().webhook_secret:
        return
    secret = boto3.client("secretsmanager").create_secret(Name="hook", SecretString=SECRET.decode())
    approvals.set("WEBHOOK_SECRET", secret["ARN"])


def decisions() -> list[str]:
    """What was decided so far."""
    items = boto3.client("dynamodb").scan(TableName=TABLE)["Items"]
    return [item["decision"]["S"] for item in items if "decision" in item]


ANSWERS = {
    "function URL": {"headers"},
    "load balancer": {"headers", "statusDescription", "isBase64Encoded"},
    "load balancer, multi-value headers": {"multiValueHeaders", "statusDescription", "isBase64Encoded"},
}
"""What an answer has besides status and body, by the door that the request came through."""
BALANCERS = [door for door in ANSWERS if door != "function URL"]
DOORS = pytest.mark.parametrize("door", ANSWERS)


def through(door: str, event: dict[str, Any]) -> dict[str, Any]:
    """A function URL's event as it is when it comes through a door.

    https://docs.aws.amazon.com/elasticloadbalancing/latest/application/lambda-functions.html#receive-event-from-load-balancer
    """
    if door == "function URL":
        return event
    several: dict[str, list[str]] = {}
    for field in event["rawQueryString"].split("&") if event["rawQueryString"] else ():
        name, _, value = field.partition("=")
        several.setdefault(name, []).append(value)
    same = {"body": event["body"], "isBase64Encoded": event["isBase64Encoded"]}
    targets = "arn:aws:elasticloadbalancing:eu-central-1:123456789012:targetgroup/page/6d0ecf831eec9f09"
    same |= {"requestContext": {"elb": {"targetGroupArn": targets}}, "path": event["rawPath"]}
    same |= {"httpMethod": event["requestContext"]["http"]["method"]}
    if door == "load balancer":
        last = {name: values[-1] for name, values in several.items()}
        return {**same, "headers": event["headers"], "queryStringParameters": last}
    headers = {name: [value] for name, value in event["headers"].items()}
    return {**same, "multiValueHeaders": headers, "multiValueQueryStringParameters": several}


def sent(event: dict[str, Any], door: str = "function URL") -> dict[str, Any]:
    """Send it, and check what holds for every answer: it reaches the caller, and has nothing of what was sent."""
    answer = page.handler(through(door, event), None)
    # As the runtime does it: a lone surrogate would be a 502.
    # https://github.com/aws/aws-lambda-python-runtime-interface-client/blob/main/awslambdaric/lambda_runtime_marshaller.py
    written = json.dumps(answer, ensure_ascii=False).encode().decode()
    assert set(answer) == {"statusCode", "body"} | ANSWERS[door]
    # A load balancer takes a megabyte of response: …/lambda-functions.html.
    assert len(written.encode()) < 1_000_000
    headers = answer.get("headers") or {name: value for name, (value,) in answer["multiValueHeaders"].items()}
    assert all("\r" not in value and "\n" not in value for value in headers.values())
    assert MARK not in written
    return {**answer, "headers": headers}


def event(method: str, path: str, headers: dict[str, str], body: str, query: str = "", *, encoded: bool = False) -> Any:
    """A function URL's event. https://docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html#urls-payloads"""
    return {
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": path,
        "rawQueryString": query,
        "headers": headers,
        "requestContext": {"http": {"method": method, "path": path}},
        "body": body,
        "isBase64Encoded": encoded,
    }


def spelled(pieces: Any, approval_id: str) -> str:
    """A text of the corpus: a piece is a text, or one to repeat."""
    text = pieces if isinstance(pieces, str) else "".join(p if isinstance(p, str) else p[0] * p[1] for p in pieces)
    right = signed(b'{"paid":true}')
    values = {
        "{id}": approval_id,
        "{id-1}": approval_id[:-1],
        "{hmac}": right,
        "{HMAC}": right.upper(),
        "{hmac-1}": right[:-1],
        "{hmac of another body}": signed(b'{"paid":false}'),
        "{hmac of no JSON}": signed(b"paid"),
        "{hmac of the base64}": signed(b"eyJwYWlkIjp0cnVlfQ=="),
    }
    for name, value in values.items():
        text = text.replace(name, value)
    return text


def asked_of(entry: dict[str, Any], path: str) -> dict[str, Any]:
    """The event of an entry of the corpus."""
    written = {name: spelled(entry.get(name, ""), path[1:]) for name in ("body", "query")}
    headers = {name: spelled(value, path[1:]) for name, value in entry.get("headers", {}).items()}
    where = spelled(entry.get("path", "/{id}"), path[1:])
    return event(entry["method"], where, headers, **written, encoded=entry.get("base64", False))  # type: ignore[no-any-return]


@DOORS
def test_the_corpus_decides_nothing(approvals: Approvals, links: dict[str, str], door: str) -> None:
    statuses = {}
    for entry in sorted(CORPUS, key=lambda entry: entry["of"] == "signed"):
        if entry["of"] == "signed":
            sign(approvals)
        try:
            statuses[entry["name"]] = sent(asked_of(entry, links[entry["of"]]), door)["statusCode"]
        except BaseException as error:
            error.add_note(f"sent: {entry['name']}")
            raise
    assert statuses == {entry["name"]: entry["status"] for entry in CORPUS}
    assert (decisions(), approvals.machine.calls) == ([], 0)


def test_the_names_of_the_corpus_differ() -> None:
    names = [entry["name"] for entry in CORPUS]
    assert len(set(names)) == len(names) > 150


hostile = st.text(max_size=30) | st.sampled_from(["\ud800", "\x00", "\r\nset-cookie: a=b", "<script>", "%00", "../"])
marked = st.builds(
    "".join, st.permutations([MARK, "", ""]).flatmap(lambda p: st.tuples(*(hostile | st.just(x) for x in p)))
)
methods = st.sampled_from(["POST", "POST", "GET", "HEAD", "post", "PUT", "OPTIONS", ""]) | marked
types = (
    st.sampled_from([FORM, FORM, JSON, f"{FORM}; charset=utf-16", f"{JSON}; {MARK}", f"{FORM}, {JSON}", ""]) | marked
)
names = (
    st.sampled_from(["x-http-method-override", "x-signature-256", "host", "cookie", "origin", "x-amzn-oidc-identity"])
    | marked
)
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | marked,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(marked, inner, max_size=3),
    max_leaves=20,
)
fields = st.lists(st.tuples(st.sampled_from(["action", "Action", "action ", "comment", "decider"]) | marked, marked))
bodies = (
    marked
    | values.map(json.dumps)
    | fields.map(lambda pairs: urlencode(pairs, errors="replace"))
    | st.tuples(st.sampled_from('[{"-x'), st.integers(0, 2_000)).map(lambda pair: pair[0] * pair[1])
    | st.binary(max_size=50).map(lambda raw: base64.b64encode(raw).decode())
)
bends = st.sampled_from(["{}", "{}", "{}", "{}/", "/{}", "{}%00", "{}\n", " {}", "{}?" + MARK, MARK + "{}"])


def by_chance(path: str) -> st.SearchStrategy[Any]:
    """Requests of every shape, often to the path."""
    paths = bends.map(lambda bend: bend.format(path)) | marked
    headers = st.builds(
        lambda others, content_type: {**others, "content-type": content_type},
        st.dictionaries(names, marked, max_size=3),
        types,
    )
    return st.builds(event, methods, paths, headers, bodies, marked, encoded=st.booleans())


def presses(request: dict[str, Any], path: str) -> bool:
    """Whether it is what the page sends when a button is pressed, after all."""
    with contextlib.suppress(ValueError):
        body = request["body"].encode(errors="replace")
        body = base64.b64decode(body, validate=True) if request["isBase64Encoded"] else body
        action = parse_qs(body.decode(errors="replace")).get("action", [""])[0].strip()
        return bool(request["rawPath"] == path and action in ("approve", "reject"))
    return False


@examples(each=2)
@given(st.data(), st.sampled_from(list(ANSWERS)))
def test_nothing_that_is_sent_by_chance_decides(
    approvals: Approvals, link: str, data: st.DataObject, door: str
) -> None:
    request = data.draw(by_chance(link))
    assume(not presses(request, link))
    assert sent(request, door)["statusCode"] < 500
    assert (decisions(), approvals.machine.calls) == ([], 0)


@pytest.fixture
def hook(approvals: Approvals) -> str:
    """The path of an approval that signed webhooks answer."""
    sign(approvals)
    approvals.ask(webhook={"schema": SCHEMA})
    return approvals.link()


@examples(each=2)
@given(st.data(), st.booleans())
def test_nothing_that_a_program_sends_by_chance_decides(
    approvals: Approvals, hook: str, data: st.DataObject, rightly: bool
) -> None:
    request = data.draw(by_chance(hook))
    if rightly:
        # All is right but for what it says.
        headers = {
            "content-type": JSON,
            "x-signature-256": f"sha256={signed(request['body'].encode(errors='replace'))}",
        }
        request = {**request, "rawPath": hook, "headers": headers, "isBase64Encoded": False}
        request["requestContext"]["http"]["method"] = "POST"
    assert sent(request)["statusCode"] in ({400, 422} if rightly else {200, 400, 401, 404, 405, 413, 415})
    assert (decisions(), approvals.machine.calls) == ([], 0)


@examples(each=10)
@given(content=values)
def test_a_body_is_the_output_as_it_was_sent_or_is_refused(
    approvals: Approvals, monkeypatch: pytest.MonkeyPatch, content: Any
) -> None:
    approvals.enter_earlier(1)
    approvals.machine.verdicts.clear()
    approvals.machine.closed.clear()
    approvals.ask(webhook={})
    answer = approvals.send(approvals.link(), json.dumps(content))
    if answer["statusCode"] == 200:
        assert json.dumps(approvals.verdict()[1]) == json.dumps(content)
    else:
        assert (answer["statusCode"], approvals.machine.verdicts) == (400, [])
        with pytest.raises(ValueError):
            json.dumps(content, allow_nan=False, ensure_ascii=False).encode()


@pytest.mark.parametrize("door", BALANCERS)
def test_a_press_through_a_load_balancer_decides(approvals: Approvals, link: str, door: str) -> None:
    # It encodes all bodies but texts and JSON: …/lambda-functions.html#receive-event-from-load-balancer
    body = base64.b64encode(b"action=approve&comment=Go+on").decode()
    pressed = sent(event("POST", link, {"content-type": FORM}, body, encoded=True), door)
    assert (pressed["statusCode"], pressed["headers"]["location"]) == (303, "?pressed=approve")
    assert pressed["statusDescription"] == "303 See Other"
    assert approvals.verdict()[1]["comment"] == "Go on"
    shown = sent(event("GET", link, {}, "", "pressed=approve"), door)
    assert shown["statusCode"] == 200
    assert "recorded" in shown["body"]


SIGNED_IN = {"content-type": FORM, "x-amzn-oidc-identity": "248289761001"}


def test_who_signed_in_at_the_load_balancer_is_part_of_the_decision(approvals: Approvals, link: str) -> None:
    request = event("POST", link, SIGNED_IN, "action=approve&decider=Ana")
    assert sent(request, "load balancer, multi-value headers")["statusCode"] == 303
    decided = approvals.verdict()[1]
    assert (decided["principal"], decided["decider"]) == ("248289761001", "Ana")
    assert "248289761001" not in approvals.request("GET", link)["body"]


@pytest.mark.parametrize("door", ["function URL", "load balancer"])
def test_who_only_says_to_have_signed_in_has_not(approvals: Approvals, link: str, door: str) -> None:
    assert sent(event("POST", link, SIGNED_IN, "action=approve"), door)["statusCode"] == 303
    assert "principal" not in approvals.verdict()[1]


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST"])
@pytest.mark.parametrize("named", [["ana", "bob"], ["x" * 256], [""], ["\ud800"]])
def test_a_sign_in_that_is_not_clear_sees_and_decides_nothing(
    approvals: Approvals, wire: Wire, link: str, method: str, named: list[str]
) -> None:
    request = through(BALANCERS[1], event(method, link, {"content-type": FORM}, "action=approve"))
    request["multiValueHeaders"]["x-amzn-oidc-identity"] = named
    wire.operations()
    assert page.handler(request, None)["statusCode"] == 403
    assert (wire.operations(), decisions()) == ([], [])


@DOORS
@pytest.mark.parametrize(
    ("said", "status"), [("cross-site", 403), ("same-site", 403), ("same-origin", 303), ("none", 303)]
)
def test_a_page_of_somebody_elses_makes_no_browser_decide(
    approvals: Approvals, link: str, door: str, said: str, status: int
) -> None:
    headers = {"content-type": FORM, "sec-fetch-site": said}
    answer = sent(event("POST", link, headers, "action=approve"), door)
    assert answer["statusCode"] == status
    assert len(decisions()) == (status == 303)


@pytest.mark.parametrize("door", BALANCERS)
@pytest.mark.parametrize("path", ["/", "/health", "/favicon.ico"])
def test_a_health_check_costs_no_request(approvals: Approvals, wire: Wire, door: str, path: str) -> None:
    # https://docs.aws.amazon.com/elasticloadbalancing/latest/application/lambda-functions.html#enable-health-checks-lambda
    checked = through(door, event("GET", path, {"user-agent": "ELB-HealthChecker/2.0"}, ""))
    wire.operations()
    assert page.handler(checked, None)["statusCode"] == 404
    assert wire.operations() == []


@pytest.mark.parametrize("door", BALANCERS)
def test_the_largest_page_is_one_that_a_load_balancer_takes(approvals: Approvals, door: str) -> None:
    approvals.enter_earlier(1)
    actions = [{"name": f"a{place}", "label": '"' * 80, "kind": "success"} for place in range(8)]
    approvals.ask(f"{TOKEN}large", subject='"' * 200, details='"' * 10_000, requester='"' * 200, actions=actions)
    path = approvals.link()
    assert sent(event("GET", path, {}, ""), door)["statusCode"] == 200
    written = urlencode({"action": "a0", "comment": '"' * 2_000, "decider": '"' * 200})
    sent(event("POST", path, {"content-type": FORM}, written), door)
    assert sent(event("GET", path, {}, ""), door)["statusCode"] == 200


NO_IDS = ("/", "/favicon.ico", "/short", "/" + "x" * 31, "/" + "+" * 32, "/" + "x" * 5_000)
ASKED_BY = {"GET": "", "HEAD": "", "POST": FORM, "POST of JSON": JSON}


def asked_for(path: str, how: str) -> dict[str, Any]:
    content_type = ASKED_BY[how]
    body = {FORM: "action=approve", JSON: '{"paid":true}'}.get(content_type, "")
    return page.handler(event(how.split(maxsplit=1)[0], path, {"content-type": content_type}, body), None)


def forget(path: str) -> None:
    """The approval's time to live is over, and DynamoDB has deleted it."""
    key = f"approval#{hashlib.sha256(path[1:].encode()).hexdigest()}"
    assert "Attributes" in boto3.client("dynamodb").delete_item(
        TableName=TABLE, Key={"pk": {"S": key}}, ReturnValues="ALL_OLD"
    )


def test_an_id_that_never_was_one_that_was_nearly_and_one_that_is_over_are_the_same(
    approvals: Approvals, wire: Wire, link: str
) -> None:
    nearly = link[:-1] + ("A" if link[-1] != "A" else "B")
    forget(link)
    for how in ASKED_BY:
        wire.operations()
        answers = [asked_for(path, how) for path in ("/" + "x" * 32, nearly, link)]
        assert wire.operations() == ["dynamodb.GetItem"] * 3
        assert answers[0]["statusCode"] == 404
        assert answers == [answers[0]] * 3


def test_what_cannot_be_an_id_gets_the_same_answer_and_costs_no_request(approvals: Approvals, wire: Wire) -> None:
    for how in ASKED_BY:
        unknown = asked_for("/" + "x" * 32, how)
        wire.operations()
        assert [asked_for(path, how) for path in NO_IDS] == [unknown] * len(NO_IDS)
        assert wire.operations() == []


def test_what_each_request_costs(approvals: Approvals, wire: Wire, link: str) -> None:
    costs = {}
    requests: dict[str, Callable[[], Any]] = {
        "another method": lambda: approvals.request("PUT", link),
        "too large": lambda: approvals.request("POST", link, "x" * 262_145, content_type=FORM),
        "unknown": lambda: approvals.request("GET", "/" + "x" * 32),
        "shown": lambda: approvals.request("GET", link),
        "not understood": lambda: approvals.press(link, "maybe"),
        "decided": lambda: approvals.press(link, "approve"),
        "decided otherwise": lambda: approvals.press(link, "reject"),
    }
    for name, request in requests.items():
        wire.operations()
        request()
        costs[name] = wire.operations()
    look, keep = "dynamodb.GetItem", "dynamodb.UpdateItem"
    assert costs == {
        "another method": [],
        "too large": [],
        "unknown": [look],
        "shown": [look],
        "not understood": [look],
        "decided": [look, keep],
        "decided otherwise": [look, keep, look],
    }
    # The fake of task tokens is no client: one verdict, and one that its token refused.
    assert approvals.machine.calls == 2


def test_a_lookup_sends_only_the_ids_hash(approvals: Approvals, wire: Wire, link: str) -> None:
    wire.sent.clear()
    approvals.request("GET", link)
    approvals.press(link, "approve")
    assert len(wire.sent) == 3
    for request in wire.sent:
        assert link[1:] not in request.url + request.headers + request.body
        assert hashlib.sha256(link[1:].encode()).hexdigest() in request.body


def test_an_id_has_192_random_bits(approvals: Approvals) -> None:
    found: set[str] = set()
    for _ in range(8):
        approvals.enter_earlier(1)
        approvals.ask(f"{TOKEN}{len(found)}")
        found.add(approvals.link()[1:])
    assert len(found) == 8
    assert {len(base64.urlsafe_b64decode(one)) for one in found} == {24}
    # No letter tells the next one: each place has many.
    assert min(len(set(place)) for place in zip(*found, strict=True)) > 2


def test_a_decision_that_is_sent_again_much_later_is_still_the_only_one(approvals: Approvals, link: str) -> None:
    assert approvals.press(link, "approve")["statusCode"] == 303
    approvals.wait_until_after(WEEK)
    assert approvals.press(link, "approve")["statusCode"] == 303
    assert approvals.press(link, "reject")["statusCode"] == 409
    assert approvals.verdict()[0] == "success"


def test_a_decision_that_is_sent_again_with_another_comment_is_not_taken(approvals: Approvals, link: str) -> None:
    approvals.press(link, "approve", comment="as agreed")
    assert approvals.press(link, "approve", comment="as never agreed")["statusCode"] == 409
    assert approvals.verdict()[1]["comment"] == "as agreed"


@pytest.fixture
def webhook(approvals: Approvals) -> Iterator[str]:
    sign(approvals)
    approvals.ask(webhook={})
    yield approvals.link()


def hooked(path: str, body: bytes, signature: str, *, name: str = "x-signature-256", encoded: bool = False) -> int:
    text = base64.b64encode(body).decode() if encoded else body.decode()
    headers = {"Content-Type": JSON, name: signature}
    return int(page.handler(event("POST", path, headers, text, encoded=encoded), None)["statusCode"])


def test_a_changed_body_under_an_old_signature_is_refused(approvals: Approvals, webhook: str) -> None:
    old = f"sha256={signed(b'[1]')}"
    assert hooked(webhook, b"[2]", old) == 401
    assert hooked(webhook, b"[1]", old) == 200
    assert hooked(webhook, b"[2]", old) == 401
    assert json.dumps(approvals.verdict()) == '["success", [1]]'


@pytest.mark.parametrize("body", ['{"paid":"ß"}'.encode(), b'\xef\xbb\xbf{"paid":1}', '{"paid":1}'.encode("utf-16")])
def test_a_signature_is_of_the_bytes_that_were_sent(approvals: Approvals, webhook: str, body: bytes) -> None:
    assert hooked(webhook, body, f"sha256={signed(base64.b64encode(body))}", encoded=True) == 401
    assert hooked(webhook, body, f"sha256={signed(body)}", encoded=True) == 200


@pytest.mark.parametrize("name", ["X-Signature-256", "x-SIGNATURE-256"])
def test_the_case_of_a_headers_name_does_not_matter(approvals: Approvals, webhook: str, name: str) -> None:
    assert hooked(webhook, b"[1]", f"sha256={signed(b'[1]')}", name=name) == 200


def test_a_binary_secret_signs_too(approvals: Approvals) -> None:
    secret = boto3.client("secretsmanager").create_secret(Name="binary", SecretBinary=SECRET)
    approvals.set("WEBHOOK_SECRET", secret["ARN"])
    approvals.ask(webhook={})
    assert hooked(approvals.link(), b"[1]", f"sha256={signed(b'[1]')}") == 200


def test_a_schema_that_cannot_check_refuses(approvals: Approvals, capsys: pytest.CaptureFixture[str]) -> None:
    approvals.ask(webhook={"schema": {"multipleOf": 0}})
    link = approvals.link()
    assert approvals.send(link, "1")["statusCode"] == 422
    line = next(line for line in capsys.readouterr().out.splitlines() if LogEvent.WEBHOOK_NOT_CHECKED in line)
    assert json.loads(line)["approval"] == log.fingerprint(link[1:])
    assert decisions() == []


@pytest.mark.parametrize(
    "broken",
    [
        {},
        {"requestContext": None},
        {"rawPath": 7},
        {"headers": ["x"]},
        {"body": {"x": 1}},
        {"requestContext": {"elb": {}}},
    ],
)
def test_what_no_function_url_sends_is_an_error_for_the_operator(approvals: Approvals, broken: dict[str, Any]) -> None:
    whole = event("GET", "/", {}, "") if broken else {}
    with pytest.raises(InputInvalid, match="Not a request to a function URL"):
        page.handler({**whole, **broken}, None)
