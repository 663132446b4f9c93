"""What must not come, through each handler that it can come to: a clear error, nothing lost, nothing half done."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import boto3
import pytest
from moto import mock_aws

from sfn_callback.errors import InputInvalid, TokenInvalid
from sfn_callback.handlers import (
    ask,
    dead_letter,
    direct_worker,
    http_start,
    page,
    queue_worker,
    task_lost,
    topic_worker,
)
from testing.aws import make_bucket
from testing.environment import BUCKET
from testing.task_tokens import FakeStepFunctions
from tests.conftest import set_variables
from tests.functional.test_workers import TOKEN, Context, payload, published, queued

Handler = Callable[[Any, Any], Any]
HANDLERS = [direct_worker, queue_worker, topic_worker, dead_letter, task_lost, ask, page, http_start]
KEPT = {"batchItemFailures": [{"itemIdentifier": "m1"}]}


@pytest.mark.parametrize(
    "event", [{}, {"Records": [{"s3": TOKEN}]}, {"requestPayload": [TOKEN]}, [TOKEN], TOKEN, 7, None]
)
@pytest.mark.parametrize("module", HANDLERS, ids=lambda module: module.__name__.rpartition(".")[2])
def test_an_event_of_unknown_shape_is_refused_and_not_quoted(
    module: Any, event: Any, machine: FakeStepFunctions
) -> None:
    with pytest.raises(InputInvalid) as caught:
        module.handler(event, Context())
    assert TOKEN not in str(caught.value)
    assert machine.calls == 0


NO_TASKS = {"no token": json.dumps({"task": {}}), "not JSON": f"not JSON {TOKEN}", "another JSON": "[]"}


@pytest.mark.parametrize("body", NO_TASKS.values(), ids=NO_TASKS)
@pytest.mark.parametrize(
    ("handler", "wrap"),
    [(topic_worker.handler, published), (task_lost.handler, lambda body: {"requestPayload": published(body)})],
)
def test_a_message_that_nobody_can_answer_fails_its_delivery(
    handler: Handler, wrap: Callable[[str], Any], body: str, machine: FakeStepFunctions
) -> None:
    with pytest.raises(InputInvalid, match="message") as caught:
        handler(wrap(body), Context())
    assert TOKEN not in str(caught.value)
    assert machine.calls == 0


@pytest.mark.parametrize("body", NO_TASKS.values(), ids=NO_TASKS)
@pytest.mark.parametrize("handler", [queue_worker.handler, dead_letter.handler])
def test_a_message_that_nobody_can_answer_stays_in_its_queue(
    handler: Handler, body: str, machine: FakeStepFunctions, capsys: pytest.CaptureFixture[str]
) -> None:
    assert handler(queued(body), Context()) == KEPT
    assert machine.calls == 0
    logged = capsys.readouterr().out
    assert "InputInvalid: " in logged
    assert TOKEN not in logged


def test_a_direct_message_without_a_token_is_refused(machine: FakeStepFunctions) -> None:
    with pytest.raises(InputInvalid, match=r'must have a "token" of .*its fields are \[\'task\'\]'):
        direct_worker.handler({"task": {}}, Context())
    assert machine.calls == 0


def deliveries(body: dict[str, Any]) -> list[Any]:
    """A message, as each worker gets it."""
    text = json.dumps(body)
    return [
        pytest.param(direct_worker.handler, body, id="direct"),
        pytest.param(queue_worker.handler, queued(text), id="queue"),
        pytest.param(topic_worker.handler, published(text), id="topic"),
    ]


@pytest.mark.parametrize(("handler", "event"), deliveries({**payload(), "task": [1]}))
def test_a_task_that_is_no_object_fails_its_state(handler: Handler, event: Any, machine: FakeStepFunctions) -> None:
    machine.wait(TOKEN)
    handler(event, Context())
    ((_, _, verdict),) = machine.verdicts
    assert verdict == {"error": "InputInvalid", "cause": 'The message\'s "task" must be a JSON object, not an array.'}


@pytest.mark.parametrize("handler", [direct_worker.handler, topic_worker.handler])
def test_a_garbage_token_fails_the_delivery(handler: Handler, machine: FakeStepFunctions) -> None:
    machine.refusals = ["InvalidToken"]
    message = payload(done_chance=1)
    with pytest.raises(TokenInvalid) as caught:
        handler(message if handler is direct_worker.handler else published(json.dumps(message)), Context())
    assert TOKEN not in str(caught.value)
    assert machine.verdicts == []


@pytest.mark.parametrize("handler", [queue_worker.handler, dead_letter.handler])
def test_a_message_with_a_garbage_token_stays_in_its_queue(
    handler: Handler, machine: FakeStepFunctions, capsys: pytest.CaptureFixture[str]
) -> None:
    machine.refusals = ["InvalidToken"]
    assert handler(queued(json.dumps(payload(done_chance=1))), Context()) == KEPT
    assert "TokenInvalid: " in capsys.readouterr().out


def test_a_garbage_token_that_comes_again_is_not_worked_on_again(machine: FakeStepFunctions) -> None:
    machine.refusals = ["InvalidToken"]
    assert queue_worker.handler(queued(json.dumps(payload(crash=True)), received=2), Context()) == KEPT
    assert machine.calls == 1


@pytest.fixture
def bucket() -> Iterator[None]:
    with mock_aws():
        make_bucket()
        yield


LARGE = {"done_chance": 1, "output_bytes": 262_144}


@pytest.mark.usefixtures("bucket")
@pytest.mark.parametrize(("handler", "event"), deliveries(payload(**LARGE)))
def test_an_output_that_is_too_large_goes_to_s3(handler: Handler, event: Any, machine: FakeStepFunctions) -> None:
    machine.wait(TOKEN)
    handler(event, Context())
    ((_, kind, where),) = machine.verdicts
    stored = boto3.client("s3").get_object(Bucket=where["bucket"], Key=where["key"])["Body"].read()
    assert (kind, where["bucket"], where["bytes"]) == ("success", BUCKET, len(stored))
    assert len(json.loads(stored)["padding"]) == 262_144


@pytest.mark.parametrize(("handler", "event"), deliveries(payload(**LARGE)))
def test_an_output_that_is_too_large_can_be_an_error(
    handler: Handler, event: Any, machine: FakeStepFunctions, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_variables(monkeypatch, LARGE_OUTPUTS="fail")
    machine.wait(TOKEN)
    handler(event, Context())
    ((_, _, verdict),) = machine.verdicts
    assert verdict["error"] == "OutputTooLarge"
    assert "Step Functions takes at most 262,144. Put it on S3" in verdict["cause"]


@pytest.mark.parametrize(
    ("handler", "event"), deliveries(payload(done_chance=0, fail_chance=1, error="x" * 255 + "é and more"))
)
def test_an_error_name_that_is_too_long_is_cut_and_stands_whole_in_the_cause(
    handler: Handler, event: Any, machine: FakeStepFunctions
) -> None:
    machine.wait(TOKEN)
    handler(event, Context())
    ((_, _, verdict),) = machine.verdicts
    assert verdict["error"] == "x" * 255
    assert verdict["cause"].startswith(f"{'x' * 255}é and more: The roll was")
