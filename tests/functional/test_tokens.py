"""A task token goes through every handler, and is in nothing that others can read, whatever happens.

It may be where it is at work: in the answer to Step Functions, in the attribute ``token`` of a fan-in's top and of an
approval. An approval's id may be in the message that asks, and in its waiting state's item. The id of a durable
function's callback is in the address of Lambda's own API as AWS has made it, and in no other address:
https://docs.aws.amazon.com/lambda/latest/api/API_SendDurableExecutionCallbackSuccess.html
"""

import base64
import contextlib
import hashlib
import importlib
import json
import logging
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import quote_plus, unquote, urlsplit

import boto3
import botocore.session
import pytest
from botocore import xform_name
from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.exceptions import ClientError
from hypothesis import find, given
from hypothesis import strategies as st
from moto import mock_aws

from sfn_callback import handlers, ids, log, resume
from sfn_callback.approvals import events, store
from sfn_callback.documents import chunk_tokens
from sfn_callback.documents.events import ChunkTask
from sfn_callback.errors import CallbackError
from sfn_callback.fanin import ledger
from testing.aws import make_bucket, make_table
from testing.durable_callbacks import FakeLambda
from testing.environment import BUCKET, MACHINE, TABLE
from testing.events import created
from testing.secrecy import PIECE, all_forms, leaking, leaks, overheard
from testing.task_tokens import FakeStepFunctions
from testing.wire import Sent, Wire, answered, text
from tests.conftest import examples, set_variables
from tests.functional import nosy_workload
from tests.functional.test_workers import Context

HANDLERS = sorted(path.stem for path in Path(handlers.__file__).parent.glob("[!_]*.py"))
TASK_TOKENS = st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=", min_size=60, max_size=200)
"""As long as a short one of AWS's: real ones have several hundred characters."""
CALLBACKS = st.from_regex("[A-Za-z0-9+/]{58,198}={0,2}", fullmatch=True)
TOKENS = TASK_TOKENS | CALLBACKS.map(lambda callback: f"{resume.DURABLE_MARK}{callback}")
ONE = "AAAAKgAAAAIAAAAAAAAAAf+b/c==" * 4
BOTH = [ONE, f"{resume.DURABLE_MARK}{ONE.replace('=', '')}=="]
"""A machine's, and a durable function's."""
PROVE = os.environ.get("HYPOTHESIS_PROFILE") == "prove"
COMMON = ["ThrottlingException", "AccessDeniedException", "ServiceUnavailable", "InternalFailure", "ExpiredToken"]
USED = {
    "stepfunctions": ["SendTaskSuccess", "SendTaskFailure", "SendTaskHeartbeat", "ListExecutions", "DescribeExecution"],
    "dynamodb": ["UpdateItem", "GetItem", "BatchGetItem", "Scan"],
    "s3": ["GetObject", "PutObject", "HeadObject", "ListObjectsV2"],
    "sns": ["Publish"],
    "lambda": [
        "Invoke",
        "SendDurableExecutionCallbackSuccess",
        "SendDurableExecutionCallbackFailure",
        "SendDurableExecutionCallbackHeartbeat",
        "GetDurableExecution",
    ],
}
EXECUTIONS = {
    "sfn.StartExecution": b'{"executionArn": "arn:execution", "startDate": 1}',
    "sfn.ListExecutions": b'{"executions": [{"executionArn": "arn:execution", "startDate": 1}]}',
    "sfn.DescribeExecution": b'{"executionArn": "arn:execution", "startDate": 1, "status": "FAILED"}',
}
RUN = "arn:aws:states:::execution:x:1"
DURABLE_RUN = "arn:aws:lambda:eu-central-1:000000000000:function:orders:7/durable-execution/order-1/0a1b2c3d"
ENDS = ["done", "named", "chained", "large", "NaN", "surrogate", "object", "deep"]


def modelled(service: str) -> list[str]:
    """The errors that botocore's model has for what is used of a service, and those that any may have."""
    model = botocore.session.get_session().get_service_model(service)
    shapes = [shape.name for operation in USED[service] for shape in model.operation_model(operation).error_shapes]
    return sorted({*shapes, *COMMON})


REFUSALS = st.sampled_from([(service, code) for service in USED for code in modelled(service)])


