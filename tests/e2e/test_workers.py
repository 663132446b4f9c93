"""direct, queue and topic on the local AWS."""

import subprocess
import sys
from collections.abc import Iterator

import pytest
import urllib3
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from tests.e2e.conftest import Instance, Stack
from tests.e2e.support.workbench import role
from tests.e2e.support.workers import DONE, FAILS, RAISES, WORKERS, direct, lasting, no_queue_worker, queue, topic
from tests.readme import ROOT

__all__ = ["direct", "lasting", "no_queue_worker", "queue", "topic"]


@pytest.mark.parametrize("workflow", WORKERS)
def test_a_worker_that_is_done_resumes_the_machine_with_its_output(stack: Stack, workflow: str) -> None:
    execution = stack.instances[workflow].run(**DONE, seed=1)
    assert execution.status == "SUCCEEDED", execution.cause
    assert execution.output["done"]
    assert execution.resumed == 1


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
    assert direct.run(**DONE).states.count("ContinueProcess") == 1
    assert direct.run(**FAILS).states.count("ProcessingFailed") == 1
    assert direct.run(**FAILS, error="Another").states.count("UnexpectedFailure") == 1


def test_an_output_that_is_too_large_is_found_on_s3(direct: Instance) -> None:
    execution = direct.run(**DONE, output_bytes=300_000)
    where = execution.output
    assert where["bucket"] == direct.bucket
    assert len(direct.read_json(where["bucket"], where["key"])["padding"]) == 300_000


@pytest.fixture
def outsider(stack: Stack, queue: Instance) -> Iterator[dict[str, str]]:
    """The environment of a program that may do what the output worker_policy says, and nothing else."""
    with role(stack.local, queue.outputs["worker_policy"]) as environment:
        yield {**environment, "QUEUE_URL": queue.outputs["queue_url"]}


def test_a_worker_outside_lambda_answers_with_the_policy_that_the_module_gives_it(
    no_queue_worker: Instance, outsider: dict[str, str]
) -> None:
    arn = no_queue_worker.begin(page=7)
    subprocess.run([sys.executable, str(ROOT / "examples" / "queue" / "outside.py")], env=outsider, check=True)
    assert no_queue_worker.ended(arn).output == {"got": {"page": 7}}


def test_a_worker_outside_lambda_may_do_nothing_else(outsider: dict[str, str]) -> None:
    program = "import boto3, os; boto3.client('sqs').send_message(QueueUrl=os.environ['QUEUE_URL'], MessageBody='{}')"
    done = subprocess.run([sys.executable, "-c", program], env=outsider, capture_output=True, text=True, check=False)
    assert "AccessDenied" in done.stderr


def start(direct: Instance, stack: Stack, *, signed: bool) -> urllib3.BaseHTTPResponse:
    """GET /start?done_chance.json=1&seed.json=1."""
    address = direct.outputs["start_url"].split("//")[1].split(".")[0]
    url = (
        f"{stack.local.environment['AWS_ENDPOINT_URL']}/_aws/lambda-url/{address}/start?done_chance.json=1&seed.json=1"
    )
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
