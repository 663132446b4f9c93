"""Reports when something breaks: a request that AWS refuses or answers to nobody, a result that goes away, a flood."""

import json
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Lock
from types import SimpleNamespace
from typing import Any

import boto3
import pytest
from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.exceptions import ClientError
from moto.core.botocore_stubber import BotocoreStubber

from sfn_callback import errors, ids
from sfn_callback.aws import clients
from sfn_callback.documents import chunk_tokens
from sfn_callback.documents.events import ChunkTask
from sfn_callback.errors import ReportInvalid, ResultUnavailable
from sfn_callback.fanin import ledger, protocol
from sfn_callback.handlers import report
from sfn_callback.reports import result_objects
from testing.environment import BUCKET
from testing.events import created
from testing.ledger_items import add_outcomes
from testing.wire import Wire, answered
from tests.conftest import set_variables
from tests.functional.conftest import TOKEN, Deployment, note_invocations
from tests.functional.test_reports import ELSEWHERE, handing_on, message, post, say, their_bucket, ways

__all__ = ["handing_on"]

ONE = b"one\n"
Handed = dict[int, list[str]]


def refusal(code: str) -> ClientError:
    """Return what a client raises once its patience is over: moto is not asked, and the request not made."""
    return ClientError({"Error": {"Code": code, "Message": "some words"}}, "AnyOperation")


@pytest.fixture(autouse=True)
def one_look(monkeypatch: pytest.MonkeyPatch) -> None:
    """What was seen of a wait is taken for true throughout a test: half a minute may end between two of its reports."""
    monkeypatch.setattr("sfn_callback.reports.take.time", SimpleNamespace(time=time.time, monotonic=lambda: 0.0))


# Every request of every door, refused or lost in turn.


def invoked(report_: dict[str, Any]) -> bool:
    try:
        return bool(report.handler(report_, None))
    except (ClientError, errors.ResumeUnavailable):
        return False


def queued(report_: dict[str, Any]) -> bool:
    event = {"Records": [{**message("", 7), "body": json.dumps(report_)}]}
    answer = report.handler(event, None)
    assert answer in ({"batchItemFailures": []}, {"batchItemFailures": [{"itemIdentifier": "m7"}]})
    return not answer["batchItemFailures"]


def published(report_: dict[str, Any]) -> bool:
    event = {"Records": [{"EventSource": "aws:sns", "Sns": {"MessageId": "n", "Message": json.dumps(report_)}}]}
    try:
        return report.handler(event, None) is None
    except (ClientError, errors.ResumeUnavailable):
        return False


def posted(report_: dict[str, Any]) -> bool:
    status, answer = post(json.dumps(report_))
    assert (status, "report" in answer) in ((200, True), (503, False))
    return status == 200


SAYS: dict[str, dict[str, Any]] = {
    "result": {"result": "eins"},
    "in place": {"result_at": {"bucket": BUCKET}},
    "copied": {"result_at": {"bucket": ELSEWHERE, "key": "done/1"}},
    "error": {"error": "OutOfInk", "cause": "no paper either"},
    "heartbeat": {"heartbeat": True},
}
WAYS = [(invoked, what) for what in SAYS] + [(door, "result") for door in (queued, published, posted)]


class Jobs:
    """One job of one chunk after another, each handed on, and the faults of the report of its chunk."""

    def __init__(self, deployment: Deployment, wire: Wire) -> None:
        self._deployment, self._ledger, self._job = deployment, ledger.connect(), ""
        self._calls: list[str] = []
        self._number, self._fails, self._how = 0, -1, ""
        wire.answer = self._answer

    def report(self, what: str) -> dict[str, Any]:
        """Begin a job; return the report of its chunk, for a function that begins anew."""
        self._number += 1
        self._job = ids.new_job()
        # Of a chunk that was handed on, only what a report reads.
        protocol.seal(self._ledger, self._job, 1, 0)
        protocol.wait(self._ledger, self._job, self._deployment.machine.wait(self.token))
        said = json.loads(json.dumps(SAYS[what]))
        if what == "in place":
            said["result_at"]["key"] = self._result
            self._deployment.put(self._result, b"eins")
        token = chunk_tokens.make(ChunkTask(self._job, 0, self._job, 0))
        clients.reset()
        return {"token": token, **said}

    @property
    def token(self) -> str:
        """The token of the state that waits for the job."""
        return f"{TOKEN} {self._number}"

    def failing(self, number: int = -1, how: str = "") -> None:
        """Have the request of that number fail from now on, each time that it is sent."""
        self._calls, self._fails, self._how = [], number, how

    def sent(self) -> int:
        """Return how many requests were sent since."""
        return len(self._calls)

    def verdicts(self) -> list[str]:
        """Return how the wait was ended."""
        return [kind for token, kind, _ in self._deployment.machine.verdicts if token == self.token]

    def result(self) -> bytes:
        """Return the chunk's result."""
        return self._deployment.read(self._result)

    @property
    def _result(self) -> str:
        return f"results/{self._job}/00000000"

    def _answer(self, _: str, request: AWSPreparedRequest) -> AWSResponse | None:
        call = str(request.headers["amz-sdk-invocation-id"])
        if call not in self._calls:
            self._calls.append(call)
        if self._calls.index(call) != self._fails:
            return None
        if self._how == "refused":
            raise refusal("ThrottlingException")
        # It is made, and its answer is another one: moto is asked all the same.
        return answered(500, b"") if self._how == "lost" else answered(503, b"<html>later</html>")