@dataclass
class World:
    """What the module deploys; task tokens and callbacks are the fakes', behind botocore."""

    machine: FakeStepFunctions
    functions: FakeLambda
    wire: Wire
    good: dict[str, Any]
    bad: dict[str, Any]
    tokens: set[str]
    ids: set[str]

    def answer(self, operation: str, request: AWSPreparedRequest) -> AWSResponse | None:
        """Answer for Step Functions and Lambda; moto does for the others."""
        if operation.startswith("lambda."):
            return self._of_lambda(operation.removeprefix("lambda."), request)
        if not operation.startswith("sfn."):
            return None
        if operation in EXECUTIONS:
            return answered(200, EXECUTIONS[operation])
        return self._verdict(operation, json.loads(text(request.body)))

    def wait(self, token: str) -> None:
        """A state, or a durable function, begins to wait."""
        if token.startswith(resume.DURABLE_MARK):
            self.functions.wait(token.removeprefix(resume.DURABLE_MARK))
        else:
            self.machine.wait(token)

    def _of_lambda(self, operation: str, request: AWSPreparedRequest) -> AWSResponse:
        if operation == "Invoke":
            return answered(202, b"")
        if operation == "GetDurableExecution":
            return answered(200, b'{"Status": "RUNNING"}')
        given: dict[str, Any] = {"CallbackId": callback_of(request.url)}
        if operation.endswith("Success"):
            given["Result"] = text(request.body)
        elif operation.endswith("Failure"):
            given["Error"] = json.loads(text(request.body))
        try:
            getattr(self.functions, xform_name(operation))(**given)
        except ClientError as refused:
            error = refused.response["Error"]
            body = json.dumps({"message": error["Message"]}).encode()
            return answered(400, body, **{"x-amzn-errortype": error["Code"]})
        return answered(200, b"{}")

    def _verdict(self, operation: str, given: dict[str, Any]) -> AWSResponse:
        try:
            getattr(self.machine, xform_name(operation.removeprefix("sfn.")))(**given)
        except ClientError as refused:
            error = refused.response["Error"]
            return answered(400, json.dumps({"__type": error["Code"], "message": error["Message"]}).encode())
        return answered(200, b"{}")


@pytest.fixture
def world(wire: Wire, monkeypatch: pytest.MonkeyPatch, no_pauses: list[float]) -> Iterator[World]:
    with mock_aws():
        make_bucket()
        make_table()
        topic = boto3.client("sns").create_topic(Name="docs-approvals")["TopicArn"]
        monkeypatch.setenv("CHUNK_BYTES", "0")
        set_variables(
            monkeypatch,
            WORKLOAD=nosy_workload.__name__,
            APPROVALS_TOPIC=topic,
            PAGE_URL="https://approvals.example.com/",
            DIRECT_MACHINE_ARN=MACHINE,
            SWEPT_MACHINE_ARN=MACHINE,
            PENDING_HEARTBEAT_SECONDS=600,
        )
        made = World(FakeStepFunctions(), FakeLambda(), wire, {}, {}, set(), set())
        wire.answer = made.answer
        made.good, made.bad = (split(body) for body in (b"one\n\ntwo\n", b"one\n\n!reject\n\n!fail\n"))
        yield made
        assert_kept(made)


def callback_of(url: str) -> str:
    """The id of the callback that a request to Lambda answers."""
    return unquote(urlsplit(url).path.split("/")[3])


def run_of(token: str) -> str:
    """The execution that waits under a token."""
    return DURABLE_RUN if token.startswith(resume.DURABLE_MARK) else RUN


def assert_kept(world: World) -> None:
    """What is there in the end has tokens where they belong, and nowhere else."""
    items = boto3.client("dynamodb").scan(TableName=TABLE)["Items"]
    holders = {
        ("fan-in" if ids.is_fanin(item["pk"]["S"]) else item["pk"]["S"].partition("#")[0], name)
        for item in items
        for name, value in item.items()
        for said in [json.dumps(value)]
        if any(token in said for token in world.tokens)
    }
    assert holders <= {("fan-in", "tokens"), ("approval", "token"), ("approval", "token_before")}
    s3 = boto3.client("s3")
    keys = [entry["Key"] for entry in s3.list_objects_v2(Bucket=BUCKET)["Contents"]]
    contents = [s3.get_object(Bucket=BUCKET, Key=key)["Body"].read().decode() for key in keys]
    kept = "\n".join([*keys, *contents])
    assert leaking(world.tokens, kept) == set()


