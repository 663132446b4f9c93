"""What the local AWS makes as AWS has it."""

import json
import re
import traceback
from typing import Any

import pytest
from ministack.core import iam_evaluator
from ministack.services import iam

from emulator import ministack_functions, ministack_simulations
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


@pytest.fixture
def simulator(monkeypatch: pytest.MonkeyPatch) -> None:
    """MiniStack's simulator as the local AWS has it."""
    for owner, name in (
        (iam, "_extract_simulate_params"),
        (iam, "_build_simulate_results_real"),
        (iam_evaluator, "evaluate"),
    ):
        monkeypatch.setattr(owner, name, getattr(owner, name))
    ministack_simulations.install()


POLICY = {
    "Effect": "Allow",
    "Action": ["s3:ListBucket"],
    "Resource": ["arn:aws:s3:::b"],
    "Condition": {
        "StringLike": {"s3:prefix": "results/*"},
        "ForAllValues:StringLike": {"dynamodb:LeadingKeys": ["a*", "b*"]},
    },
}


def simulated(prefix: str, *keys: str) -> str:
    """What IAM's API says: https://docs.aws.amazon.com/IAM/latest/APIReference/API_SimulateCustomPolicy.html."""
    entries = [("s3:prefix", "string", [prefix]), ("dynamodb:LeadingKeys", "stringList", keys)]
    asked = {"ActionNames.member.1": "s3:ListBucket", "ResourceArns.member.1": "arn:aws:s3:::b"}
    asked |= {"PolicyInputList.member.1": json.dumps({"Version": "2012-10-17", "Statement": [POLICY]})}
    for number, (name, kind, values) in enumerate(entries, 1):
        entry = f"ContextEntries.member.{number}"
        asked |= {f"{entry}.ContextKeyName": name, f"{entry}.ContextKeyType": kind}
        asked |= {f"{entry}.ContextKeyValues.member.{index}": value for index, value in enumerate(values, 1)}
    _, _, body = iam._simulate_custom_policy({name: [value] for name, value in asked.items()})
    return str(re.findall(r"<EvalDecision>(\w+)<", body.decode())[0])


@pytest.mark.parametrize(
    ("given", "says"),
    [
        (("results/x", "a1", "b1"), "allowed"),
        (("merged/x", "a1"), "implicitDeny"),
        (("results/x", "a", "c"), "implicitDeny"),
    ],
)
@pytest.mark.usefixtures("simulator")
def test_a_simulated_condition_compares_what_is_given(given: tuple[str, ...], says: str) -> None:
    assert simulated(*given) == says


@pytest.mark.usefixtures("simulator")
def test_what_one_simulation_is_given_is_not_given_to_the_next() -> None:
    simulated("results/x", "a")
    context = iam_evaluator.EvalContext("arn", "User", "1", "s3:ListBucket", "arn:aws:s3:::b", "eu-central-1")
    policy = iam_evaluator.parse_policy_document(json.dumps({"Statement": [POLICY]}))
    assert iam_evaluator.evaluate(context, [policy]).decision == "ImplicitDeny"
