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

from sfn_callback import settings
from sfn_callback.errors import InputInvalid
from sfn_callback.handlers import page
from tests.conftest import TABLE, examples
from tests.fakes.wire import Wire
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


def sent(event: dict[str, Any]) -> dict[str, Any]:
    """Send it, and check what holds for every answer: it reaches the caller, and has nothing of what was sent."""
    answer = page.handler(event, None)
    # As the runtime does it: a lone surrogate would be a 502.
    # https://github.com/aws/aws-lambda-python-runtime-interface-client/blob/main/awslambdaric/lambda_runtime_marshaller.py
    written = json.dumps(answer, ensure_ascii=False).encode().decode()
    assert set(answer) == {"statusCode", "headers", "body"}
    assert all("\r" not in value and "\n" not in value for value in answer["headers"].values())
    assert MARK not in written
    return answer


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


def test_the_corpus_decides_nothing(approvals: Approvals, links: dict[str, str]) -> None:
    statuses = {}
    for entry in sorted(CORPUS, key=lambda entry: entry["of"] == "signed"):
        if entry["of"] == "signed":
            sign(approvals)
        try:
            statuses[entry["name"]] = sent(asked_of(entry, links[entry["of"]]))["statusCode"]
        except BaseException as problem:
            problem.add_note(f"sent: {entry['name']}")
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
names = st.sampled_from(["x-http-method-override", "x-signature-256", "host", "cookie", "origin"]) | marked
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
@given(st.data())
def test_nothing_that_is_sent_by_chance_decides(approvals: Approvals, link: str, data: st.DataObject) -> None:
    request = data.draw(by_chance(link))
    assume(not presses(request, link))
    assert sent(request)["statusCode"] < 500
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
    assert approvals.send(approvals.link(), "1")["statusCode"] == 422
    assert "could not be checked" in capsys.readouterr().out
    assert decisions() == []


@pytest.mark.parametrize(
    "broken", [{}, {"requestContext": None}, {"rawPath": 7}, {"headers": ["x"]}, {"body": {"x": 1}}]
)
def test_what_no_function_url_sends_is_an_error_for_the_operator(approvals: Approvals, broken: dict[str, Any]) -> None:
    whole = event("GET", "/", {}, "") if broken else {}
    with pytest.raises(InputInvalid, match="no request to a function URL"):
        page.handler({**whole, **broken}, None)