def split(body: bytes) -> dict[str, Any]:
    boto3.client("s3").put_object(Bucket=BUCKET, Key="documents/d.txt", Body=body)
    job: dict[str, Any] = run("split", {"document": {"bucket": BUCKET, "key": "documents/d.txt"}})
    return job


def run(handler: str, event: Any) -> Any:
    return importlib.import_module(f"sfn_callback.handlers.{handler}").handler(event, Context())


@dataclass(frozen=True)
class Case:
    """How a handler is invoked. ``names`` are the fields whose text may be anything, the token as well."""

    event: Callable[[World, str, Any], Any]
    names: frozenset[str] = frozenset()


def waiting(world: World, token: str, draw: Any) -> dict[str, Any]:
    """A job that a machine waits for under the token."""
    job: dict[str, Any] = draw(st.sampled_from([world.good, world.bad]))
    ledger.connect().add_token(job["fanin"], token, run_of(token))
    return job


def chunk(world: World, token: str, draw: Any) -> Any:
    job = waiting(world, token, draw)
    index = draw(st.integers(0, job["chunks"] - 1))
    redriven = {"job": job["job"], "index": index, "fanin": job["fanin"], "slot": index}
    return draw(st.sampled_from([created(f"chunks/{job['job']}/{index:08d}"), redriven]))


def failed(payload: Any) -> dict[str, Any]:
    said = {"errorType": "ValueError", "errorMessage": "no " * 200}
    return {"requestContext": {"condition": "RetriesExhausted"}, "requestPayload": payload, "responsePayload": said}


def task(_: World, token: str, draw: Any) -> dict[str, Any]:
    end = draw(st.sampled_from(ENDS))
    return {"task": {"end": end, "note": "token"}, "token": token, "heartbeat_seconds": draw(st.sampled_from([0, 30]))}


def body(world: World, token: str, draw: Any) -> str:
    payload = task(world, token, draw)
    if draw(st.booleans()):
        payload = draw(st.sampled_from(bent(payload, token, frozenset({"token", "heartbeat_seconds"}))))()
    raw = json.dumps(payload)
    wrapped = json.dumps({"Type": "Notification", "Message": raw})
    return str(draw(st.sampled_from([raw, raw, wrapped, wrapped, raw[:-2], wrapped[:-2], token, f'["{token}"]'])))


def queued(world: World, token: str, draw: Any) -> Any:
    attributes = {"ApproximateReceiveCount": draw(st.sampled_from(["1", "2"]))}
    return {"Records": [{"messageId": "m1", "body": body(world, token, draw), "attributes": attributes}]}


def published(world: World, token: str, draw: Any) -> Any:
    return {"Records": [{"Sns": {"Type": "Notification", "Message": body(world, token, draw)}}]}


def asked(_: World, token: str, draw: Any) -> Any:
    return {
        "approval": draw(st.sampled_from([{"subject": "Go?", "default": "reject"}, {"subject": "Go?", "webhook": {}}])),
        "token": token,
        "execution": f"arn:aws:states:::execution:x:{draw(st.integers(0, 3))}",
        "state": "AwaitDecision",
        "entered": draw(st.sampled_from(["2026-01-31T23:59:59.000Z", "2999-01-31T23:59:59.000Z"])),
        "timeout_seconds": 60,
    }


def url(method: str, path: str, content_type: str, body: str) -> dict[str, Any]:
    headers = {"content-type": content_type}
    return {"rawPath": path, "headers": headers, "requestContext": {"http": {"method": method}}, "body": body}


def requested(world: World, token: str, draw: Any) -> Any:
    event = {**asked(world, token, draw), "entered": "2999-01-31T23:59:59.000Z"}
    run("ask", event)
    path = f"/{store.connect().id_of(events.wait(event))}"
    form, program = "application/x-www-form-urlencoded", "application/json"
    press = draw(st.sampled_from(["approve", "reject", "maybe"]))
    requests = [
        url("GET", path, "", ""),
        url("POST", path, form, f"action={press}&comment={draw(st.sampled_from(['', 'token']))}"),
        url("POST", path, program, '{"paid": true}'),
        url("POST", f"/{token[:32]}", form, f"action={press}&comment={token}"),
    ]
    return draw(st.sampled_from(requests))


