"""Every error that botocore and AWS know has an exit code that somebody has thought about, and a sentence."""

import errno
import inspect
from collections.abc import Iterator
from typing import Any

import botocore.session
import pytest
from botocore import exceptions
from botocore.exceptions import ClientError
from botocore.parsers import ResponseParserError

from sfn_callback.aws import clients, patience
from sfn_callback_operator import errors

CREDENTIALS = {
    "CredentialRetrievalError", "InfiniteLoopConfigError", "InvalidConfigError", "LoginAuthorizationCodeError",
    "LoginError", "LoginInsufficientPermissions", "LoginRefreshRequired", "LoginTokenLoadError",
    "MetadataRetrievalError", "MissingDependencyException", "NoAuthTokenError", "NoCredentialsError",
    "NoRegionError", "PartialCredentialsError", "PendingAuthorizationExpiredError", "ProfileNotFound",
    "RefreshWithMFAUnsupportedError", "SSOError", "SSOTokenLoadError", "TokenRetrievalError",
    "UnauthorizedSSOTokenError", "UnknownCredentialError", "UnknownTokenProviderError",
}  # fmt: skip
SILENCE = {
    "CapacityNotAvailableError", "ChecksumError", "ConnectTimeoutError", "ConnectionClosedError", "ConnectionError",
    "EndpointConnectionError", "FlexibleChecksumError", "HTTPClientError", "IncompleteReadError",
    "ProxyConnectionError", "ReadTimeoutError", "ResponseStreamingError", "SSLError",
}  # fmt: skip
MISTAKES = {
    "AliasConflictParameterError", "ApiVersionNotFoundError", "AwsChunkedWrapperError", "BotoCoreError",
    "DataNotFoundError", "InvalidExpressionError", "MD5UnavailableError", "MissingParametersError",
    "OperationNotPageableError", "PaginationError", "RangeError", "StubAssertionError", "StubResponseError",
    "UnStubbedResponseError", "UnknownClientMethodError", "UnknownKeyError", "UnknownParameterError",
    "UnknownServiceError", "UnknownServiceStyle", "UnknownSignatureVersionError", "UnseekableStreamError",
    "UnsupportedServiceProtocolsError", "UnsupportedSignatureVersionError", "ValidationError", "WaiterConfigError",
    "WaiterError",
}  # fmt: skip
"""Botocore's own, or ours: the same command will fail again."""
CODES = {4: CREDENTIALS, 5: SILENCE, 1: MISTAKES}
"""All others are of the configuration: a new one of botocore's is a mistake to the command until somebody says so."""
KINDS = [
    kind
    for _, kind in inspect.getmembers(exceptions, inspect.isclass)
    if issubclass(kind, exceptions.BotoCoreError) and kind.__module__ == "botocore.exceptions"
]


class Filled(dict[str, str]):
    """Something for every word that an error's text asks for."""

    def __missing__(self, name: str) -> str:
        return f"the {name}"


def made(kind: type[exceptions.BotoCoreError]) -> exceptions.BotoCoreError:
    """Return an error of the kind as botocore makes it: with whatever its text has in it."""
    error = kind.__new__(kind)
    Exception.__init__(error, kind.fmt.format_map(Filled()))
    error.kwargs = {}
    return error


def code_of(problem: Exception) -> int:
    explained = errors.to_operator_error(problem)
    assert explained is not None
    assert str(explained)
    return explained.code


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_every_error_of_botocores_is_sorted(kind: type[exceptions.BotoCoreError]) -> None:
    assert code_of(made(kind)) == next((code for code, names in CODES.items() if kind.__name__ in names), 2)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_only_what_passes_by_itself_is_said_to_be_worth_another_try(kind: type[exceptions.BotoCoreError]) -> None:
    assert ("ry again" in str(errors.to_operator_error(made(kind)))) == (kind.__name__ in SILENCE)


def refused(code: str, status: int = 400, message: str = "m") -> ClientError:
    response: Any = {"Error": {"Code": code, "Message": message}, "ResponseMetadata": {"HTTPStatusCode": status}}
    return ClientError(response, "Op")


SERVICES = (
    "cloudwatch", "dynamodb", "events", "iam", "lambda", "logs", "s3", "secretsmanager", "sns", "sqs", "sso",
    "sso-oidc", "stepfunctions", "sts",
)  # fmt: skip
BROKEN = {"InvalidRuntimeException", "InvalidSubnetIDException", "InvalidZipFileException", "KMSDisabledException",
          "KMSInvalidStateException", "InvalidSecurityGroupIDException"}  # fmt: skip
"""Lambda's, with a status of 502, which stay until somebody changes something."""
NOT_FOUND = ("DoesNotExist", "NotFound", "NotFoundException", "NoSuchBucket", "NoSuchEntity", "NoSuchKey")


