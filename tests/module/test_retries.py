"""What a machine tries again, and for how long: all errors of what it calls are sorted, from the services' models.

The names are Step Functions': the service, a dot, and the error as the SDK calls it. That is recorded for Lambda
(tests/recorded, C8, C9), documented for Lambda and for SQS's QueueDoesNotExistException, and seen in public
retriers for the SDK's own
(SQS.AmazonSQSException, SNS.AmazonSNSException, StepFunctions.AWSStepFunctionsException). SQS's model leaves out the
"Exception", so both names are tried.
https://docs.aws.amazon.com/step-functions/latest/dg/sfn-best-practices.html#bp-lambda-serviceexception
https://docs.aws.amazon.com/step-functions/latest/dg/test-state-isolation.html
"""

from collections.abc import Iterator
from typing import Any

import botocore.session
import pytest

from tests.module.machines import FRAGMENTS, MACHINES, tasks

CALLS = {
    "Lambda": ("lambda", "Invoke"),
    "SQS": ("sqs", "SendMessage"),
    "SNS": ("sns", "Publish"),
    "StepFunctions": ("stepfunctions", "StartExecution"),
}
# What the same request would meet again: a person has to change something, or the request itself is wrong.
FINAL = {
    "Lambda.CodeArtifactUserFailedException",
    "Lambda.DurableExecutionAlreadyStartedException",
    "Lambda.EC2AccessDeniedException",
    "Lambda.EFSMountFailureException",
    "Lambda.InvalidParameterValueException",
    "Lambda.InvalidRequestContentException",
    "Lambda.InvalidRuntimeException",
    "Lambda.InvalidSecurityGroupIDException",
    "Lambda.InvalidSubnetIDException",
    "Lambda.InvalidZipFileException",
    "Lambda.KMSNotFoundException",
    "Lambda.ModeNotSupportedException",
    "Lambda.NoPublishedVersionException",
    "Lambda.RecursiveInvocationException",
    "Lambda.RequestTooLargeException",
    "Lambda.ResourceNotFoundException",
    "Lambda.S3FilesMountFailureException",
    "Lambda.SerializedRequestEntityTooLargeException",
    "Lambda.ServiceQuotaExceededException",
    "Lambda.SnapStartException",
    "Lambda.UnsupportedMediaTypeException",
    "SQS.InvalidAddress",
    "SQS.InvalidMessageContents",
    "SQS.InvalidSecurity",
    "SQS.KmsInvalidKeyUsage",
    "SQS.KmsNotFound",
    "SQS.KmsOptInRequired",
    "SQS.QueueDoesNotExist",
    "SQS.UnsupportedOperation",
    "SNS.AuthorizationErrorException",
    "SNS.EndpointDisabledException",
    "SNS.InvalidParameterException",
    "SNS.InvalidParameterValueException",
    "SNS.InvalidSecurityException",
    "SNS.KMSNotFoundException",
    "SNS.KMSOptInRequired",
    "SNS.NotFoundException",
    "SNS.PlatformApplicationDisabledException",
    "SNS.ValidationException",
    "StepFunctions.ExecutionAlreadyExists",
    "StepFunctions.InvalidArn",
    "StepFunctions.InvalidExecutionInput",
    "StepFunctions.InvalidName",
    "StepFunctions.StateMachineDeleting",
    "StepFunctions.StateMachineDoesNotExist",
    "StepFunctions.ValidationException",
}
# What no model names, and who does: the SDK's own, for what it could not send, or what has no name of its own.
UNMODELLED = {
    "Lambda.AWSLambdaException",
    "Lambda.ClientExecutionTimeoutException",
    "Lambda.SdkClientException",
    "SQS.AmazonSQSException",
    "SQS.SdkClientException",
    "SNS.AmazonSNSException",
    "SNS.SdkClientException",
    "SNS.ThrottledException",
    "StepFunctions.AWSStepFunctionsException",
    "StepFunctions.SdkClientException",
}
RETRY = MACHINES["queue"]["States"]["AwaitWorker"]["Retry"]
IDLE = "ResourceNotReadyException"


def modelled() -> Iterator[str]:
    """The errors of what the machines call, by Step Functions' names."""
    session = botocore.session.get_session()
    for prefix, (service, operation) in CALLS.items():
        shapes = session.get_service_model(service).operation_model(operation).error_shapes
        yield from (f"{prefix}.{shape.name}" for shape in shapes)


def retried(retriers: list[dict[str, Any]]) -> dict[str, float]:
    """How long each error is tried again, in seconds, on average: full jitter halves a pause."""
    return {error: _seconds(retrier) for retrier in retriers for error in retrier["ErrorEquals"]}


def _seconds(retrier: dict[str, Any]) -> float:
    pauses = (retrier["IntervalSeconds"] * retrier["BackoffRate"] ** number for number in range(retrier["MaxAttempts"]))
    return float(sum(min(pause, retrier["MaxDelaySeconds"]) for pause in pauses) / 2)


def test_every_error_is_tried_again_or_known_to_be_final() -> None:
    tried = set(retried(RETRY))
    assert sorted(set(modelled()) - tried - FINAL) == []
    assert tried & FINAL == set()
    assert set(modelled()) >= FINAL


def test_what_is_tried_again_is_an_error_that_there_is() -> None:
    also = {f"{name}Exception" for name in modelled() if name.startswith("SQS.")}
    assert sorted(set(retried(RETRY)) - set(modelled()) - UNMODELLED - also) == []
    assert set(retried(RETRY)) >= UNMODELLED


def test_what_is_away_for_a_moment_is_tried_for_less_than_what_takes_minutes() -> None:
    tried = retried(RETRY)
    assert 30 < tried["Lambda.ServiceException"] < 120
    assert 900 < tried[f"Lambda.{IDLE}"] < 1800
    assert tried["Lambda.TooManyRequestsException"] > 6 * 3600


@pytest.mark.parametrize("state", tasks())
def test_every_task_retries_lambdas_transient_errors_and_all_others_with_jitter(state: dict[str, Any]) -> None:
    retriers = [retrier for retrier in state["Retry"] if retrier["ErrorEquals"] != ["States.Timeout"]]
    found = retried(retriers)
    assert {error: found.get(error) for error in retried(RETRY)} == retried(RETRY)
    assert {retrier["JitterStrategy"] for retrier in retriers} == {"FULL"}


@pytest.mark.parametrize("state", tasks())
def test_no_error_has_two_retriers(state: dict[str, Any]) -> None:
    errors = [error for retrier in state["Retry"] for error in retrier["ErrorEquals"]]
    assert sorted(set(errors)) == sorted(errors)


def test_a_step_that_invokes_a_function_itself_waits_for_one_that_is_idle() -> None:
    states = MACHINES["documents"]["States"]
    assert retried(states["Redrive"]["Retry"])[IDLE] == retried(RETRY)[f"Lambda.{IDLE}"]


@pytest.mark.parametrize("workflow", ["direct", "queue", "topic", "approval"])
def test_a_machine_has_time_for_a_function_that_is_not_ready(workflow: str) -> None:
    machine = MACHINES[workflow]
    (wait,) = (state["TimeoutSeconds"] for state in machine["States"].values() if state["Type"] == "Task")
    assert machine["TimeoutSeconds"] - wait > retried(RETRY)[f"Lambda.{IDLE}"]


def test_a_called_machine_is_tried_again_as_a_function_is() -> None:
    tried = retried(FRAGMENTS["documents"]["jsonpath"]["Retry"])
    assert tried["StepFunctions.AWSStepFunctionsException"] < tried["StepFunctions.ExecutionLimitExceeded"]
