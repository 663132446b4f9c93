import re
from typing import Any

import botocore.session
import pytest
from botocore.exceptions import ClientError, ParamValidationError

from sfn_callback.aws import clients, durable_executions, executions
from sfn_callback.errors import ResumeUnsupported
from testing.durable_callbacks import UNKNOWN, FakeLambda
from testing.task_tokens import refusal
from testing.wire import Wire, answered

EXECUTION = "arn:aws:lambda:eu-central-1:000000000000:function:orders:7/durable-execution/order-1/0a1b2c3d"
MACHINES = "arn:aws:states:eu-central-1:000000000000:execution:docs-documents:run-1"


@pytest.fixture
def functions(monkeypatch: pytest.MonkeyPatch) -> FakeLambda:
    fake = FakeLambda()
    monkeypatch.setattr(clients, "functions", lambda: fake)
    return fake


def model() -> Any:
    return botocore.session.get_session().get_service_model("lambda").operation_model("GetDurableExecution")


def test_an_arn_is_told_apart_as_botocores_model_has_it() -> None:
    pattern = model().input_shape.members["DurableExecutionArn"].metadata["pattern"]
    for arn in (EXECUTION, EXECUTION.replace(":7/", ":$LATEST/")):
        assert re.fullmatch(pattern, arn)
        assert durable_executions.is_durable(arn)
    assert not re.fullmatch(pattern, MACHINES)
    assert not durable_executions.is_durable(MACHINES)
    assert not durable_executions.is_durable("")


def test_a_status_is_one_that_botocores_model_has(wire: Wire) -> None:
    statuses = model().output_shape.members["Status"].enum
    for status in statuses:
        wire.answer = lambda *_, status=status: answered(200, f'{{"Status": "{status}"}}'.encode())
        assert durable_executions.status(EXECUTION) == status
    assert durable_executions.RUNNING in statuses
    assert durable_executions.FORGOTTEN not in statuses
    assert {sent.operation for sent in wire.sent} == {"lambda.GetDurableExecution"}
    assert all("IncludeExecutionData=false" in sent.url for sent in wire.sent)


def test_one_that_lambda_does_not_know_is_forgotten(functions: FakeLambda) -> None:
    assert UNKNOWN in {shape.name for shape in model().error_shapes}
    assert durable_executions.status(EXECUTION) == durable_executions.FORGOTTEN


def test_any_other_refusal_tells_nothing(functions: FakeLambda, monkeypatch: pytest.MonkeyPatch) -> None:
    def denied(**_: Any) -> None:
        raise refusal("GetDurableExecution", "AccessDeniedException")

    monkeypatch.setattr(functions, "get_durable_execution", denied)
    with pytest.raises(ClientError, match="AccessDenied"):
        durable_executions.status(EXECUTION)


def test_the_first_botocore_that_had_the_operation_is_asked_as_it_understands(monkeypatch: pytest.MonkeyPatch) -> None:
    class First:
        def get_durable_execution(self, **given: Any) -> dict[str, str]:
            if set(given) != {"DurableExecutionArn"}:
                raise ParamValidationError(report="Unknown parameter in input")
            return {"Status": "RUNNING"}

    monkeypatch.setattr(clients, "functions", First)
    assert durable_executions.status(EXECUTION) == durable_executions.RUNNING


def test_a_botocore_without_the_operation_says_what_to_change(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clients, "functions", object)
    with pytest.raises(ResumeUnsupported, match=r"get_durable_execution came with 1\.42\.1.*newer"):
        executions.Executions(lambda: True).has_ended(EXECUTION)


def test_a_durable_functions_execution_is_asked_for_and_no_machine_is_listed(functions: FakeLambda, wire: Wire) -> None:
    functions.executions[EXECUTION] = "RUNNING"
    running = executions.Executions(lambda: True)
    assert not running.has_ended(EXECUTION)
    functions.executions[EXECUTION] = "STOPPED"
    assert running.has_ended(EXECUTION)
    assert wire.operations() == []
    assert not executions.Executions(lambda: False).has_ended(EXECUTION)


def test_no_more_are_asked_for_than_of_machines(functions: FakeLambda, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(executions, "MOST_QUESTIONS", 3)
    running = executions.Executions(lambda: True)
    assert [running.has_ended(f"{EXECUTION}{number}") for number in range(5)] == [True] * 3 + [False] * 2
