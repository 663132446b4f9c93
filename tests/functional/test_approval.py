"""Approvals on moto: the waiting state asks, the page and webhooks answer, the token gets one verdict."""

import hashlib
import hmac
import json
import re
import sys
from datetime import datetime
from typing import Any
from unittest.mock import Mock

import boto3
import pytest

from sfn_callback import log
from sfn_callback.errors import InputInvalid, ResumeUnavailable
from sfn_callback.handlers import ask, page
from sfn_callback.log_events import LogEvent
from tests.functional.approvals import FORM, PAGE, TOKEN, WEEK, Approvals, approvals

__all__ = ["approvals"]

LONGEST = {"comment": "\x01" * 2_000, "decider": "\x01" * 200}
"""What a person may say, in the letters that take most bytes as JSON."""


def test_the_message_is_readable_and_has_one_link_and_no_token(approvals: Approvals) -> None:
    approvals.ask(subject="Publish the catalogue?", details="It has 48 pages.", requester="Ana")
    (mail,) = approvals.mails()
    assert mail["Subject"] == "Approval needed: Publish the catalogue?"
    assert len(re.findall("https?://", mail["Message"])) == 1
    for text in ("Publish the catalogue?", "It has 48 pages.", "Asked by: Ana", "Decide by: "):
        assert text in mail["Message"]
    assert TOKEN not in json.dumps(mail)


def test_the_link_stands_alone_on_its_line(approvals: Approvals) -> None:
    approvals.ask(details="48 pages")
    (mail,) = approvals.mails()
    before, _, after = re.split(rf"^({re.escape(PAGE)}[A-Za-z0-9]{{32}})$", mail["Message"], flags=re.MULTILINE)
    assert before.endswith("\n\nDecide here:\n\n")
    assert after.startswith("\n\nOpening the link decides nothing.")


def test_the_message_and_the_page_say_who_asks_and_whom_to_ask_back(approvals: Approvals) -> None:
    approvals.set("ASKER_NAME", "Northwind <Press>")
    approvals.set("ASKER_CONTACT", "press@example.com")
    approvals.ask()
    (mail,) = approvals.mails()
    assert "\n\nFor: Northwind <Press>, press@example.com\n\n" in mail["Message"]
    path = "/" + re.findall(rf"^{re.escape(PAGE)}(\S+)$", mail["Message"], re.MULTILINE)[0]
    for shown in (approvals.request("GET", path), approvals.request("GET", "/gone")):
        assert '<header dir="auto">Northwind &lt;Press&gt;</header>' in shown["body"]
        assert '<a href="mailto:press@example.com"' in shown["body"]


@pytest.mark.parametrize("added", [".", ")", "/", "%20", "%3E", "*", '"', "/)"])
def test_what_a_mail_program_adds_to_the_link_still_shows_and_decides(approvals: Approvals, added: str) -> None:
    path = approvals.asked() + added
    assert ">Approve</button>" in approvals.request("GET", path)["body"]
    assert approvals.press(path, "approve")["headers"]["location"] == "?pressed=approve"
    assert approvals.verdict()[1]["action"] == "approve"