def reported(world: World, token: str, draw: Any) -> Any:
    job = waiting(world, token, draw)
    index = draw(st.integers(0, job["chunks"] - 1))
    own = chunk_tokens.make(ChunkTask(job["job"], index, job["fanin"], index))
    # It is a secret as well, and stands for itself.
    world.ids.add(own)
    said = [
        {"result": "x"},
        {"result_base64": "eA=="},
        {"error": "OutOfInk", "cause": f"given {own}"},
        {"heartbeat": True},
    ]
    report = {"token": own, **draw(st.sampled_from(said))}
    if draw(st.booleans()):
        report = draw(st.sampled_from(bent(report, token, REPORT_NAMES)))()
    posted = url("POST", "/", "application/json", json.dumps(report))
    records = [{"messageId": "m1", "eventSource": "aws:sqs", "body": json.dumps(report), "attributes": {}}]
    notices = [{"EventSource": "aws:sns", "Sns": {"Message": json.dumps(report)}}]
    return draw(st.sampled_from([report, posted, {"Records": records}, {"Records": notices}]))


REPORT_NAMES = frozenset({"token", "heartbeat"})
PARENT = "20260131T235959Z-0123456789ab"
CASES = {
    "start": Case(lambda *_: created("documents/d.txt")),
    "split": Case(lambda *_: {"document": {"bucket": BUCKET, "key": "documents/d.txt"}}),
    "cut": Case(
        lambda *_: {"document": {"bucket": BUCKET, "key": "documents/d.txt"}, "execution": "arn:aws:states:::x:1"},
        frozenset({"execution", "key"}),
    ),
    "merge_parts": Case(
        lambda *_: {"bucket": BUCKET, "key": "documents/d.txt", "options": {}, "parent": PARENT, "total": 1},
        frozenset({"parent", "total", "version"}),
    ),
    "process": Case(chunk, frozenset({"fanin", "job", "index", "slot"})),
    "chunk_failed": Case(lambda *given: failed(chunk(*given)), frozenset({"fanin", "job", "index", "slot"})),
    "await_chunks": Case(
        lambda world, token, draw: {
            "fanin": waiting(world, token, draw)["fanin"],
            "token": token,
            "execution": run_of(token),
        },
        frozenset({"fanin", "token", "execution"}),
    ),
    "redrive": Case(lambda *given: {"job": waiting(*given)}, frozenset({"job", "fanin", "chunks", "round"})),
    "merge": Case(lambda *given: {"job": waiting(*given), "failed": 2}, frozenset({"job", "fanin", "failed"})),
    "record_failure": Case(
        lambda *given: {
            "execution": "run-1",
            "state": {"bucket": BUCKET, "job": waiting(*given), "failure": {"Error": "States.Timeout", "Cause": ""}},
        },
        frozenset({"job", "fanin", "chunks"}),
    ),
    "direct_worker": Case(task, frozenset({"token", "heartbeat_seconds"})),
    "queue_worker": Case(queued, frozenset({"body", "ApproximateReceiveCount", "attributes", "Records"})),
    "dead_letter": Case(queued, frozenset({"body", "ApproximateReceiveCount", "attributes", "Records"})),
    "topic_worker": Case(published, frozenset({"Message", "Sns", "Records"})),
    "task_lost": Case(lambda *given: failed(published(*given)), frozenset({"Message", "Sns", "requestPayload"})),
    "ask": Case(asked, frozenset({"token", "execution", "state", "entered", "timeout_seconds", "default", "approval"})),
    "page": Case(requested, frozenset({"body", "rawPath", "content-type", "rawQueryString"})),
    "sweep": Case(lambda *given: {"time": "2026-01-31T23:59:59Z"} if waiting(*given) else {}),
    "report": Case(reported, REPORT_NAMES | {"body", "Message", "content-type", "Records"}),
    "http_start": Case(lambda _, token, __: {**url("GET", "/start", "", ""), "rawQueryString": f"token={token}&a=1"}),
}