def modelled() -> Iterator[tuple[str, int, bool]]:
    """Yield each error of the services' models: its code, its status, and whether it is marked as worth a retry."""
    session = botocore.session.get_session()
    for shape in (shape for name in SERVICES for shape in session.get_service_model(name).error_shapes):
        error = shape.metadata.get("error", {})
        status = error.get("httpStatusCode") or (500 if shape.metadata.get("fault") else 400)
        yield error.get("code") or shape.name, status, shape.metadata.get("retryable") is not None


def test_every_refusal_that_aws_models_is_sorted_by_what_the_model_says_of_it() -> None:
    found = list(modelled())
    assert len(found) > 300
    for code, status, retryable in found:
        exit_code = code_of(refused(code, status))
        if code.endswith(NOT_FOUND):
            assert exit_code == 3, code
        elif code in BROKEN:
            assert exit_code == 1, code
        elif "AccessDenied" in code or status in (401, 403):
            assert exit_code == 4, code
        elif retryable or status >= 500 or status == 429 or "Throttl" in code or code in patience.CODES:
            assert exit_code == 5, code


@pytest.mark.parametrize("code", sorted(patience.CODES))
def test_what_is_tried_again_may_be_tried_again_later(code: str) -> None:
    assert code_of(refused(code)) == 5


# https://docs.aws.amazon.com/IAM/latest/APIReference/CommonErrors.html
# https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
# https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html
@pytest.mark.parametrize(
    ("code", "status", "exit_code"),
    [
        ("AccessDenied", 403, 4),
        ("AccessDeniedException", 400, 4),
        ("ExpiredTokenException", 400, 4),
        ("ExpiredToken", 400, 4),
        ("IncompleteSignature", 400, 4),
        ("InvalidAccessKeyId", 403, 4),
        ("InvalidClientTokenId", 403, 4),
        ("InvalidIdentityToken", 400, 4),
        ("InvalidSignatureException", 400, 4),
        ("InvalidToken", 400, 4),
        ("MissingAuthenticationToken", 403, 4),
        ("NotAuthorized", 400, 4),
        ("OptInRequired", 403, 4),
        ("RequestExpired", 400, 4),
        ("RequestTimeTooSkewed", 403, 4),
        ("SignatureDoesNotMatch", 403, 4),
        ("UnrecognizedClientException", 400, 4),
        ("403", 403, 4),
        ("404", 404, 3),
        ("NoSuchBucket", 404, 3),
        ("InternalFailure", 500, 5),
        ("ServiceUnavailable", 503, 5),
        ("SlowDown", 503, 5),
        ("SlowDownException", 400, 5),
        ("503", 503, 5),
        ("ThrottlingException", 400, 5),
        ("TransactionConflictException", 400, 5),
        ("IDPCommunicationError", 400, 5),
        ("ValidationError", 400, 1),
        ("SomethingNew", 400, 1),
    ],
)
def test_what_is_not_modelled_is_sorted_too(code: str, status: int, exit_code: int) -> None:
    assert code_of(refused(code, status)) == exit_code


def test_an_answer_that_is_not_aws_s_is_no_bug_of_ours() -> None:
    assert code_of(ResponseParserError("Unable to parse response: <html>secret</html>")) == 5
    assert "secret" not in str(errors.to_operator_error(ResponseParserError("<html>secret</html>")))
    assert code_of(ClientError({}, "Op")) == 1


@pytest.mark.parametrize(
    ("problem", "code", "says"),
    [
        (OSError(errno.ENOSPC, "No space left on device"), 1, "could not be written: No space left on device."),
        (FileNotFoundError(2, "No such file", b"a\xff"), 3, "No such file"),
        (UnicodeEncodeError("utf-8", "\udcff", 0, 1, "surrogates not allowed"), 2, "not UTF-8"),
        (ValueError("Port out of range 0-65535"), 2, "endpoint_url"),
        (ValueError("Invalid endpoint: http://"), 2, "endpoint_url"),
    ],
)
def test_what_this_machine_refuses_has_a_sentence(problem: Exception, code: int, says: str) -> None:
    assert code_of(problem) == code
    assert says in str(errors.to_operator_error(problem))


@pytest.mark.parametrize("problem", [KeyError("Functions"), ValueError("7"), OSError(errno.EPERM, "no")])
def test_a_bug_of_ours_is_left_to_its_traceback(problem: Exception) -> None:
    assert errors.to_operator_error(problem) is None


def test_a_web_page_is_no_answer_of_any_client(wire: Any, no_pauses: list[float]) -> None:
    from testing.wire import answered

    wire.answer = lambda *_: answered(200, b"<html>Blocked</html>")
    with pytest.raises(clients.ERRORS):
        clients.stepfunctions().send_task_heartbeat(taskToken="t")
    assert sum(no_pauses) >= patience.PATIENCE_SECONDS