def test_a_link_that_was_mailed_before_ids_had_only_letters_and_digits_goes_on_working(
    approvals: Approvals, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sfn_callback.ids.new_approval", lambda: "-_" * 15 + "a-")
    approvals.press(approvals.asked(), "approve")
    assert approvals.verdict()[1]["action"] == "approve"


def test_the_page_is_behind_a_path_as_well(approvals: Approvals) -> None:
    approvals.set("PAGE_URL", f"{PAGE}prod")
    approvals.ask()
    path = "/prod/" + approvals.link().removeprefix("/prod/")
    assert approvals.press(path, "approve")["statusCode"] == 303
    assert "Decided: “<bdi>Approve</bdi>”" in approvals.request("GET", path)["body"]


def test_the_subject_is_what_sns_takes(approvals: Approvals) -> None:
    approvals.ask(subject="Größe\nändern?" + "x" * 150)
    (mail,) = approvals.mails()
    assert mail["Subject"].startswith("Approval needed: Gr??e ?ndern?xxx")
    assert len(mail["Subject"]) < 100


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_whoever_only_looks_decides_nothing(approvals: Approvals, method: str) -> None:
    path = approvals.asked()
    before = boto3.client("dynamodb").scan(TableName="docs-ledger")["Items"]
    assert approvals.request(method, path)["statusCode"] == 200
    assert boto3.client("dynamodb").scan(TableName="docs-ledger")["Items"] == before
    assert approvals.machine.calls == 0


def test_head_has_the_headers_of_get_and_no_body(approvals: Approvals) -> None:
    path = approvals.asked()
    got, headed = approvals.request("GET", path), approvals.request("HEAD", path)
    assert headed == {**got, "body": ""}


def test_the_page_shows_what_is_asked_by_whom_until_when(approvals: Approvals) -> None:
    approvals.ask(subject="Publish?", details="48 pages", requester="Ana")
    shown = approvals.request("GET", approvals.link())
    for text in (
        "Publish?",
        "48 pages",
        "Ana",
        "<dt>Decide by</dt>",
        "UTC</time> (in 6 days)",
        ">Approve</button>",
        ">Reject</button>",
    ):
        assert text in shown["body"]


def test_a_press_resumes_the_machine_with_who_decided_what_and_when(approvals: Approvals) -> None:
    path = approvals.asked()
    answered = approvals.press(path, "approve", comment="Go\r\non", decider="Ana")
    assert (answered["statusCode"], answered["headers"]["location"]) == (303, "?pressed=approve")
    kind, output = approvals.verdict()
    assert kind == "success"
    datetime.strptime(output.pop("time"), "%Y-%m-%dT%H:%M:%SZ")
    assert output == {"action": "approve", "comment": "Go\non", "decider": "Ana", "timed_out": False}
    shown = approvals.request("GET", path)
    assert shown["statusCode"] == 200
    assert "Decided: “<bdi>Approve</bdi>” by <bdi>Ana</bdi>" in shown["body"]
    assert "<form" not in shown["body"]


def test_a_failure_action_fails_the_state_by_its_error(approvals: Approvals) -> None:
    approvals.press(approvals.asked(), "reject", comment="not yet", decider="Ben")
    kind, content = approvals.verdict()
    assert (kind, content["error"]) == ("failure", "Rejected")
    assert json.loads(content["cause"])["comment"] == "not yet"


def test_an_actions_output_reaches_the_machine(approvals: Approvals) -> None:
    approvals.ask(actions=[{"name": "all", "output": {"pages": [1, 2]}}, {"name": "none", "output": 0}])
    approvals.press(approvals.link(), "none")
    assert approvals.verdict()[1]["output"] == 0


def test_a_second_decision_is_refused_and_shown_the_first(approvals: Approvals) -> None:
    path = approvals.asked()
    approvals.press(path, "approve", decider="Ana")
    answered = approvals.press(path, "reject", decider="Ben")
    assert answered["statusCode"] == 409
    assert "already decided" in answered["body"]
    assert "Ana" in answered["body"]
    assert approvals.verdict()[0] == "success"


def test_a_decision_that_could_not_be_delivered_is_delivered_with_the_next_press(
    approvals: Approvals, no_pauses: list[float], capsys: pytest.CaptureFixture[str]
) -> None:
    path = approvals.asked()
    approvals.machine.refusals = ["ServiceUnavailable"]
    assert approvals.press(path, "approve")["statusCode"] == 503
    line = next(line for line in capsys.readouterr().out.splitlines() if LogEvent.DECISION_NOT_DELIVERED in line)
    assert json.loads(line)["approval"] == log.fingerprint(path[1:])
    assert approvals.machine.verdicts == []
    assert approvals.press(path, "approve")["statusCode"] == 303
    assert approvals.verdict()[0] == "success"


def test_a_decision_between_two_waits_is_delivered_by_the_next(approvals: Approvals) -> None:
    path = approvals.asked()
    approvals.machine.time_out(TOKEN)
    assert approvals.press(path, "approve")["statusCode"] == 303
    assert approvals.machine.verdicts == []
    approvals.ask("another token")
    assert approvals.machine.verdicts[0][:2] == ("another token", "success")
    assert approvals.mails() == []


def test_a_reminder_has_the_same_link_and_the_new_token_counts(approvals: Approvals) -> None:
    path = approvals.asked()
    approvals.machine.time_out(TOKEN)
    approvals.ask("another token")
    (mail,) = approvals.mails()
    assert mail["Subject"] == "Reminder: Publish?"
    assert path[1:] in mail["Message"]
    approvals.press(path, "approve")
    assert approvals.machine.verdicts[0][0] == "another token"


def test_an_attempt_that_was_given_up_and_goes_on_does_not_hide_the_token_that_counts(approvals: Approvals) -> None:
    approvals.ask("open")
    path = approvals.link()
    approvals.late("given up")
    approvals.press(path, "approve")
    assert [token for token, _, _ in approvals.machine.verdicts] == ["open"]


def test_two_waits_of_one_execution_are_two_approvals(approvals: Approvals) -> None:
    first = approvals.asked()
    approvals.enter_earlier(1)
    approvals.ask("another token")
    assert approvals.link() != first


def test_iterations_of_a_map_that_enter_in_the_same_millisecond_are_approvals_of_their_own(
    approvals: Approvals,
) -> None:
    approvals.ask("first", subject="Publish page 1?")
    one = approvals.link()
    approvals.ask("second", subject="Publish page 2?")
    two = approvals.link()
    approvals.press(two, "reject")
    approvals.press(one, "approve")
    assert [(token, kind) for token, kind, _ in approvals.machine.verdicts] == [
        ("second", "failure"),
        ("first", "success"),
    ]


def test_the_order_of_a_requests_fields_makes_no_other_approval(approvals: Approvals) -> None:
    approvals.ask(details="48 pages", requester="Ana")
    path = approvals.link()
    approvals.machine.time_out(TOKEN)
    approvals.ask("another token", requester="Ana", details="48 pages")
    assert approvals.link() == path


def test_identical_questions_of_the_same_millisecond_are_one_whose_answer_both_get(approvals: Approvals) -> None:
    approvals.ask("first")
    path = approvals.link()
    approvals.ask("second")
    approvals.press(path, "approve")
    approvals.machine.time_out("first")
    approvals.ask("first again")
    assert [token for token, _, _ in approvals.machine.verdicts] == ["second", "first again"]


def test_at_the_deadline_the_default_is_taken(approvals: Approvals) -> None:
    approvals.enter_earlier(WEEK - 60)
    approvals.ask(default="reject")
    path = approvals.link()
    approvals.machine.time_out(TOKEN)
    approvals.wait_until_after(61)
    approvals.ask("another token", default="reject")
    _, content = approvals.verdict()
    assert content["error"] == "Rejected"
    assert json.loads(content["cause"])["timed_out"] is True
    shown = approvals.request("GET", path)
    assert shown["statusCode"] == 410
    assert "Nobody decided in time, so “<bdi>Reject</bdi>” was chosen at the deadline" in shown["body"]


@pytest.mark.parametrize("action", ["approve", "on-it"])
def test_who_answers_after_the_deadline_has_decided_is_too_late(approvals: Approvals, action: str) -> None:
    actions = [{"name": "approve"}, {"name": "on-it", "kind": "heartbeat"}]
    question: dict[str, Any] = {"actions": actions, "webhook": {}}
    approvals.ask(**question)
    path = approvals.link()
    approvals.machine.time_out(TOKEN)
    approvals.wait_until_after(WEEK)
    approvals.ask("another token", **question)
    pressed, sent = approvals.press(path, action), approvals.send(path, {"n": 1})
    assert [answered["statusCode"] for answered in (pressed, sent)] == [410, 410]
    assert "You answered after the deadline" in pressed["body"]
    assert approvals.verdict()[1]["error"] == "ApprovalTimedOut"


def test_without_a_default_nobody_deciding_is_a_failure_of_its_name(approvals: Approvals) -> None:
    approvals.enter_earlier(WEEK + 1)
    approvals.ask()
    assert approvals.verdict()[1]["error"] == "ApprovalTimedOut"
    assert approvals.mails() == []


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_an_expired_link_says_so_and_decides_nothing(approvals: Approvals, method: str) -> None:
    path = approvals.asked()
    approvals.wait_until_after(WEEK)
    answered = approvals.press(path, "approve") if method == "POST" else approvals.request("GET", path)
    assert answered["statusCode"] == 410
    assert "Nobody decided by" in answered["body"]
    assert approvals.machine.verdicts == []


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "OPTIONS", "TRACE"])
def test_other_methods_are_not_possible(approvals: Approvals, method: str) -> None:
    answered = approvals.request(method, approvals.asked())
    assert (answered["statusCode"], answered["headers"]["allow"]) == (405, "GET, HEAD, POST")


