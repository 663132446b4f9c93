"""What the local AWS makes as AWS has it."""

import json
import threading
import traceback
from typing import Any

import pytest
from ministack.services import stepfunctions

from local import faithful_functions, faithful_tokens
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
    assert faithful_functions.error_name(result) == name


@pytest.fixture
def token(monkeypatch: pytest.MonkeyPatch) -> str:
    waiting = {"event": threading.Event(), "result": None, "error": None, "heartbeat": None}
    monkeypatch.setattr(stepfunctions, "_task_tokens", {"token": waiting})
    monkeypatch.setattr(faithful_tokens, "_tokens", {"token", "token of a wait that is over"})
    return "token"


def answer(token: str, output: str = "{}") -> str:
    """Answer as a client does; return the error's name, empty where it was taken."""
    sent = faithful_tokens.once(stepfunctions._send_task_success)({"taskToken": token, "output": output})
    return str(json.loads(sent[2]).get("__type", ""))


def test_a_token_takes_one_answer(token: str) -> None:
    assert [answer(token, "1"), answer(token, "2")] == ["", "TaskTimedOut"]
    assert stepfunctions._task_tokens[token]["result"] == "1"


def test_a_token_whose_wait_is_over_has_timed_out(token: str) -> None:
    assert answer("token of a wait that is over") == "TaskTimedOut"


def test_a_token_that_never_was_does_not_exist(token: str) -> None:
    assert answer("another") == "TaskDoesNotExist"
