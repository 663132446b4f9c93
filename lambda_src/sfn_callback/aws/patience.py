"""How long a request is tried again: a policy of the package's own, which no version of botocore changes.

botocore's "standard" mode pauses for 15 seconds on average until 1.43, and for 0.8 at the most since 1.44, before it
gives up, and its quota lasts half as long (``botocore/retries/standard.py``). So its own retries are switched
off (:mod:`sfn_callback.aws.session`), and this decides instead. What it calls transient or a throttle is tried again
after a random part of a doubling pause, until the pauses make :data:`PATIENCE_SECONDS`. A shorter outage is ridden out,
whatever chance says, and those that it has hit at once do not come back at once.

Every request of the package may be sent again: it says the same, is refused as done already, or is known by a name.
"""

import random
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPException
from typing import Any
from zlib import crc32

from botocore.exceptions import ConnectionClosedError, HTTPClientError, SSLError
from botocore.exceptions import ConnectionError as NoConnection
from urllib3.exceptions import HTTPError

PATIENCE_SECONDS = 20.0
"""A request is given up after so many seconds of pauses."""
MOST_SECONDS = 60.0
"""It is given up so long after its first attempt, too: an attempt that hangs takes time by itself."""
FIRST_PAUSE_SECONDS = 0.5
LONGEST_PAUSE_SECONDS = 5.0
SPARE_SECONDS = 1.0
"""So long before the function's end nothing is tried again: time to say what has failed."""

_BROKEN = (NoConnection, HTTPClientError)
_OF_THE_NETWORK = (OSError, HTTPException, HTTPError)
_STATUSES = frozenset({429, 500, 502, 503, 504})
CODES = frozenset(
    {
        "BandwidthLimitExceeded",
        # A conditional write of S3's: https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObject.html
        "ConditionalRequestConflict",
        "EC2ThrottledException",
        # SNS, and Step Functions: https://docs.aws.amazon.com/sns/latest/api/API_Publish.html
        # https://docs.aws.amazon.com/step-functions/latest/apireference/API_SendTaskSuccess.html
        "KMSThrottling",
        "KmsThrottlingException",
        "LimitExceededException",
        "PriorRequestNotComplete",
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "RequestThrottled",
        "RequestThrottledException",
        "RequestTimeout",
        "RequestTimeoutException",
        "SlowDown",
        "Throttled",
        "ThrottledException",
        "Throttling",
        "ThrottlingException",
        "TooManyRequestsException",
        "TransactionInProgressException",
    }
)
"""What AWS answers where the same request may succeed later, and the status does not say so."""


@dataclass(slots=True)
class _Spent:
    """What a request has cost so far."""

    since: float
    paused: float = 0.0


_deadline: float | None = None


@contextmanager
def ending(seconds_left: float | None) -> Iterator[None]:
    """Give up before the function's own deadline, in so many seconds; ``None`` where there is none."""
    global _deadline  # noqa: PLW0603 - a function has one event at a time, and all its threads end with it
    before, _deadline = _deadline, None if seconds_left is None else time.monotonic() + seconds_left
    try:
        yield
    finally:
        _deadline = before


def seconds_left() -> float | None:
    """Return how long the function has until its deadline, ``None`` where there is none."""
    return None if _deadline is None else _deadline - time.monotonic()


def pause(  # noqa: PLR0913 - what botocore emits
    *,
    response: tuple[Any, Mapping[str, Any]] | None,
    operation: Any,
    attempts: int,
    caught_exception: Exception | None,
    request_dict: dict[str, Any],
    draw: Callable[[float, float], float] = random.uniform,
    **_: object,
) -> float | None:
    """Return after how many seconds botocore is to send a request again, ``None`` for never.

    It is a handler of the event ``needs-retry``, which botocore emits after each attempt (``botocore/endpoint.py``):
    https://docs.aws.amazon.com/botocore/latest/topics/events.html

    Raises:
        ConnectionClosedError: what came of the answer is not all of it, also at the last attempt.
    """
    damaged = response is not None and _is_damaged(response[0], operation)
    if not (damaged or _may_succeed_later(response, operation, caught_exception)):
        return None
    spent = request_dict["context"].setdefault("sfn_callback_spent", _Spent(time.monotonic()))
    longest = min(FIRST_PAUSE_SECONDS * 2 ** (attempts - 1), LONGEST_PAUSE_SECONDS)
    seconds = draw(0, longest) + _asked(response)
    if _is_over(spent, seconds):
        if damaged:
            raise ConnectionClosedError(endpoint_url=request_dict.get("url", ""))
        return None
    spent.paused += seconds
    return seconds