@pytest.mark.parametrize(
    ("action", "comment", "said"), [("maybe", "", "press one of the"), ("approve", "x" * 2001, "too long")]
)
def test_a_press_that_is_not_understood_says_what_to_change(
    approvals: Approvals, action: str, comment: str, said: str
) -> None:
    answered = approvals.press(approvals.asked(), action, comment=comment)
    assert (answered["statusCode"], said in answered["body"]) == (400, True)


def test_the_largest_answer_and_the_largest_question_fit_one_item(approvals: Approvals) -> None:
    # As many bytes as a request may have, and half as many again with a space after each comma.
    actions = [{"name": "go", "output": [1] * 32_600}, {"name": "on-it", "kind": "heartbeat"}]
    approvals.ask("t" * 2_048, webhook={}, actions=actions, details="x" * 215)
    path = approvals.link()
    approvals.press(path, "on-it", **LONGEST)
    assert approvals.send(path, f'"{"é" * 131_071}"')["statusCode"] == 200
    (item,) = [item for item in boto3.client("dynamodb").scan(TableName="docs-ledger")["Items"] if "question" in item]
    assert len(item["question"]["S"]) == 65_536
    assert len(json.dumps(approvals.verdict()[1], ensure_ascii=False).encode()) == 262_144
    # https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ServiceQuotas.html: 400 KB, names included.
    written = sum(len(f"{name}{text}".encode()) for name, value in item.items() for text in value.values())
    assert written < 409_600 - 2_048, "An ARN that IAM names as the principal has room."


