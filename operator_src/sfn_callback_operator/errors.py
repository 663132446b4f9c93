"""The sentence that an operator gets instead of a traceback, and the exit code (listed in ``--help``)."""

import errno
import os
import re
from collections.abc import Callable
from typing import TypeVar

from botocore.exceptions import BotoCoreError, ClientError
from botocore.parsers import ResponseParserError

from sfn_callback import errors
from sfn_callback.aws import clients, patience

Answer = TypeVar("Answer")

UNWELL, USAGE, NOT_FOUND, DENIED, UNAVAILABLE, REFUSED, LATE = 1, 2, 3, 4, 5, 6, 7

_CREDENTIALS = {
    "CredentialRetrievalError", "InvalidConfigError", "LoginError", "MetadataRetrievalError",
    "MissingDependencyException", "NoAuthTokenError", "NoCredentialsError", "NoRegionError",
    "PartialCredentialsError", "ProfileNotFound", "RefreshWithMFAUnsupportedError", "SSOError",
    "TokenRetrievalError", "UnknownCredentialError", "UnknownTokenProviderError",
}  # fmt: skip
_CONFIGURATION = {
    "BaseEndpointResolverError", "ConfigNotFound", "ConfigParseError", "EndpointProviderError",
    "InvalidChecksumConfigError", "InvalidDNSNameError", "InvalidDefaultsMode", "InvalidEndpointConfigurationError",
    "InvalidEndpointDiscoveryConfigurationError", "InvalidHostLabelError", "InvalidIMDSEndpointError",
    "InvalidIMDSEndpointModeError", "InvalidProxiesConfigError", "InvalidRegionError",
    "InvalidRetryConfigurationError", "InvalidS3AddressingStyleError",
    "InvalidS3UsEast1RegionalEndpointConfigError", "InvalidSTSRegionalEndpointsConfigError", "ParamValidationError",
    "ServiceNotInRegionError", "UnknownRegionError", "UnsupportedOutpostResourceError",
    "UnsupportedS3AccesspointConfigurationError", "UnsupportedS3ArnError", "UnsupportedS3ConfigurationError",
    "UnsupportedS3ControlArnError", "UnsupportedS3ControlConfigurationError",
}  # fmt: skip
_SILENCE = {
    "CapacityNotAvailableError", "ChecksumError", "ConnectionError", "FlexibleChecksumError", "HTTPClientError",
    "IncompleteReadError", "ResponseParserError",
}  # fmt: skip
"""The names of botocore's errors, and of those they are derived from: not every version of it has each. What is in no
such list, its own mistakes and ours, says that the same command will fail again.
"""
_DENIED = (
    "AccessDenied", "AccessKeyId", "AuthFailure", "AuthenticationToken", "AuthorizationError", "ExpiredToken",
    "Forbidden", "IdentityToken", "InvalidClient", "InvalidGrant", "InvalidSecurity", "InvalidToken",
    "NotAuthorized", "NotSignedUp", "OptInRequired", "RequestExpired", "RequestTimeTooSkewed", "Signature",
    "TokenRefreshRequired", "Unauthorized", "UnrecognizedClient", "401", "403",
)  # fmt: skip
"""What the codes of such refusals have in them: https://docs.aws.amazon.com/IAM/latest/APIReference/CommonErrors.html
https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html

The last are HeadObject's, which has no body that could say more.
"""
_LATER = (
    "Throttl", "Internal", "ServiceException", "Unavailable", "NotReady", "IDPCommunication", "SlowDown",
    "Conflict",
)  # fmt: skip
_BROKEN = (
    "InvalidRuntime", "InvalidSecurityGroup", "InvalidSubnet", "InvalidZipFile", "KMSDisabled", "KMSInvalidState",
)  # fmt: skip
"""What Lambda says with a status of 502 about a function: https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html"""
_ABSENT = ("NotFound", "DoesNotExist", "NoSuch", "NonExistent", "404")


class OperatorError(Exception):
    """A sentence for the operator, and the exit code."""

    def __init__(self, said: str, code: int = REFUSED) -> None:
        super().__init__(said)
        self.code = code


def not_found(said: str) -> OperatorError:
    """Return the error for something that does not exist."""
    return OperatorError(said, NOT_FOUND)


def unless_absent(ask: Callable[[], Answer]) -> Answer | None:
    """Return AWS's answer, ``None`` if it says that the thing does not exist."""
    try:
        return ask()
    except ClientError as problem:
        if not _has(problem.response["Error"]["Code"], _ABSENT):
            raise
        return None