@pytest.fixture
def jobs(deployment: Deployment, wire: Wire, handing_on: Handed, no_pauses: list[float]) -> Jobs:
    their_bucket("done/1", b"eins")
    return Jobs(deployment, wire)


@pytest.mark.parametrize(("door", "what"), WAYS, ids=lambda one: getattr(one, "__name__", one))
def test_whatever_request_fails_nothing_is_half_done_that_the_same_report_does_not_heal(
    door: Callable[[dict[str, Any]], bool], what: str, jobs: Jobs
) -> None:
    report_ = jobs.report(what)
    jobs.failing()
    assert door(report_)
    requests = jobs.sent()
    assert requests >= 3
    for number in range(requests):
        for how in ("refused", "lost"):
            report_ = jobs.report(what)
            jobs.failing(number, how)
            assert not door(report_), f"request {number} of {requests} was {how}, and the report taken all the same"
            assert len(jobs.verdicts()) <= 1
            jobs.failing()
            assert door(report_)
            assert jobs.verdicts() == {"heartbeat": [], "error": ["failure"]}.get(what, ["success"])
            assert what in ("error", "heartbeat") or jobs.result() == b"eins"


@pytest.mark.parametrize("door", [invoked, queued, published, posted])
def test_a_verdict_that_cannot_be_sent_now_is_sent_with_the_same_report(
    door: Callable[[dict[str, Any]], bool], jobs: Jobs, deployment: Deployment
) -> None:
    report_ = jobs.report("result")
    deployment.machine.refusals = ["ServiceUnavailable"]
    assert not door(report_)
    assert door(report_)
    assert jobs.verdicts() == ["success"]


# What S3 answers to a result.


@pytest.mark.parametrize(
    ("status", "code"), [(409, "ConditionalRequestConflict"), (503, "SlowDown"), (500, "InternalError")]
)
def test_a_write_that_s3_has_taken_back_for_now_is_made_again(
    status: int, code: str, deployment: Deployment, wire: Wire, handing_on: Handed, no_pauses: list[float]
) -> None:
    deployment.run(ONE)
    answers = [answered(status, f"<Error><Code>{code}</Code></Error>".encode())]
    wire.answer = lambda operation, _: answers.pop() if operation == "s3.PutObject" and answers else None
    assert say(handing_on[0][0], result="eins") == "recorded"
    assert answers == [] and ways(deployment) == [("success", {"done": 1, "failed": 0})]


def test_a_copy_that_fails_after_s3_has_said_200_is_made_again(
    deployment: Deployment, wire: Wire, handing_on: Handed, no_pauses: list[float]
) -> None:
    # https://docs.aws.amazon.com/AmazonS3/latest/API/API_CopyObject.html
    deployment.run(ONE)
    at = their_bucket("done/1")
    answers = [answered(200, b"<Error><Code>InternalError</Code><Message>later</Message></Error>")]
    wire.answer = lambda operation, _: answers.pop() if operation == "s3.CopyObject" and answers else None
    assert say(handing_on[0][0], result_at=at) == "recorded"
    assert wire.operations().count("s3.CopyObject") == 2