def test_an_answer_by_a_button_is_always_one_that_step_functions_takes(approvals: Approvals) -> None:
    actions = [{"name": "go", "output": "x" * 65_000}, {"name": "no", "kind": "failure", "error": "No"}]
    approvals.ask(actions=actions)
    assert approvals.press(approvals.link(), "go", **LONGEST)["statusCode"] == 303
    assert len(json.dumps(approvals.verdict()[1])) < 262_144


def test_the_cause_of_a_rejection_is_never_cut(approvals: Approvals) -> None:
    approvals.press(approvals.asked(), "reject", **LONGEST)
    assert LONGEST.items() <= json.loads(approvals.verdict()[1]["cause"]).items()


def test_somebody_who_is_on_it_stops_the_next_reminder_only(approvals: Approvals) -> None:
    actions = [{"name": "approve"}, {"name": "on-it", "kind": "heartbeat", "label": "I am on it"}]
    approvals.ask(actions=actions)
    path = approvals.link()
    assert approvals.press(path, "on-it", decider="Ana", comment="after lunch")["statusCode"] == 303
    assert approvals.machine.heartbeats == [TOKEN]
    shown = approvals.request("GET", path)["body"]
    assert "“<bdi>I am on it</bdi>”, said <bdi>Ana</bdi>" in shown
    assert "after lunch" in shown
    approvals.machine.time_out(TOKEN)
    approvals.ask("second", actions=actions)
    assert approvals.mails() == []
    approvals.machine.time_out("second")
    approvals.ask("third", actions=actions)
    assert [mail["Subject"] for mail in approvals.mails()] == ["Reminder: Publish?"]
    assert approvals.machine.verdicts == []