def places(value: Any) -> list[tuple[Any, Any]]:
    """Every field and element inside a value, with what it is in. What a task says is the caller's."""
    if not isinstance(value, dict | list):
        return []
    inside = value.items() if isinstance(value, dict) else enumerate(value)
    return [place for key, inner in inside for place in [(value, key), *places(inner if key != "task" else None)]]


def bent(event: Any, token: str, names: frozenset[str]) -> list[Callable[[], Any]]:
    """What makes the event with one thing wrong: a field is missing, another, or has the token where it may not be."""
    text = json.dumps(event)

    def bend(number: int, how: Callable[[Any, Any], Any]) -> Any:
        copy = json.loads(text)
        how(*places(copy)[number])
        return copy

    numbered = enumerate(places(event))
    return [partial(bend, number, how) for number, (_, key) in numbered for how in bends(key, token, names)]


def bends(key: Any, token: str, names: frozenset[str]) -> list[Callable[[Any, Any], Any]]:
    odd: list[Any] = [None, 7, -1, 1.5, True, float("inf"), "", [], {}, "text"]
    if key != "task":
        odd += [[token], {"x": [token]}, {token: 1}]
    if key in names:
        odd += [token, f"{token}x", f"x{token}", json.dumps({"token": token})]
    more = {"extra": token, token: 1}
    return [
        lambda where, key: where.pop(key),
        lambda where, _: where.update(more) if isinstance(where, dict) else where.append(more),
        *(partial(put, value) for value in odd),
    ]


def put(value: Any, where: Any, key: Any) -> None:
    where[key] = value


def test_every_handler_has_a_case() -> None:
    assert sorted(CASES) == HANDLERS


@dataclass
class Chance:
    """What is drawn for one invocation."""

    token: str
    refused: tuple[str, str] | None
    malformed: bool
    open: bool


chances = st.builds(Chance, TOKENS, st.none() | REFUSALS, st.booleans(), st.booleans())


@examples(each=16)
@given(st.data(), st.integers(0, 3))
def test_a_token_is_in_nothing_that_others_can_read(
    world: World, capfd: pytest.CaptureFixture[str], data: st.DataObject, quiet: int
) -> None:
    for handler in HANDLERS:
        chance = data.draw(chances)
        try:
            with overheard(debug=not quiet) as lines:
                lines.append(invoked(world, handler, chance, data.draw))
            printed = capfd.readouterr()
            assert_unknown(world, chance.token, "\n".join([printed.out, printed.err, *lines]))
        except BaseException as error:
            error.add_note(f"in the handler {handler}, {chance}")
            raise


def invoked(world: World, handler: str, chance: Chance, draw: Any) -> str:
    """Invoke a handler; return what its caller gets, and the log of its function."""
    world.wire.sent.clear()
    nosy_workload.GIVEN.clear()
    case = CASES[handler]
    event = case.event(world, chance.token, draw)
    if chance.malformed:
        event = draw(st.sampled_from(bent(event, chance.token, case.names)))()
    if chance.open:
        world.wait(chance.token)
    with refusing(world, chance.refused):
        return answer(handler, event)


def answer(handler: str, event: Any) -> str:
    """What a handler's caller gets, and what its function logs of an error."""
    try:
        answered = run(handler, event)
    except Exception as raised:
        return all_forms(raised)
    if handler == "page":
        # Whoever has pressed a button is sent back to the address that the press came from.
        assert answered["headers"].pop("location", "").partition("=")[0] in ("", "?pressed")
    return json.dumps(answered)


def assert_unknown(world: World, token: str, readable: str) -> None:
    """No token and no approval's id is in what can be read, and no token in what was sent."""
    sent = [exposed(world, one) for one in world.wire.sent]
    text = "\n".join([readable, *sent, *nosy_workload.GIVEN])
    assert {text[max(0, text.find(leak) - 80) : text.find(leak) + 80] for leak in leaks(token, text)} == set()
    assert [one for one in world.ids if one[:PIECE] in readable] == []
    world.tokens.add(token)


@contextlib.contextmanager
def refusing(world: World, refused: tuple[str, str] | None) -> Iterator[None]:
    """AWS refuses what is asked of a service."""
    service, code = refused or ("", "")
    if service == "stepfunctions":
        world.machine.refusals = [code] * 60
    elif service:
        world.wire.refused[service] = code
    yield
    world.machine.refusals.clear()
    world.wire.refused.clear()


