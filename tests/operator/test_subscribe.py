"""``subscribe``, and what doctor says of who hears of approvals: SNS asks by mail, and its mails have links."""

import hashlib
import re
from collections.abc import Iterator
from typing import Any

import botocore.session
import pytest
from botocore.validate import validate_parameters

from sfn_callback.aws import clients
from testing.task_tokens import refusal
from tests.operator.conftest import Desk

TOPIC = "arn:aws:sns:eu-central-1:123456789012:docs-approvals"
LINK = "https://sns.eu-central-1.amazonaws.com/confirmation.html?TopicArn={topic}&Token={token}&Endpoint={endpoint}"
MODEL = botocore.session.get_session().get_service_model("sns")


class Sns:
    """SNS as it treats addresses of mail. Who follows the links of its mails is not asked who they are.

    https://docs.aws.amazon.com/sns/latest/api/API_Subscribe.html and API_ConfirmSubscription.html
    """

    def __init__(self) -> None:
        self.subscriptions: dict[str, dict[str, str]] = {}
        self.mails: list[str] = []

    def subscribe(self, **given: str) -> dict[str, str]:
        self._check("Subscribe", given)
        address = given["Endpoint"]
        if self.subscriptions.get(address, {}).get("state") == "confirmed":
            return {"SubscriptionArn": self._arn(address)}
        token = hashlib.sha256(f"{address}{len(self.mails)}".encode()).hexdigest()
        self.subscriptions[address] = {"state": "PendingConfirmation", "token": token}
        self.mails.append(LINK.format(topic=given["TopicArn"], token=token, endpoint=address))
        return {"SubscriptionArn": "pending confirmation"}

    def confirm_subscription(self, **given: str) -> dict[str, str]:
        self._check("ConfirmSubscription", given)
        for address, one in self.subscriptions.items():
            if one["token"] == given["Token"] and given["TopicArn"] == TOPIC:
                one["state"], one["locked"] = "confirmed", given.get("AuthenticateOnUnsubscribe", "false")
                return {"SubscriptionArn": self._arn(address)}
        raise refusal("ConfirmSubscription", "InvalidParameter")

    def click(self, link: str) -> None:
        """Somebody, or a scanner, follows a confirmation's link."""
        (token,) = re.findall("Token=([0-9a-f]+)", link)
        self.confirm_subscription(TopicArn=TOPIC, Token=token)

    def unsubscribe(self, **given: str) -> None:
        self._check("Unsubscribe", given)
        self.subscriptions[given["SubscriptionArn"].rpartition(":")[2]]["state"] = "Deleted"

    def get_subscription_attributes(self, **given: str) -> dict[str, Any]:
        self._check("GetSubscriptionAttributes", given)
        locked = self.subscriptions[given["SubscriptionArn"].rpartition(":")[2]]["locked"]
        return {"Attributes": {"ConfirmationWasAuthenticated": locked}}

    def get_paginator(self, name: str) -> "Sns":
        assert name == "list_subscriptions_by_topic"
        return self

    def paginate(self, **given: str) -> Iterator[dict[str, Any]]:
        self._check("ListSubscriptionsByTopic", given)
        for address, one in self.subscriptions.items():
            arn = self._arn(address) if one["state"] == "confirmed" else one["state"]
            yield {"Subscriptions": [{"Endpoint": address, "Protocol": "email", "SubscriptionArn": arn}]}

    def _arn(self, address: str) -> str:
        return f"{TOPIC}:{address}"

    def _check(self, operation: str, given: dict[str, str]) -> None:
        shape = MODEL.operation_model(operation).input_shape
        assert shape is not None
        validate_parameters(given, shape)