def test_a_webhooks_body_becomes_the_output(approvals: Approvals) -> None:
    approvals.ask(webhook={})
    answered = approvals.send(approvals.link(), {"paid": True, "amount": "ß"})
    assert (answered["statusCode"], json.loads(answered["body"])) == (200, {"accepted": True})
    assert approvals.verdict() == ("success", {"paid": True, "amount": "ß"})


def test_a_webhook_that_is_sent_again_is_accepted_again_and_another_one_is_not(approvals: Approvals) -> None:
    approvals.ask(webhook={})
    path = approvals.link()
    statuses = [approvals.send(path, body)["statusCode"] for body in ({"n": 1}, {"n": 1}, {"n": 2})]
    assert statuses == [200, 200, 409]
    assert approvals.verdict()[1] == {"n": 1}


def test_a_webhooks_body_that_is_nested_too_deep_is_refused(approvals: Approvals) -> None:
    approvals.ask(webhook={})
    path = approvals.link()
    answered = approvals.send(path, "[" * 101 + "]" * 101)
    assert answered["statusCode"] == 400
    assert "more than 100 levels deep" in answered["body"]
    assert approvals.machine.verdicts == []
    assert approvals.send(path, '[{"a":' * 50 + "1" + "}]" * 50)["statusCode"] == 200


SCHEMA = {"type": "object", "required": ["amount"], "properties": {"amount": {"type": "integer", "default": 1}}}


def test_a_webhooks_body_must_be_what_the_schema_describes(approvals: Approvals) -> None:
    approvals.ask(webhook={"schema": SCHEMA})
    path = approvals.link()
    answered = approvals.send(path, {"amount": "much"})
    assert answered["statusCode"] == 422
    assert json.loads(answered["body"])["reasons"] == ["data.amount must be integer"]
    assert approvals.machine.verdicts == []
    assert approvals.send(path, {"amount": 3})["statusCode"] == 200


@pytest.mark.parametrize(
    ("schema", "why"),
    [
        ({"type": "nonsense"}, "not a JSON Schema"),
        ({"pattern": "("}, "not a JSON Schema"),
        ({"$ref": "https://example.com/schema.json"}, "refers to https://example.com/schema.json"),
        ({"$ref": "file:///etc/passwd"}, "refers to file:///etc/passwd"),
        ("string", "must be a JSON Schema"),
    ],
)
def test_a_schema_that_cannot_be_used_is_refused_when_asking(approvals: Approvals, schema: Any, why: str) -> None:
    with pytest.raises(InputInvalid, match=why):
        approvals.ask(webhook={"schema": schema})
    assert approvals.mails() == []


def test_a_schema_without_its_library_is_refused_when_asking(
    approvals: Approvals, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "fastjsonschema", None)
    with pytest.raises(InputInvalid, match="needs fastjsonschema"):
        approvals.ask(webhook={"schema": SCHEMA})


@pytest.fixture
def secret(approvals: Approvals) -> bytes:
    arn = boto3.client("secretsmanager").create_secret(Name="hook", SecretString="s3cret")["ARN"]
    approvals.set("WEBHOOK_SECRET", arn)
    return b"s3cret"


def test_a_signed_webhook_is_accepted(approvals: Approvals, secret: bytes) -> None:
    approvals.ask(webhook={})
    body = '{"paid": true}'
    signature = "sha256=" + hmac.new(secret, body.encode(), hashlib.sha256).hexdigest()
    assert approvals.send(approvals.link(), body, x_signature_256=signature)["statusCode"] == 200