def exposed(world: World, sent: Sent) -> str:
    """A request, without what is there to carry the token."""
    body, url = sent.body, sent.url
    if sent.operation.startswith("lambda.SendDurable"):
        url = urlsplit(url).netloc
    elif sent.operation.startswith("sfn.SendTask"):
        body = json.dumps({name: value for name, value in json.loads(body).items() if name != "taskToken"})
    elif sent.operation == "sfn.StartExecution":
        # Its input is the caller's.
        body = ""
    elif sent.operation == "dynamodb.UpdateItem":
        values = json.loads(body)["ExpressionAttributeValues"]
        world.ids.update(values.get(":id", {}).values())
        body = json.dumps(
            [
                json.loads(body)["Key"],
                {name: value for name, value in values.items() if name not in (":token", ":tokens")},
            ]
        )
    return f"{url} {sent.headers} {body}"


def first(strategy: st.SearchStrategy[Any]) -> Any:
    """What is drawn when nothing is left to chance."""
    return find(strategy, lambda _: True)


@pytest.mark.prove
@pytest.mark.parametrize("token", BOTH)
def test_a_token_that_comes_where_it_does_not_belong_is_not_shown(
    world: World, capfd: pytest.CaptureFixture[str], token: str
) -> None:
    for handler in HANDLERS:
        case = CASES[handler]
        made = bent(case.event(world, token, first), token, case.names)
        # Each of the tokens comes with another quarter of what is wrong, and with something of it in every place.
        for make in made if PROVE else made[BOTH.index(token) :: 4]:
            event = make()
            world.wire.sent.clear()
            nosy_workload.GIVEN.clear()
            world.wait(token)
            with overheard(debug=False) as lines:
                lines.append(answer(handler, event))
            printed = capfd.readouterr()
            try:
                assert_unknown(world, token, "\n".join([printed.out, printed.err, *lines]))
            except AssertionError as leak:
                leak.add_note(f"in the handler {handler}, given {event}")
                raise


@pytest.mark.parametrize("token", BOTH)
def test_botocore_tells_no_token_however_loud_it_is_made(
    world: World, capfd: pytest.CaptureFixture[str], token: str
) -> None:
    with overheard(debug=True) as lines, root_logger_as_it_is():
        # As a workload can do it, which is imported after the package.
        boto3.set_stream_logger("")
        for code in ["", *modelled("lambda" if token.startswith(resume.DURABLE_MARK) else "stepfunctions")]:
            world.wait(token)
            world.machine.refusals, world.functions.refusals = ([code] * 9 if code else [] for _ in range(2))
            with contextlib.suppress(CallbackError):
                resume.succeed(token, {})
        ledger.connect().add_token(world.good["fanin"], token)
        assert "botocore.retries" in "".join(lines)
    assert leaks(token, "\n".join(lines) + capfd.readouterr().err) == []


@contextlib.contextmanager
def root_logger_as_it_is() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)


def test_a_leak_would_be_found() -> None:
    token = ONE
    encoded = [base64.b64encode(b"a" * before + token.encode() + b"b").decode() for before in range(4)]
    for leak in [token, token[:30], quote_plus(token), json.dumps({"a": json.dumps([token])}), repr(token), *encoded]:
        assert leaks(token, f"before {leak} behind")
    for sign in [f"{token[:15]}…{token[-15:]}", log.fingerprint(token), hashlib.sha256(token.encode()).hexdigest()]:
        assert leaks(token, sign) == []


@pytest.mark.parametrize("token", BOTH)
def test_the_users_code_is_given_no_token(world: World, token: str) -> None:
    world.wait(token)
    nosy_workload.GIVEN.clear()
    run("direct_worker", {"task": {"end": "done"}, "token": token, "heartbeat_seconds": 3})
    ledger.connect().add_token(world.good["fanin"], token)
    for index in range(2):
        run("process", created(f"chunks/{world.good['job']}/{index:08d}"))
    run("merge", {"job": world.good, "failed": 0})
    assert len(nosy_workload.GIVEN) == 5
    assert leaks(token, "\n".join(nosy_workload.GIVEN)) == []
    verdicts = [*world.machine.verdicts, *world.functions.verdicts]
    assert verdicts[0][:2] == (token.removeprefix(resume.DURABLE_MARK), "success")