def to_operator_error(problem: BaseException) -> OperatorError | None:
    """Return the operator's error for an exception, ``None`` if that is a bug of ours."""
    if isinstance(problem, OperatorError):
        return problem
    if isinstance(problem, ClientError):
        return _refusal(problem)
    if isinstance(problem, BotoCoreError | ResponseParserError):
        return _without_an_answer(problem)
    if isinstance(problem, errors.CallbackError):
        return _ours(problem)
    return _of_this_machine(problem)


def web_page(operation: str) -> OperatorError:
    """Return the error for such an answer."""
    said = f"{operation} was answered with a web page instead of AWS's response"
    return OperatorError(
        f"{said}: is there a proxy or a sign-in page in between? Check HTTPS_PROXY and NO_PROXY.", UNAVAILABLE
    )


def _without_an_answer(problem: BotoCoreError | ResponseParserError) -> OperatorError:
    names = {kind.__name__ for kind in type(problem).__mro__}
    text = str(problem).rstrip(".")
    if names & _CREDENTIALS:
        return OperatorError(f"{text}. Name a profile (--profile), a region (--region), or log in.", DENIED)
    if names & _CONFIGURATION:
        return OperatorError(f"{text}. Check your AWS configuration, its environment variables, and options.", USAGE)
    if isinstance(problem, BotoCoreError) and patience.is_untrusted(problem):
        text = f"{text}. Set AWS_CA_BUNDLE to the file with the certificates of whoever is in between"
        return OperatorError(f"{text}, a proxy of your company for example.", USAGE)
    if names & _SILENCE:
        return OperatorError(f"AWS cannot be reached: {type(problem).__name__}. Try again.", UNAVAILABLE)
    return OperatorError(f"botocore failed: {type(problem).__name__}: {text}.", UNWELL)


def _refusal(problem: ClientError) -> OperatorError:
    error = problem.response.get("Error", {})
    code, text = str(error.get("Code", "Unknown")), f"AWS refused {clients.described(problem)}."
    exit_code = _sorted(code, problem.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))
    if exit_code == DENIED:
        # For these AWS says who may not do what. For SendTask* it would quote the token.
        more = "" if problem.operation_name.startswith("SendTask") else f": {error.get('Message', '')}"
        return OperatorError(f"AWS refused {problem.operation_name} ({code}){more}", DENIED)
    return OperatorError(f"{text} Try again in a moment." if exit_code == UNAVAILABLE else text, exit_code)


def _sorted(code: str, status: int) -> int:
    if _has(code, _BROKEN):
        return UNWELL
    if status in (401, 403) or _has(code, _DENIED):
        return DENIED
    if _has(code, _ABSENT):
        return NOT_FOUND
    later = status >= 500 or status == 429 or code in patience.CODES or _has(code, _LATER)
    return UNAVAILABLE if later else UNWELL


def _has(code: str, parts: tuple[str, ...]) -> bool:
    return any(part in code for part in parts)


def _of_this_machine(problem: BaseException) -> OperatorError | None:
    if isinstance(problem, OSError) and problem.filename:
        return OperatorError(f"{os.fsdecode(problem.filename)}: {problem.strerror}.", NOT_FOUND)
    if isinstance(problem, OSError) and problem.errno in (errno.ENOSPC, errno.EIO, errno.EDQUOT, errno.EFBIG):
        return OperatorError(f"The answer could not be written: {problem.strerror}.", UNWELL)
    if isinstance(problem, UnicodeEncodeError) and problem.reason == "surrogates not allowed":
        return OperatorError("A name has bytes that are not UTF-8, so it cannot be sent to AWS.", USAGE)
    # An endpoint or a proxy in the AWS configuration has an invalid port.
    if isinstance(problem, ValueError) and re.match("Port |Invalid endpoint", str(problem)):
        text = f"{problem}. Check the endpoint_url in your AWS configuration, and the proxies."
        return OperatorError(text, USAGE)
    return None


def _ours(problem: errors.CallbackError) -> OperatorError:
    if isinstance(problem, errors.ResumeDenied):
        durable = "lambda:SendDurableExecutionCallback* on all versions of the durable function"
        says = f"{problem} These credentials need states:SendTask* on the state machine, or {durable}."
        return OperatorError(says, DENIED)
    if isinstance(problem, errors.ResumeUnsupported):
        says = "This command's boto3 cannot answer a durable function: install boto3 1.42.1 or later."
        return OperatorError(says, UNWELL)
    if isinstance(problem, errors.TokenUnknown | errors.TokenInvalid):
        return OperatorError(f"Nothing waits under this token any more: {problem}", REFUSED)
    return OperatorError(str(problem), UNAVAILABLE if problem.retry else UNWELL)