@pytest.fixture
def sns(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> Sns:
    fake = Sns()
    monkeypatch.setattr(clients, "sns", lambda: fake)
    return fake


@pytest.fixture
def expecting(desk: Desk) -> None:
    """The module was given two addresses."""
    hashes = [hashlib.sha256(one.encode()).hexdigest()[:8] for one in ("ana@example.com", "ben@example.com")]
    for name in ("docs-ask", "docs-process"):
        environment = desk.functions.get_function_configuration(FunctionName=name)["Environment"]["Variables"]
        variables = {**environment, "SFN_CALLBACK_APPROVERS": " ".join(hashes)}
        desk.functions.update_function_configuration(FunctionName=name, Environment={"Variables": variables})


def findings_of(desk: Desk, what: str) -> list[tuple[str, str, str]]:
    findings = desk.json("doctor")
    return [(one["level"], one["says"], one["do"]) for one in findings if one["what"] == what]


def test_who_is_confirmed_by_the_command_cannot_be_unsubscribed_by_a_link(desk: Desk, sns: Sns) -> None:
    ran = desk.run("subscribe", "ana@example.com")
    assert ran.code == 0
    assert "sfn-callback subscribe --confirm 'LINK'" in ran.err
    (link,) = sns.mails
    assert desk.run("subscribe", "--confirm", link).code == 0
    assert sns.subscriptions["ana@example.com"]["locked"] == "true"
    assert findings_of(desk, "unsubscribing") == []


@pytest.mark.parametrize("form", ["{link}", "<{link}>", " {link}\n", "{token}"])
def test_a_link_is_taken_as_it_was_copied(desk: Desk, sns: Sns, form: str) -> None:
    desk.run("subscribe", "ana@example.com")
    token = sns.subscriptions["ana@example.com"]["token"]
    assert desk.run("subscribe", "--confirm", form.format(link=sns.mails[0], token=token)).code == 0
    assert sns.subscriptions["ana@example.com"]["state"] == "confirmed"


def test_a_link_that_a_scanner_has_followed_already_locks_still(desk: Desk, sns: Sns) -> None:
    desk.run("subscribe", "ana@example.com")
    sns.click(sns.mails[0])
    assert desk.run("subscribe", "--confirm", sns.mails[0]).code == 0
    assert sns.subscriptions["ana@example.com"]["locked"] == "true"


def test_who_is_asked_and_locked_is_left_alone(desk: Desk, sns: Sns) -> None:
    desk.run("subscribe", "ana@example.com")
    desk.run("subscribe", "--confirm", sns.mails[0])
    ran = desk.run("subscribe", "Ana@example.com")
    assert (ran.code, len(sns.mails)) == (0, 1)
    assert "is already subscribed, and no link" in ran.err


def test_who_is_asked_without_a_lock_is_subscribed_anew_after_a_question(desk: Desk, sns: Sns) -> None:
    desk.run("subscribe", "ana@example.com")
    sns.click(sns.mails[0])
    (warning,) = findings_of(desk, "unsubscribing")
    assert warning[0] == "warning"
    assert warning[2] == "sfn-callback subscribe ana@example.com"
    ran = desk.run("subscribe", "ana@example.com")
    assert (ran.code, sns.subscriptions["ana@example.com"]["state"]) == (2, "confirmed")
    assert "gets no mail until that is confirmed" in ran.err
    assert desk.run("subscribe", "ana@example.com", "--yes").code == 0
    assert desk.run("subscribe", "--confirm", sns.mails[-1]).code == 0
    assert sns.subscriptions["ana@example.com"]["locked"] == "true"


def test_a_link_that_sns_takes_no_more_says_what_to_do(desk: Desk, sns: Sns) -> None:
    ran = desk.run("subscribe", "--confirm", LINK.format(topic=TOPIC, token="0" * 64, endpoint="ana@example.com"))
    assert ran.code == 6
    assert "older than two days" in ran.err
    assert "0" * 32 not in ran.err


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ((), "Give an address"),
        (("ana@example.com", "--confirm", "0" * 64), "Give an address"),
        (("ana",), "is not an email address"),
        (("--confirm", "https://example.com/"), "neither the link of a subscription mail"),
        (("--confirm", LINK.format(topic=f"{TOPIC}-too", token="0" * 64, endpoint="a")), "belongs to the topic"),
    ],
)
def test_what_makes_no_sense_is_said(desk: Desk, sns: Sns, given: tuple[str, ...], says: str) -> None:
    ran = desk.run("subscribe", *given)
    assert ran.code == 2
    assert says in ran.err


def test_a_deployment_that_asks_nobody_says_so(desk: Desk, sns: Sns) -> None:
    desk.machine.machines = desk.machine.machines[:1]
    ran = desk.run("subscribe", "ana@example.com")
    assert ran.code == 2
    assert "has no approval workflow" in ran.err


@pytest.mark.usefixtures("expecting")
def test_an_approver_who_was_unsubscribed_is_named(desk: Desk, sns: Sns) -> None:
    for address in ("ana@example.com", "ben@example.com"):
        desk.run("subscribe", address)
        desk.run("subscribe", "--confirm", sns.mails[-1])
    assert findings_of(desk, "subscribers") == []
    sns.unsubscribe(SubscriptionArn=f"{TOPIC}:ben@example.com")
    says = "ben@example.com of approval.emails was unsubscribed, so it is not told of approvals"
    assert findings_of(desk, "subscribers") == [("problem", says, "sfn-callback subscribe ben@example.com")]


@pytest.mark.usefixtures("expecting")
def test_an_approver_who_has_not_confirmed_or_is_listed_no_more_is_told(desk: Desk, sns: Sns) -> None:
    desk.run("subscribe", "Ana@Example.com")
    (pending, gone) = findings_of(desk, "subscribers")
    assert pending[1] == "Ana@Example.com of approval.emails has not confirmed, so it is not told of approvals"
    assert gone[:2] == ("problem", "1 of the 2 approval.emails are not subscribed any more")
    assert "terraform plan names them" in gone[2]
    desk.run("subscribe", "--confirm", sns.mails[-1])
    assert findings_of(desk, "subscribers") == [gone]


@pytest.mark.usefixtures("expecting")
def test_who_subscribes_beside_them_makes_up_for_nobody(desk: Desk, sns: Sns) -> None:
    for address in ("cleo@example.com", "dan@example.com"):
        desk.run("subscribe", address)
        desk.run("subscribe", "--confirm", sns.mails[-1])
    (gone,) = findings_of(desk, "subscribers")
    assert gone[1] == "2 of the 2 approval.emails are not subscribed any more"
