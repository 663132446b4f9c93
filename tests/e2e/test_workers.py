"""direct, queue and topic on the local AWS."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import urllib3
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from tests.e2e.conftest import Instance, Stack, wait_for
from tests.readme import block

WORKERS = ["direct", "queue", "topic"]
DONE = {"done_chance": 1}
FAILS = {"done_chance": 0, "fail_chance": 1}
RAISES = {"done_chance": 0, "fail_chance": 0}


@pytest.fixture(scope="module")
def direct(stack: Stack) -> Instance:
    return stack.instances["direct"]


@pytest.fixture(scope="module")
def queue(stack: Stack) -> Instance:
    return stack.instances["queue"]


@pytest.fixture(scope="module")
def topic(stack: Stack) -> Instance:
    return stack.instances["topic"]


@pytest.mark.parametrize("workflow", WORKERS)
def test_a_worker_that_is_done_resumes_the_machine_with_its_output(stack: Stack, workflow: str) -> None:
    execution = stack.instances[workflow].run(**DONE, seed=1)
    assert execution.status == "SUCCEEDED", execution.cause
    assert execution.output["done"]
    assert execution.resumed() == 1


@pytest.mark.parametrize("workflow", WORKERS)
def test_a_worker_that_fails_resumes_the_machine_with_its_error(stack: Stack, workflow: str) -> None:
    execution = stack.instances[workflow].run(**FAILS, error="ProcessingFailed")
    assert (execution.status, execution.error) == ("FAILED", "ProcessingFailed")
    assert "which is a failure" in execution.cause


@pytest.mark.parametrize("workflow", WORKERS)
def test_a_worker_that_raises_fails_the_machine_by_its_class(stack: Stack, workflow: str) -> None:
    execution = stack.instances[workflow].run(**RAISES)
    assert (execution.status, execution.error) == ("FAILED", "RuntimeError")
    assert "neither done nor a failure" in execution.cause


def test_direct_has_a_branch_for_each_end(direct: Instance) -> None:
    assert direct.run(**DONE).entered("ContinueProcess") == 1
    assert direct.run(**FAILS).entered("ProcessingFailed") == 1
    assert direct.run(**FAILS, error="Another").entered("UnexpectedFailure") == 1


def test_a_worker_that_takes_too_long_tells_the_machine_before_its_deadline(direct: Instance) -> None:
    execution = direct.run(**DONE, sleep_seconds=9)
    assert (execution.status, execution.error) == ("FAILED", "WorkerTimedOut")


def test_an_output_that_is_too_large_is_found_on_s3(direct: Instance) -> None:
    execution = direct.run(**DONE, output_bytes=300_000)
    where = execution.output
    assert where["bucket"] == direct.bucket
    assert len(direct.read_json(where["bucket"], where["key"])["padding"]) == 300_000


def test_a_worker_that_is_never_heard_of_does_not_hang_the_machine(direct: Instance, topic: Instance) -> None:
    begun = [direct.begin(crash=True), topic.begin(crash=True)]
    ended = [instance.ended(arn) for instance, arn in zip((direct, topic), begun, strict=True)]
    # AWS fails the state of direct with Runtime.ExitError, and SNS's delivery to Lambda ends with task_lost: the local
    # AWS forgives the one and forgets the other, and the timeout ends both waits.
    assert [execution.status for execution in ended] == ["FAILED", "FAILED"]
    assert [ended[0].entered("UnexpectedFailure"), ended[1].entered("WorkerSilent")] == [1, 1]
    assert ended[1].error == "States.Timeout"


@pytest.fixture
def impatient_queue(queue: Instance) -> Iterator[str]:
    """The tasks queue, with a message visible again after a second instead of a minute."""
    url: str = queue.outputs["queue_url"]
    attribute = "VisibilityTimeout"
    before = queue.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=[attribute])["Attributes"]
    queue.sqs.set_queue_attributes(QueueUrl=url, Attributes={attribute: "1"})
    yield url
    queue.sqs.set_queue_attributes(QueueUrl=url, Attributes=before)


@pytest.mark.usefixtures("impatient_queue")
def test_a_message_that_ends_in_the_dead_letter_queue_fails_the_machine(queue: Instance) -> None:
    execution = queue.run(crash=True)
    assert (execution.status, execution.error) == ("FAILED", "DeadLettered")


@pytest.fixture
def no_queue_worker(queue: Instance) -> Iterator[Instance]:
    """The instance, whose queue nobody consumes."""
    name = queue.outputs["function_names"]["queue_worker"]
    (mapping,) = queue.functions.list_event_source_mappings(FunctionName=name)["EventSourceMappings"]
    queue.functions.update_event_source_mapping(UUID=mapping["UUID"], Enabled=False)
    wait_for(lambda: queue.functions.get_event_source_mapping(UUID=mapping["UUID"])["State"] == "Disabled")
    yield queue
    queue.functions.update_event_source_mapping(UUID=mapping["UUID"], Enabled=True)
    wait_for(lambda: queue.functions.get_event_source_mapping(UUID=mapping["UUID"])["State"] == "Enabled")


def received(instance: Instance) -> dict[str, Any]:
    """The next message of the queue, taken by a worker outside Lambda."""
    url = instance.outputs["queue_url"]
    message = wait_for(lambda: instance.sqs.receive_message(QueueUrl=url, WaitTimeSeconds=1).get("Messages"))[0]
    instance.sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
    content: dict[str, Any] = json.loads(message["Body"])
    return content


def test_the_readmes_worker_outside_lambda_answers(no_queue_worker: Instance, stack: Stack, tmp_path: Path) -> None:
    program = tmp_path / "outside.py"
    program.write_text(block("python", "# outside.py"))
    arn = no_queue_worker.begin(page=7)
    environment = {**stack.local.environment, "QUEUE_URL": no_queue_worker.outputs["queue_url"]}
    subprocess.run([sys.executable, str(program)], env=environment, check=True)
    assert no_queue_worker.ended(arn).output == {"got": {"page": 7}}


def test_a_crashing_topic_worker_fails_the_machine(no_queue_worker: Instance, topic: Instance) -> None:
    arn = no_queue_worker.begin(crash=True)
    # The local SNS delivers once and forgets; Lambda's own asynchronous invocation is what SNS uses on AWS.
    notification = {"Sns": {"Type": "Notification", "Message": json.dumps(received(no_queue_worker))}}
    topic.invoke("topic_worker", {"Records": [notification]})
    execution = no_queue_worker.ended(arn)
    assert execution.status == "FAILED"
    assert "Worker process died" in execution.cause


def test_a_notification_that_sns_could_not_deliver_fails_the_machine(
    no_queue_worker: Instance, topic: Instance
) -> None:
    arn = no_queue_worker.begin()
    envelope = {"Type": "Notification", "Message": json.dumps(received(no_queue_worker))}
    url = topic.sqs.get_queue_url(QueueName="sfn-callback-topic-notifications-dead")["QueueUrl"]
    topic.sqs.send_message(QueueUrl=url, MessageBody=json.dumps(envelope))
    execution = no_queue_worker.ended(arn)
    assert (execution.status, execution.error) == ("FAILED", "DeadLettered")


def test_a_machine_whose_worker_never_comes_times_out(no_queue_worker: Instance) -> None:
    execution = no_queue_worker.run()
    assert (execution.status, execution.error) == ("FAILED", "States.Timeout")
    assert execution.entered("WorkerSilent") == 1
    received(no_queue_worker)


def start(direct: Instance, stack: Stack, *, signed: bool) -> urllib3.BaseHTTPResponse:
    """GET /start?done_chance=1&seed=1."""
    address = direct.outputs["start_url"].split("//")[1].split(".")[0]
    url = f"{stack.local.environment['AWS_ENDPOINT_URL']}/_aws/lambda-url/{address}/start?done_chance=1&seed=1"
    request = AWSRequest("GET", url)
    if signed:
        credentials = Credentials(
            *(stack.local.environment[f"AWS_{name}"] for name in ("ACCESS_KEY_ID", "SECRET_ACCESS_KEY"))
        )
        SigV4Auth(credentials, "lambda", "eu-central-1").add_auth(request)
    https = urllib3.PoolManager(ca_certs=stack.local.environment["AWS_CA_BUNDLE"])
    return https.request("GET", url, headers=dict(request.headers))


def test_an_execution_is_started_by_http_when_that_is_signed(direct: Instance, stack: Stack) -> None:
    answered = start(direct, stack, signed=True)
    assert answered.status == 202, answered.data
    assert direct.ended(answered.json()["execution"]).output["done"] is True


def test_who_does_not_sign_starts_nothing(direct: Instance, stack: Stack) -> None:
    assert start(direct, stack, signed=False).status == 403


def test_all_workflows_run_at_the_same_time(stack: Stack) -> None:
    begun = [(stack.instances[name], stack.instances[name].begin(**DONE, sleep_seconds=1)) for name in WORKERS * 2]
    document = stack.instances["tolerant"].drop("beside-the-others.txt", b"one\n\ntwo\n")
    assert [instance.ended(arn).status for instance, arn in begun] == ["SUCCEEDED"] * len(begun)
    assert document.status == "SUCCEEDED"
