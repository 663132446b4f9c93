"""Lambda's destinations: what it records of an invocation that failed for good."""

from collections.abc import Mapping
from typing import Any

from sfn_callback import validation
from sfn_callback.errors import InputInvalid
from sfn_callback.validation import Event


def failed_invocation(record: Event) -> tuple[Event, str, str]:
    """Read Lambda's record of an invocation that failed for good: its event, the error's name and its message.

    https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html
    """
    if not isinstance(record, dict) or not isinstance(record.get("requestPayload"), dict):
        raise InputInvalid("This is no record of a failed invocation: it has no requestPayload that is an object.")
    response = {**_fields(record, "requestContext"), **_fields(record, "responsePayload")}
    condition = validation.text_or(response, "condition", "Unknown")
    return (
        record["requestPayload"],
        validation.text_or(response, "errorType", condition),
        validation.text_or(response, "errorMessage", condition),
    )


def _fields(record: Event, name: str) -> Mapping[str, Any]:
    value = record.get(name)
    return value if isinstance(value, dict) else {}
