"""Failures of what a durable function waits for, and of the functions that it invokes."""

import json
from itertools import repeat

from aws_durable_execution_sdk_python import CallbackExternalError, DurableOperationError

from sfn_callback.errors import CallbackError


class CallbackFailed(CallbackError, DurableOperationError):
    """What a durable function waited for failed with the name ``error`` and the ``cause``.

    ``report`` is the place of a document's report: ``{"bucket": …, "key": "failures/…"}``. The SDK keeps an error's
    message and its ``data``, which has all three. Outside of a child context or a map it is another error, from which
    :meth:`of` reads them.
    """

    def __init__(self, error: str, cause: str, report: dict[str, str] | None = None) -> None:
        told = {"error": error, "cause": cause, "report": report}
        DurableOperationError.__init__(self, f"{error}: {cause}", error, json.dumps(told))
        self.error = error
        self.cause = cause
        self.report = report

    @classmethod
    def of(cls, error: DurableOperationError) -> "CallbackFailed":
        """Return an operation's error by its own name, which a failed callback has only in its message."""
        if isinstance(error, cls):
            return error
        try:
            told = json.loads(error.data or "")
            return cls(told["error"], told["cause"], told.get("report"))
        except (ValueError, TypeError, KeyError):
            if isinstance(error, CallbackExternalError):
                # An answer by somebody else.
                return cls(error.message or "", error.data or "")
            return cls(error.error_type.rpartition(".")[2] or error.error_type, error.message or "")


UNREADY = frozenset(
    {
        "AWSLambdaException",
        "ClientExecutionTimeoutException",
        "CodeArtifactUserDeletedException",
        "CodeArtifactUserPendingException",
        "EC2ThrottledException",
        "EC2UnexpectedException",
        "EFSIOException",
        "EFSMountConnectivityException",
        "EFSMountTimeoutException",
        "ENILimitReachedException",
        "ENINotReadyException",
        "KMSAccessDeniedException",
        "KMSDisabledException",
        "KMSInvalidStateException",
        "ResourceConflictException",
        "ResourceNotReadyException",
        "S3FilesMountConnectivityException",
        "S3FilesMountTimeoutException",
        "SdkClientException",
        "ServiceException",
        "SnapStartNotReadyException",
        "SnapStartRegenerationFailureException",
        "SnapStartTimeoutException",
        "SubnetIPAddressLimitReachedException",
        "TooManyRequestsException",
    }
)
"""The function could not be invoked. It is tried for 20 minutes: the account's functions may all be in use so long."""
FAILED = frozenset(
    {
        "ClientError",
        "ConnectTimeoutError",
        "ConnectionClosedError",
        "EndpointConnectionError",
        "InternalErrorException",
        "InternalServerError",
        "KMSThrottlingException",
        "KeyUnavailable",
        "ProvisionedThroughputExceededException",
        "ReadTimeoutError",
        "RequestLimitExceeded",
        "ResponseStreamingError",
        "ResumeUnavailable",
        "Runtime.ExitError",
        "Runtime.OutOfMemory",
        "Sandbox.Timedout",
        "ThrottledException",
        "ThrottlingException",
        "Unknown",
    }
)
"""The function has failed by what may pass, and is tried twice more. Both are as in the machine's ``Retry``."""
PAUSES = dict.fromkeys(FAILED, (2, 8)) | dict.fromkeys(UNREADY, (2, 4, 8, 16, *repeat(30, 38)))
"""Seconds between attempts."""