@pytest.mark.parametrize(
    ("operation", "refused", "says"),
    [
        ("HeadObject", 403, "may not be read"),
        ("HeadObject", 404, "does not exist"),
        ("HeadObject", 405, "does not exist"),
        ("HeadObject", 400, "no such version"),
        ("CopyObject", "NoSuchKey", "does not exist"),
        ("CopyObject", "NoSuchVersion", "does not exist"),
        ("CopyObject", "PreconditionFailed", "was changed"),
        ("CopyObject", "AccessDenied", "may not be read"),
        ("CopyObject", "InvalidObjectState", "is archived"),
        ("CopyObject", "KMS.DisabledException", "KMS key"),
        ("CopyObject", "InvalidRequest", "SSE-C"),
    ],
)
def test_a_result_that_cannot_be_had_is_refused_by_name_and_nothing_is_recorded(
    operation: str, refused: int | str, says: str, deployment: Deployment, wire: Wire, handing_on: Handed
) -> None:
    deployment.run(ONE)
    at = their_bucket("done/1")

    def refuse(sent: str, request: AWSPreparedRequest) -> AWSResponse | None:
        theirs = ELSEWHERE in str(request.url) or operation == "CopyObject"
        if sent != f"s3.{operation}" or not theirs:
            return None
        if isinstance(refused, str):
            raise refusal(refused)
        return answered(refused, b"")

    wire.answer = refuse
    with pytest.raises(ResultUnavailable, match=f"s3://{ELSEWHERE}/done/1 .*{says}"):
        say(handing_on[0][0], result_at=at)
    assert post(json.dumps({"token": handing_on[0][0], "result_at": at}))[0] == 400
    assert ways(deployment) == []


def test_an_object_that_is_too_large_for_one_copy_is_refused(
    deployment: Deployment, handing_on: Handed, monkeypatch: pytest.MonkeyPatch
) -> None:
    deployment.run(ONE)
    monkeypatch.setattr(result_objects, "MAX_COPIED", 5)
    with pytest.raises(ResultUnavailable, match=r"has 6 bytes, and at most 5 can be copied\. Write it to the key"):
        say(handing_on[0][0], result_at=their_bucket("done/1"))
    assert result_objects.MAX_COPIED == 5 and deployment.keys("results/") == []


@pytest.mark.parametrize("key", ["done/100% + a b.txt", "done/größe/✓?x=1&y=#2", "done/%2F%25", "done/a//b/../c"])
def test_keys_of_any_characters_are_copied(key: str, deployment: Deployment, handing_on: Handed) -> None:
    deployment.run(ONE)
    assert say(handing_on[0][0], result_at=their_bucket(key)) == "recorded"
    assert deployment.read(deployment.merge()["result"]["key"]) == b"theirs"


