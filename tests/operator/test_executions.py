"""The fake of Step Functions' executions answers as botocore's model says."""

from typing import Any

import botocore.session
import pytest
from botocore import xform_name

from testing.executions import FakeMachines

MACHINE = "arn:aws:states:eu-central-1:000000000000:stateMachine:docs-documents"
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


def _check(value: Any, shape: Any) -> None:
    if shape.type_name == "structure":
        assert set(shape.required_members) <= set(value) <= set(shape.members), shape.name
        for name, inner in value.items():
            _check(inner, shape.members[name])
    elif shape.type_name == "list":
        for inner in value:
            _check(inner, shape.member)