def test_a_signature_is_compared_in_constant_time(
    approvals: Approvals, secret: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    approvals.ask(webhook={})
    expected = "sha256=" + hmac.new(secret, b"{}", hashlib.sha256).hexdigest()
    compare = Mock(return_value=True)
    monkeypatch.setattr(hmac, "compare_digest", compare)
    # It alone decides: what it lets pass has passed.
    assert approvals.send(approvals.link(), "{}", x_signature_256="sha256=guessed")["statusCode"] == 200
    compare.assert_called_once_with(expected.encode(), b"sha256=guessed")


def test_the_caller_that_iam_knows_is_part_of_the_decision(approvals: Approvals) -> None:
    path = approvals.asked()
    caller = "arn:aws:sts::123456789012:assumed-role/ops/ana"
    context = {"http": {"method": "POST", "path": path}, "authorizer": {"iam": {"userArn": caller}}}
    headers = {"Content-Type": FORM}
    page.handler({"rawPath": path, "headers": headers, "requestContext": context, "body": "action=approve"}, None)
    assert approvals.verdict()[1]["principal"] == caller
    assert "arn:" not in approvals.request("GET", path)["body"]


@pytest.mark.parametrize("action", ["approve", "on-it"])
def test_an_operator_who_is_known_by_an_arn_alone_is_shown_as_an_operator(approvals: Approvals, action: str) -> None:
    approvals.ask(actions=[{"name": "approve"}, {"name": "on-it", "kind": "heartbeat"}])
    path = approvals.link()
    approvals.press(path, action, decider="arn:aws:iam::123456789012:root")
    shown = approvals.request("GET", path)["body"]
    assert "an operator" in shown
    assert "arn:" not in shown


def test_who_pressed_is_told_that_the_answer_was_recorded_and_nobody_else(approvals: Approvals) -> None:
    path = approvals.asked()
    where = approvals.press(path, "approve")["headers"]["location"].removeprefix("?")
    told = approvals.request("GET", path, query=where)["body"]
    assert (
        told.index("Your answer was recorded.")
        < told.index("</span> <bdi>Approve</bdi>")
        < told.index("Decided: “<bdi>Approve</bdi>”")
    )
    for query in ("", "pressed=", "pressed=reject", "pressed=approve&a=b", "approve"):
        assert "recorded" not in approvals.request("GET", path, query=query)["body"]


def test_who_is_on_it_is_told_so_until_somebody_decides(approvals: Approvals) -> None:
    approvals.ask(actions=[{"name": "approve"}, {"name": "on-it", "kind": "heartbeat"}])
    path = approvals.link()
    assert "recorded" not in approvals.request("GET", path, query="pressed=on-it")["body"]
    assert approvals.press(path, "on-it")["headers"]["location"] == "?pressed=on-it"
    assert "Your answer was recorded." in approvals.request("GET", path, query="pressed=on-it")["body"]
    assert "recorded" not in approvals.request("GET", path)["body"]
    approvals.press(path, "approve")
    assert "recorded" not in approvals.request("GET", path, query="pressed=on-it")["body"]


def test_nothing_is_logged_that_lets_its_reader_decide(
    approvals: Approvals, capsys: pytest.CaptureFixture[str], no_pauses: list[float]
) -> None:
    path = approvals.asked()
    approvals.machine.refusals = ["ServiceUnavailable"]
    approvals.press(path, "approve")
    approvals.press(path, "approve")
    logged = capsys.readouterr().out
    assert LogEvent.DECISION_DELIVERED in logged
    assert path[1:] not in logged
    assert TOKEN not in logged


def test_a_decision_that_cannot_be_delivered_fails_the_attempt_so_that_it_is_tried_again(
    approvals: Approvals, no_pauses: list[float]
) -> None:
    path = approvals.asked()
    approvals.machine.time_out(TOKEN)
    approvals.press(path, "approve")
    approvals.machine.refusals = ["ServiceUnavailable"]
    with pytest.raises(ResumeUnavailable):
        approvals.ask("another token")


@pytest.mark.parametrize("missing", ["token", "execution", "state", "entered", "timeout_seconds"])
def test_an_event_without_what_the_state_sends_is_refused(approvals: Approvals, missing: str) -> None:
    event: dict[str, Any] = {"approval": {"subject": "x"}, "token": TOKEN, "execution": "arn:e", "state": "s"}
    event |= {"entered": "2026-01-31T23:59:59.000Z", "timeout_seconds": 60}
    del event[missing]
    with pytest.raises(InputInvalid, match=missing):
        ask.handler(event, None)