def test_a_copy_names_the_key_and_takes_no_tags_along(
    deployment: Deployment, wire: Wire, handing_on: Handed, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_variables(monkeypatch, BUCKET_KEY_ARN="arn:aws:kms:eu-central-1:000000000000:key/1")
    deployment.run(ONE)
    at = their_bucket("done/1")
    wire.operations()
    say(handing_on[0][0], result_at=at)
    (copy,) = (sent for sent in wire.sent if sent.operation == "s3.CopyObject")
    for header in ("aws:kms", "key/1", "'x-amz-tagging-directive': b'REPLACE'", "x-amz-copy-source-if-match"):
        assert header in copy.headers


def test_a_version_is_copied_and_another_one_is_no_more_in_place(deployment: Deployment, handing_on: Handed) -> None:
    deployment.run(b"one\n\ntwo\n")
    at, s3 = their_bucket("done/1", b"old"), boto3.client("s3")
    s3.put_bucket_versioning(Bucket=ELSEWHERE, VersioningConfiguration={"Status": "Enabled"})
    old, _ = (s3.put_object(Bucket=ELSEWHERE, Key="done/1", Body=body)["VersionId"] for body in (b"old", b"new"))
    assert say(handing_on[0][0], result_at={**at, "version": old}) == "recorded"
    assert deployment.read(f"results/{deployment.job['job']}/00000000") == b"old"
    own = f"results/{deployment.job['job']}/00000001"
    first, second = (s3.put_object(Bucket=BUCKET, Key=own, Body=body)["VersionId"] for body in (b"old", b"new"))
    with pytest.raises(ResultUnavailable, match="was changed meanwhile"):
        say(handing_on[1][0], result_at={"bucket": BUCKET, "key": own, "version": first})
    assert say(handing_on[1][0], result_at={"bucket": BUCKET, "key": own, "version": second}) == "recorded"


@pytest.mark.parametrize("index", ["00000000", "00000001"])
def test_a_key_among_results_is_the_chunks_own_and_has_an_object_or_is_refused(
    index: str, deployment: Deployment, handing_on: Handed
) -> None:
    deployment.run(ONE)
    key = f"results/{deployment.job['job']}/{index}"
    with pytest.raises((ResultUnavailable, ReportInvalid), match=r"does not exist|Results there are not accepted"):
        say(handing_on[0][0], result_at={"bucket": BUCKET, "key": key})
    assert ways(deployment) == []


def test_a_token_in_a_results_key_is_in_no_error_and_no_log(
    deployment: Deployment, handing_on: Handed, capsys: pytest.CaptureFixture[str]
) -> None:
    # Transcribe names what it writes as its job: https://docs.aws.amazon.com/transcribe/latest/APIReference/API_StartTranscriptionJob.html
    deployment.run(ONE)
    token = handing_on[0][0]
    their_bucket("done/1")
    at = {"bucket": ELSEWHERE, "key": f"done/{token}.json"}
    with pytest.raises(ResultUnavailable, match=r"done/\[chunk token\]\.json does not exist"):
        say(token, result_at=at)
    report.handler({"Records": [message(token, result_at=at)]}, None)
    assert token not in capsys.readouterr().out


# What no chunk of a job is, and what is of an older round.


def test_a_chunk_that_the_split_has_not_made_is_refused_and_fails_no_job(
    deployment: Deployment, handing_on: Handed
) -> None:
    deployment.begin(ONE)
    stray = f"chunks/{deployment.job['job']}/00000300"
    deployment.put(stray, b"by hand")
    deployment.deliver(created(stray))
    token = handing_on[300][0]
    for said in ({"error": "OutOfInk"}, {"result": "x"}, {"heartbeat": True}):
        with pytest.raises(ReportInvalid, match="chunk 300: the split of job"):
            say(token, **said)
    assert post(json.dumps({"token": token, "result": "x"}))[0] == 400
    assert deployment.keys("results/") == [] and ways(deployment) == []


def rounds(deployment: Deployment, monkeypatch: pytest.MonkeyPatch, *tokens: str) -> Iterator[list[dict[str, Any]]]:
    """Let the wait time out, and yield the events of the round that follows; for each token one more."""
    before = TOKEN
    for token in tokens:
        invoked_ = note_invocations(monkeypatch)
        deployment.machine.time_out(before)
        deployment.redrive()
        deployment.await_chunks(token)
        before = token
        yield invoked_


def test_an_event_of_an_older_round_that_comes_late_takes_no_chunk_from_a_newer_one(
    deployment: Deployment, handing_on: Handed, monkeypatch: pytest.MonkeyPatch
) -> None:
    deployment.run(ONE)
    say(handing_on[0][0], heartbeat=True)
    late, in_time = rounds(deployment, monkeypatch, "second", "third")
    for event in (*in_time, *late):
        deployment.deliver(event)
    assert len(handing_on[0]) == 1
    assert say(handing_on[0][0], result="eins") == "recorded"
    assert ways(deployment) == [("success", {"done": 1, "failed": 0})]


def test_whoever_works_for_a_later_round_is_not_told_that_nobody_waits_when_the_older_wait_is_closed(
    deployment: Deployment, handing_on: Handed, monkeypatch: pytest.MonkeyPatch
) -> None:
    deployment.run(ONE)
    token = handing_on[0][0]
    say(token, heartbeat=True)
    first = deployment.job["fanin"]
    ((event,),) = rounds(deployment, monkeypatch, "second")
    deployment.deliver(event)
    closed_by_the_sweeper(first)
    assert say(token, heartbeat=True) == "heard"
    assert say(token, error="OutOfInk") == "recorded"
    clients.reset()
    assert say(token, heartbeat=True) == "ended"


def closed_by_the_sweeper(fanin: str) -> None:
    clients.reset()
    items = ledger.connect()
    items.close(items.look(fanin))


# What comes as a report, and is none, or is a large one.


@pytest.mark.parametrize("event", [None, 7, "text", [], [{"token": "x"}], {}, {"Records": []}, {"requestContext": 1}])
def test_what_the_function_is_not_invoked_with_is_refused_by_name(event: Any, deployment: Deployment) -> None:
    with pytest.raises((ReportInvalid, errors.InputInvalid), match=r"report|request|'token' must be"):
        report.handler(event, None)


@pytest.mark.parametrize(
    "body",
    [
        "[" * 100_000,
        '{"a":' * 100_000,
        '{"token": NaN, "result": "x"}',
        '{"token": "x", "result": Infinity}',
        '{"token": "x", "result": "\\ud800"}',
        '{"token": "x", "error": "\\udfff"}',
        '{"token": "x", "error": "y", "cause": "\\ud800"}',
        f'{{"token": "x", "result": {"9" * 5_000}}}',
        '{"token": "x", "result": "y", "content_type": "a\\nx-amz-acl: public-read"}',
        '{"token": "x", "result": "y", "content_type": "größe"}',
        f'{{"token": "x", "result": "y", "content_type": "{"x" * 257}"}}',
        '{"token": "x", "result_at": {"bucket": "b", "key": "k", "versionId": "1"}}',
        "\ufeff{}",
        "",
    ],
    ids=lambda body: body[:40],
)
def test_a_body_of_strange_json_is_refused_at_every_door(body: str, deployment: Deployment) -> None:
    assert post(body)[0] == 400
    event = {"Records": [message("x", 1), {**message("x", 2), "body": body or "{"}]}
    answer = report.handler(event, None)
    assert answer == {"batchItemFailures": [{"itemIdentifier": "m1"}, {"itemIdentifier": "m2"}]}


def test_a_huge_error_is_cut_and_its_first_words_are_kept(deployment: Deployment, handing_on: Handed) -> None:
    deployment.run(ONE)
    assert say(handing_on[0][0], error="E" * 3_000_000, cause="c" * 3_000_000) == "recorded"
    ((kind, verdict),) = ways(deployment)
    assert kind == "failure" and "chunk 00000000: EEE" in verdict["cause"] and len(verdict["cause"]) < 1_000


def test_records_of_mixed_shapes_are_each_ones_own_failure(deployment: Deployment, handing_on: Handed) -> None:
    deployment.run(ONE)
    shapes: list[Any] = [{"messageId": "m1", "eventSource": "aws:sqs"}, {"messageId": "m2", "body": 7}, None]
    good = message(handing_on[0][0], 3, result="eins")
    answer = report.handler({"Records": [good, *shapes]}, None)
    assert answer
    failed = [one["itemIdentifier"] for one in answer["batchItemFailures"]]
    # Without its id Lambda delivers the whole batch again, which changes nothing.
    assert failed == ["m1", "m2", ""]
    assert ways(deployment) == [("success", {"done": 1, "failed": 0})]


@pytest.mark.parametrize("many", [False, True])
def test_a_load_balancer_may_be_the_door_of_posts(many: bool, deployment: Deployment, handing_on: Handed) -> None:
    deployment.run(ONE)
    said = {"token": handing_on[0][0], "result": "eins"}
    headers: dict[str, Any] = {"content-type": "application/json"}
    named = {"multiValueHeaders": {name: [value] for name, value in headers.items()}} if many else {"headers": headers}
    event = {"requestContext": {"elb": {}}, "httpMethod": "POST", "path": "/", "body": json.dumps(said), **named}
    answer = report.handler(event, None)
    assert answer and (answer["statusCode"], answer["statusDescription"]) == (200, "200 OK")
    assert json.loads(answer["body"]) == {"report": "recorded"} and ("multiValueHeaders" in answer) == many
    assert report.handler({**event, "httpMethod": "GET", "body": ""}, None)["statusDescription"] == (  # type: ignore[index]
        "405 Method Not Allowed"
    )


def test_the_last_reports_of_two_groups_side_by_side_give_one_verdict(
    deployment: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    one_at_a_time(monkeypatch)
    items, job = ledger.connect(), ids.new_job()
    protocol.seal(items, job, 300, 0)
    protocol.wait(items, job, deployment.machine.wait(TOKEN))
    items.mark_done(job, 0)
    add_outcomes(job, 0, "done", range(1, 216))
    last = range(216, 300)
    tokens = {chunk: chunk_tokens.make(ChunkTask(job, chunk, job, chunk)) for chunk in last}
    clients.reset()
    with ThreadPoolExecutor(24) as pool:
        told = [*pool.map(lambda chunk: say(tokens[chunk], result=str(chunk)), [*last, *last[::7]])]
    assert set(told) == {"recorded"}
    assert ways(deployment) == [("success", {"done": 300, "failed": 0})]
    assert [deployment.read(key) for key in deployment.keys(f"results/{job}/")] == [b"%d" % one for one in last]


def one_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have moto make a request whole before the next one, as AWS does of one item."""
    lock, make = Lock(), BotocoreStubber.__call__

    def whole(stubber: Any, event_name: str, request: Any, **named: Any) -> Any:
        with lock:
            return make(stubber, event_name, request, **named)

    monkeypatch.setattr(BotocoreStubber, "__call__", whole)
