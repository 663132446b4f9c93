"""The fakes of executions, of Step Functions' and of durable functions', answer as botocore's models say."""

from typing import Any

import botocore.session
import pytest
from botocore import xform_name

from testing.durable_callbacks import FakeLambda
from testing.executions import FakeMachines

MACHINE = "arn:aws:states:eu-central-1:000000000000:stateMachine:docs-documents"
DURABLE = "arn:aws:lambda:eu-central-1:000000000000:function:orders:7/durable-execution/order-1/0a1b2c3d"
LAMBDA = botocore.session.get_session().get_service_model("lambda")
MODEL = botocore.session.get_session().get_service_model("stepfunctions")


def given(arn: str) -> dict[str, dict[str, Any]]:
    return {
        "StartExecution": {"stateMachineArn": MACHINE, "input": "{}"},
        "ListStateMachines": {},
        "ListExecutions": {"stateMachineArn": MACHINE},
        "DescribeExecution": {"executionArn": arn},
        "GetExecutionHistory": {"executionArn": arn, "reverseOrder": True},
        "StopExecution": {"executionArn": arn, "error": "e", "cause": "c"},
    }


@pytest.mark.parametrize("operation", given(""))
def test_every_answer_has_the_models_fields_and_no_others(operation: str) -> None:
    fake = FakeMachines()
    fake.machines = [MACHINE]
    arn = fake.begin(MACHINE, "run", {})
    fake.enter(arn, "Wait", {}, token="t")
    model: Any = MODEL.operation_model(operation)
    asked = given(arn)[operation]
    assert set(asked) <= set(model.input_shape.members)
    _check(getattr(fake, xform_name(operation))(**asked), model.output_shape)


@pytest.mark.parametrize(
    ("operation", "asked"),
    [
        ("GetDurableExecution", {"DurableExecutionArn": DURABLE}),
        ("ListDurableExecutionsByFunction", {"FunctionName": "orders"}),
        ("StopDurableExecution", {"DurableExecutionArn": DURABLE, "Error": {"ErrorType": "Cancelled"}}),
    ],
)
@pytest.mark.parametrize("ending", [{}, {"Result": "1"}, {"Error": {"ErrorMessage": "m", "ErrorData": "{}"}}])
def test_every_answer_about_a_durable_execution_has_the_models_fields_and_no_others(
    operation: str, asked: dict[str, Any], ending: dict[str, Any]
) -> None:
    fake = FakeLambda()
    fake.executions[DURABLE] = "RUNNING"
    if ending:
        fake.end(DURABLE, "FAILED" if "Error" in ending else "SUCCEEDED", **ending)
    model: Any = LAMBDA.operation_model(operation)
    assert set(asked) <= set(model.input_shape.members)
    _check(getattr(fake, xform_name(operation))(**asked), model.output_shape)


def _check(value: Any, shape: Any) -> None:
    if shape.type_name == "structure":
        assert set(shape.required_members) <= set(value) <= set(shape.members), shape.name
        for name, inner in value.items():
            _check(inner, shape.members[name])
    elif shape.type_name == "list":
        for inner in value:
            _check(inner, shape.member)
