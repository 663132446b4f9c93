"""The smallest runs of the workers' and the approvals' functions, each with the grants that it needs."""

import json
import uuid
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

from sfn_callback.approvals.events import ApprovalWait
from sfn_callback.approvals.store import Approval, Approvals
from sfn_callback.aws.dynamodb import Table
from sfn_callback.log_events import LogEvent
from tests.e2e.support.approvals import FORM, JSON, SECRET, signature
from tests.e2e.support.standins import StandIn
from tests.e2e.support.workbench import Token, expect

DONE = {"done_chance": 1}
FAILS = {"done_chance": 0, "fail_chance": 1}
LARGE = {**DONE, "output_bytes": 300_000}
SLOW = {**DONE, "sleep_seconds": 3}


def directly(task: dict[str, Any], token: Token) -> dict[str, Any]:
    return {"task": task, "token": token.text, "heartbeat_seconds": 1}


def queued(task: dict[str, Any], token: Token, received: int = 1) -> dict[str, Any]:
    body = json.dumps({"task": task, "token": token.text})
    record = {"messageId": "m", "body": body, "attributes": {"ApproximateReceiveCount": str(received)}}
    return {"Records": [record]}


def published(task: dict[str, Any], token: Token) -> dict[str, Any]:
    return {"Records": [{"Sns": {"Message": json.dumps(directly(task, token))}}]}


EVENTS = {"direct_worker": directly, "queue_worker": queued, "topic_worker": published}


def works(on: StandIn) -> None:
    _work(on, DONE, "SUCCEEDED")


def fails(on: StandIn) -> None:
    _work(on, FAILS, "FAILED")


def stores_a_large_output(on: StandIn) -> None:
    _work(on, LARGE, "SUCCEEDED")


def is_heard_while_it_works(on: StandIn) -> None:
    _work(on, SLOW, "SUCCEEDED")
    expect(LogEvent.TASK_SIGNAL_NOT_DELIVERED not in on.tail, "no heartbeat was delivered")


def _work(on: StandIn, task: dict[str, Any], status: str) -> None:
    token = on.bench.token()
    on.invoke(EVENTS[on.handler](task, token))
    token.expect(status)


def looks_whether_the_state_waits_before_it_works_again(on: StandIn) -> None:
    token = on.bench.token()
    on.invoke(queued(DONE, token, received=2))
    token.expect("SUCCEEDED")


def hands_a_task_over_that_crashed_it(on: StandIn) -> None:
    token = on.bench.token()
    on.on_failure(on.sibling("task_lost"))
    on.invoke_asynchronously(published({"crash": True}, token))
    token.expect_soon("FAILED")


def fails_a_lost_task(on: StandIn) -> None:
    token = on.bench.token()
    on.invoke({"requestPayload": published(DONE, token)})
    token.expect("FAILED")


def fails_a_dead_letter(on: StandIn) -> None:
    token = on.bench.token()
    on.invoke(queued(DONE, token))
    token.expect("FAILED")


def consumes_its_queue(on: StandIn) -> None:
    token = on.bench.token()
    with on.consuming(CONSUMED[on.handler]) as url:
        body = json.dumps({"task": FAILS, "token": token.text})
        on.bench.sqs.send_message(QueueUrl=url, MessageBody=body)
        token.expect_soon("FAILED")


CONSUMED = {"queue_worker": "tasks", "dead_letter": "tasks-dead"}


def starts_by_http(on: StandIn) -> None:
    answer = on.invoke(request("GET", "/start", query="done_chance=1"))
    expect(answer["statusCode"] == 202, answer)


def request(method: str, path: str, body: str = "", query: str = "", **headers: str) -> dict[str, Any]:
    """A function URL's event."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return {
        "rawPath": path,
        "rawQueryString": query,
        "headers": named,
        "body": body,
        "requestContext": {"http": {"method": method}},
    }


def question(token: Token, **more: Any) -> ApprovalWait:
    approval = {"subject": f"Does the role of {uuid.uuid4()} suffice?", **more}
    return ApprovalWait(
        approval, token.text, str(uuid.uuid4()), "AwaitDecision", f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}", 600, 600
    )


def asks(on: StandIn) -> None:
    # Where the page is, it looks up once.
    on.restart()
    on.invoke(as_event(question(on.bench.token())))
    expect(LogEvent.APPROVAL_ASKED in on.tail, "nobody was asked")


def as_event(asked: ApprovalWait, seconds: int = 600) -> dict[str, Any]:
    return {
        "approval": asked.request,
        "token": asked.token,
        "execution": asked.execution,
        "state": asked.state,
        "entered": asked.entered,
        "timeout_seconds": seconds,
    }


def takes_the_default_at_the_deadline(on: StandIn) -> None:
    _ask_too_late(on, "approve", "SUCCEEDED")


def takes_a_default_that_fails_at_the_deadline(on: StandIn) -> None:
    _ask_too_late(on, "reject", "FAILED")


def _ask_too_late(on: StandIn, default: str, status: str) -> None:
    token = on.bench.token()
    on.invoke(as_event(question(token, default=default), seconds=0))
    token.expect(status)


def asked(on: StandIn, token: Token, **more: Any) -> Approval:
    """An approval in the ledger."""
    approvals = Approvals(Table(on.bench.dynamodb, on.environment["SFN_CALLBACK_TABLE"], 86_400))
    return approvals.ask(question(token, **more))


def shows_the_page(on: StandIn) -> None:
    found = asked(on, on.bench.token())
    expect(on.invoke(request("GET", f"/{found.id}"))["statusCode"] == 200, "no page")


def approves(on: StandIn) -> None:
    _press(on, "approve").expect("SUCCEEDED")


def rejects(on: StandIn) -> None:
    _press(on, "reject").expect("FAILED")


def tells_that_somebody_is_on_it(on: StandIn) -> None:
    _press(on, "on-it", actions=[{"name": "on-it", "kind": "heartbeat"}, {"name": "approve"}])
    expect(LogEvent.APPROVAL_HEARTBEAT_NOT_DELIVERED not in on.tail, "no heartbeat was delivered")


def _press(on: StandIn, action: str, **more: Any) -> Token:
    token = on.bench.token()
    approval = asked(on, token, **more)
    form = urlencode({"action": action})
    answer = on.invoke(request("POST", f"/{approval.id}", form, content_type=FORM))
    expect(answer["statusCode"] == 303, answer)
    return token


def takes_a_signed_webhook(on: StandIn) -> None:
    # The secret is kept for some minutes.
    on.restart()
    token = on.bench.token()
    approval, body = asked(on, token, webhook={}), json.dumps({"amount": 3})
    answer = on.invoke(
        request("POST", f"/{approval.id}", body, content_type=JSON, x_signature_256=signature(body, SECRET))
    )
    expect(answer["statusCode"] == 200, answer)
    token.expect("SUCCEEDED")
