"""Messages of documents: each is judged by itself, and what there is no time for goes back."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError, ReadTimeoutError

from sfn_callback.aws import clients, records
from sfn_callback.errors import InputInvalid
from sfn_callback.handlers import start
from testing.events import created
from tests.unit.documents.test_events import TEST_EVENT

BUSY = ClientError({"Error": {"Code": "ThrottlingException", "Message": ""}}, "StartExecution")
REFUSED = ClientError({"Error": {"Code": "AccessDeniedException", "Message": ""}}, "StartExecution")
AWAY = ClientError(
    {"Error": {"Code": "Odd", "Message": ""}, "ResponseMetadata": {"HTTPStatusCode": 503}},  # type: ignore[typeddict-item]
    "StartExecution",
)
SILENT = ReadTimeoutError(endpoint_url="https://states.eu-central-1.amazonaws.com")
Failing = dict[str, Exception]


class Machine:
    """Starts executions, each in ``takes`` seconds of the function, but for the documents that ``fails`` names."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.fails: Failing = {}
        self.takes, self.left = 0.0, 60.0

    def start_execution(self, *, stateMachineArn: str, name: str, input: str) -> None:
        key = json.loads(input)["key"].removeprefix("documents/")
        self.asked.append(key)
        self.left -= self.takes
        if key in self.fails:
            raise self.fails[key]

    def get_remaining_time_in_millis(self) -> float:
        return self.left * 1_000


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> Iterator[Machine]:
    made = Machine()
    monkeypatch.setattr(clients, "stepfunctions", lambda: made)
    yield made


def message(body: Any, name: str = "") -> dict[str, Any]:
    text = body if isinstance(body, str) else json.dumps(body)
    return {"messageId": name or text, "eventSource": "aws:sqs", "body": text, "attributes": {}}


def batch(*names: str) -> dict[str, Any]:
    return {"Records": [message(created(f"documents/{name}"), name) for name in names]}


def again(event: dict[str, Any], machine: Machine) -> list[str]:
    return [one["itemIdentifier"] for one in start.handler(event, machine)["batchItemFailures"]]


def test_each_message_starts_its_documents(machine: Machine) -> None:
    assert again(batch("a", "b"), machine) == []
    assert machine.asked == ["a", "b"]


def test_a_message_may_have_several_documents_and_fails_when_one_of_them_does(machine: Machine) -> None:
    several = {"Records": created("documents/a")["Records"] + created("documents/b")["Records"]}
    machine.fails = {"a": REFUSED}
    assert again({"Records": [message(several, "1"), *batch("c")["Records"]]}, machine) == ["1"]
    assert machine.asked == ["a", "b", "c"]


def test_a_message_of_eventbridge_starts_its_document(machine: Machine) -> None:
    detail = {"bucket": {"name": "docs"}, "object": {"key": "documents/a b+c", "sequencer": "1"}}
    told = {"source": "aws.s3", "detail-type": "Object Created", "detail": detail}
    assert again({"Records": [message(told)]}, machine) == []
    assert machine.asked == ["a b+c"]


def test_s3s_test_message_is_done_with(machine: Machine) -> None:
    # https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html
    assert again({"Records": [message(TEST_EVENT)]}, machine) == []
    assert machine.asked == []


def test_what_is_no_event_comes_again_and_takes_no_other_with_it(machine: Machine) -> None:
    wrong = [message("{", "1"), message("[]", "2"), message({"a": 1}, "3"), message("[" * 100_000, "4")]
    assert again({"Records": [*wrong, *batch("a")["Records"]]}, machine) == ["1", "2", "3", "4"]
    assert machine.asked == ["a"]


def test_a_message_that_cannot_be_read_is_quoted_nowhere(machine: Machine, capsys: pytest.CaptureFixture[str]) -> None:
    again({"Records": [message("a secret", "1"), *batch("a")["Records"]]}, machine)
    assert "secret" not in capsys.readouterr().out


@pytest.mark.parametrize("problem", [BUSY, AWAY, SILENT])
def test_once_aws_has_let_one_wait_in_vain_the_rest_goes_back_at_once(machine: Machine, problem: Exception) -> None:
    machine.fails = {"b": problem}
    assert again(batch("a", "b", "c", "d"), machine) == ["b", "c", "d"]
    assert machine.asked == ["a", "b"]


def test_what_is_refused_for_itself_holds_up_no_other(machine: Machine) -> None:
    machine.fails = {"b": REFUSED}
    assert again(batch("a", "b", "c"), machine) == ["b"]
    assert machine.asked == ["a", "b", "c"]


def test_what_there_is_no_time_for_goes_back_but_one_is_always_tried(machine: Machine) -> None:
    machine.takes = 30
    assert again(batch("a", "b", "c"), machine) == ["c"]
    machine.left = 1
    assert again(batch("d", "e"), machine) == ["e"]


@pytest.mark.parametrize(
    ("event", "fails", "error"),
    [
        (batch("a", "b"), {"a": REFUSED, "b": BUSY}, ClientError),
        (batch("a", "b"), {"a": BUSY}, ClientError),
        ({"Records": [message("{")]}, {}, InputInvalid),
    ],
)
def test_a_batch_of_which_nothing_came_is_the_functions_failure(
    machine: Machine, event: dict[str, Any], fails: Failing, error: type[Exception]
) -> None:
    machine.fails = fails
    with pytest.raises(error):
        start.handler(event, machine)


def test_an_event_of_s3_itself_starts_its_documents_as_ever(machine: Machine) -> None:
    assert len(start.handler(created("documents/a"), None)["executions"]) == 1
    machine.fails = {"b": BUSY}
    with pytest.raises(ClientError):
        start.handler(created("documents/b"), None)


@pytest.mark.parametrize("given", [None, [], {}, [None], ["text"], [{"eventSource": "aws:s3"}]])
def test_only_sqs_has_messages(given: Any) -> None:
    assert records.source({"Records": given}) != records.QUEUE