def is_untrusted(problem: Exception) -> bool:
    """Return whether nobody whom this machine trusts has signed the certificate: that does not pass by itself."""
    return isinstance(problem, SSLError) and "CERTIFICATE_VERIFY_FAILED" in str(problem)


def is_a_web_page(answer: Any, operation: Any) -> bool:
    """Return whether a proxy has answered with a page of its own, which botocore takes for JSON without any field.

    What a load balancer of AWS's says of an outage is a page too, with a status that is tried again.
    """
    if operation.has_streaming_output or answer.status_code in _STATUSES:
        return False
    begin: bytes = answer.content[:100]
    return begin.lstrip().lower().startswith((b"<!doctype html", b"<html"))


def _is_of_the_body(problem: Exception) -> bool:
    """Return whether the body that was to be sent could not be read: a workload's pieces have failed, say.

    botocore calls whatever is raised while it sends an ``HTTPClientError`` (``botocore/httpsession.py``).
    """
    cause = getattr(problem, "kwargs", {}).get("error")
    return isinstance(cause, Exception) and not isinstance(cause, _OF_THE_NETWORK)


def _is_over(spent: _Spent, seconds: float) -> bool:
    left = seconds_left()
    if left is not None and seconds + SPARE_SECONDS > left:
        return True
    return spent.paused >= PATIENCE_SECONDS or time.monotonic() - spent.since >= MOST_SECONDS


def _may_succeed_later(response: Any, operation: Any, caught: Exception | None) -> bool:
    if response is None:
        return isinstance(caught, _BROKEN) and not is_untrusted(caught) and not _is_of_the_body(caught)
    answer, parsed = response
    error = parsed.get("Error") if isinstance(parsed, Mapping) else None
    code = error.get("Code") if isinstance(error, Mapping) else None
    return answer.status_code in _STATUSES or code in CODES or (code is not None and code in _modelled(operation))


def _modelled(operation: Any) -> set[str]:
    """Return the errors that the service's model marks as worth another try."""
    shapes = [shape for shape in operation.error_shapes if shape.metadata.get("retryable") is not None]
    return {shape.metadata.get("error", {}).get("code") or shape.name for shape in shapes}


def _is_damaged(answer: Any, operation: Any) -> bool:
    """Return whether the answer's body is not what AWS has sent: too short, of another checksum, or somebody else's.

    urllib3 notices the former since 2.0, of which Lambda's older runtimes have none, and botocore where a body is read
    as a stream: https://urllib3.readthedocs.io/en/stable/v2-migration-guide.html
    DynamoDB sends the latter: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Programming.LowLevelAPI.html
    """
    if is_a_web_page(answer, operation):
        return True
    if operation.has_streaming_output or operation.http.get("method") == "HEAD" or "content-encoding" in answer.headers:
        return False
    length, checksum = (str(answer.headers.get(name, "")) for name in ("content-length", "x-amz-crc32"))
    return (length.isdecimal() and len(answer.content) < int(length)) or (
        checksum.isdecimal() and crc32(answer.content) != int(checksum)
    )


def _asked(response: Any) -> float:
    """Return the seconds for which AWS asks to be left alone, as far as there is patience for them.

    ``x-amz-retry-after`` is in milliseconds (``botocore/retries/standard.py``), ``Retry-After`` in seconds.
    """
    headers = response[0].headers if response else {}
    for name, unit in (("x-amz-retry-after", 0.001), ("retry-after", 1.0)):
        if str(headers.get(name, "")).isdecimal():
            return min(int(headers[name]) * unit, PATIENCE_SECONDS)
    return 0.0
