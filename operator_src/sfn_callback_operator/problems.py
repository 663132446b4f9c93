"""What an operator is told instead of a traceback, and the exit code that a script gets.

====  ==============================================================================
0     all is well
1     what was looked at, or waited for, is not well: doctor found something, a job failed
2     the command line is wrong
3     there is no such deployment, job, execution, result or approval
4     AWS does not let these credentials do it, or there are none
5     AWS does not answer, or not now: the same command may work later
6     it was not done, because it makes no sense any more: nothing waits, or it was decided
7     what is waited for, or asked for, has not ended yet, or not within --timeout: it goes on
====  ==============================================================================
"""

from botocore import exceptions
from botocore.exceptions import ClientError

from sfn_callback import clients, errors

UNWELL, USAGE, NOT_FOUND, DENIED, UNAVAILABLE, REFUSED, LATE = 1, 2, 3, 4, 5, 6, 7

_NO_ACCESS = (
    exceptions.NoCredentialsError,
    exceptions.PartialCredentialsError,
    exceptions.ProfileNotFound,
    exceptions.NoRegionError,
    exceptions.CredentialRetrievalError,
    exceptions.TokenRetrievalError,
    exceptions.SSOError,
)
_DENIED = (
    "AccessDenied",
    "Unauthorized",
    "ExpiredToken",
    "InvalidClientTokenId",
    "UnrecognizedClient",
    "Signature",
    "403",
)
"""What the codes of such refusals have in them: https://docs.aws.amazon.com/IAM/latest/APIReference/CommonErrors.html

The last is HeadObject's, which has no body that could say more.
"""
_LATER = ("Throttl", "TooManyRequests", "ProvisionedThroughput", "ServiceUnavailable", "Internal", "SlowDown")


class OperatorError(Exception):
    """A sentence for the operator, and the exit code."""

    def __init__(self, said: str, code: int = REFUSED) -> None:
        super().__init__(said)
        self.code = code


def not_found(said: str) -> OperatorError:
    """Return the error for what is not there."""
    return OperatorError(said, NOT_FOUND)


def explained(problem: Exception) -> OperatorError | None:
    """Return what to tell of an error, ``None`` where it is a bug of ours."""
    if isinstance(problem, OperatorError):
        return problem
    if isinstance(problem, ClientError):
        return _refusal(problem)
    if isinstance(problem, exceptions.BotoCoreError):
        return _without_an_answer(problem)
    if isinstance(problem, errors.CallbackError):
        return _ours(problem)
    if isinstance(problem, OSError) and problem.filename:
        return OperatorError(f"{problem.filename}: {problem.strerror}.", NOT_FOUND)
    return None


def _without_an_answer(problem: exceptions.BotoCoreError) -> OperatorError:
    if isinstance(problem, _NO_ACCESS):
        said = str(problem).rstrip(".")
        return OperatorError(f"{said}. Name a profile (--profile), a region (--region), or log in.", DENIED)
    if isinstance(problem, exceptions.InvalidRegionError):
        return OperatorError(str(problem), USAGE)
    return OperatorError(f"AWS cannot be reached: {type(problem).__name__}. Try again.", UNAVAILABLE)


def _refusal(problem: ClientError) -> OperatorError:
    code = problem.response["Error"]["Code"]
    if any(part in code for part in _DENIED):
        # Of these AWS says who may not do what. Of a token's it says the token.
        more = "" if problem.operation_name.startswith("SendTask") else f": {problem.response['Error']['Message']}"
        return OperatorError(f"AWS refused {problem.operation_name} ({code}){more}", DENIED)
    said = f"AWS refused {clients.described(problem)}."
    later = any(part in code for part in _LATER)
    return OperatorError(f"{said} Try again in a moment." if later else said, UNAVAILABLE if later else UNWELL)


def _ours(problem: errors.CallbackError) -> OperatorError:
    if isinstance(problem, errors.ResumeDenied):
        return OperatorError(f"{problem} These credentials need states:SendTask* on the state machine.", DENIED)
    if isinstance(problem, errors.TokenUnknown | errors.TokenInvalid):
        return OperatorError(f"Nothing waits under this token any more: {problem}", REFUSED)
    return OperatorError(str(problem), UNAVAILABLE if problem.retry else UNWELL)
