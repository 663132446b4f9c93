"""What the local AWS makes as AWS has it."""

import traceback
from typing import Any

import pytest

from emulator import ministack_functions
from sfn_callback.errors import DocumentNotFound

Result = dict[str, Any]


def failed(message: str, log: str = "") -> Result:
    """What MiniStack's worker gives back, whatever has happened."""
    return {"error": True, "body": {"errorType": "Runtime.HandlerError", "errorMessage": message}, "log": log}


def raised(error: Exception) -> Result:
    try:
        raise error
    except type(error):
        return failed(str(error), "a line of the function's\n" + traceback.format_exc())


@pytest.mark.parametrize(
    ("result", "name"),
    [
        (raised(KeyError("key")), "KeyError"),
        (raised(DocumentNotFound("s3://b/k: There is no such document.")), "DocumentNotFound"),
        (raised(ValueError("a message: with a colon\nand a second line")), "ValueError"),
        (failed("Worker process died"), "Runtime.ExitError"),
        (failed("[Errno 32] Broken pipe", "[Errno 32] Broken pipe"), "Runtime.ExitError"),
        ({**failed(""), "throttle": True}, "Lambda.TooManyRequestsException"),
        ({"body": {"errorType": "Sandbox.Timedout", "errorMessage": "Task timed out"}}, "Sandbox.Timedout"),
    ],
)
def test_an_error_has_the_name_that_step_functions_shows(result: Result, name: str) -> None:
    assert ministack_functions.error_name(result) == name
