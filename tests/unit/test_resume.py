import json
import re
from urllib.parse import quote

import botocore.session
import pytest
from botocore.exceptions import EndpointConnectionError
from botocore.parsers import ResponseParserError
from hypothesis import given
from hypothesis import strategies as st

from sfn_callback import errors, resume, texts
from sfn_callback.aws import clients, patience
from sfn_callback.resume import Delivery
from testing import durable_callbacks, task_tokens
from testing.durable_callbacks import FakeLambda
from testing.task_tokens import FakeStepFunctions
from testing.wire import Wire, answered

TOKEN = "AAAAKgAAAAIAAAAAAAAAAf+b/c=="
CALLBACK = "Ab+/cGFnZQ=="
DURABLE = f"durable:{CALLBACK}"


def modelled(operation: str, service: str = "stepfunctions") -> set[str]:
    model = botocore.session.get_session().get_service_model(service)
    return {shape.name for shape in model.operation_model(operation).error_shapes}


def shape(name: str) -> dict[str, int]:
    metadata: dict[str, int] = (
        botocore.session.get_session().get_service_model("stepfunctions").shape_for(name).metadata
    )
    return metadata


def test_a_heartbeat_says_whether_anybody_still_waits(machine: FakeStepFunctions) -> None:
    machine.wait(TOKEN)
    assert resume.heartbeat(TOKEN) is Delivery.ACCEPTED
    machine.time_out(TOKEN)
    assert resume.heartbeat(TOKEN) is Delivery.ALREADY_CLOSED


@pytest.mark.parametrize("operation", ["SendTaskSuccess", "SendTaskFailure", "SendTaskHeartbeat"])
def test_every_error_that_botocore_models_is_understood(operation: str) -> None:
    understood = {*resume.MACHINE.errors, *patience.CODES, resume.MACHINE.closed}
    assert modelled(operation) - understood == set()


def test_the_fake_raises_only_what_botocore_models() -> None:
    codes = {task_tokens.UNKNOWN, task_tokens.INVALID, task_tokens.CLOSED}
    assert codes <= modelled("SendTaskSuccess")


def test_the_limits_are_those_of_botocores_model() -> None:
    assert shape("TaskToken")["max"] == resume.MAX_TOKEN
    assert shape("SensitiveData")["max"] == resume.MAX_OUTPUT
    assert shape("SensitiveError")["max"] == resume.MAX_ERROR
    assert shape("SensitiveCause")["max"] == resume.MAX_CAUSE


@pytest.mark.parametrize(("code", "kind"), resume.MACHINE.errors.items())
def test_aws_errors_become_ours(machine: FakeStepFunctions, code: str, kind: type[errors.ResumeError]) -> None:
    machine.wait(TOKEN)
    machine.refusals = [code]
    with pytest.raises(kind) as caught:
        resume.succeed(TOKEN, 1)
    assert code in str(caught.value)


@pytest.mark.parametrize("code", ["KmsAccessDeniedException", "KmsInvalidStateException"])
def test_a_key_that_cannot_be_used_now_may_be_used_later(machine: FakeStepFunctions, code: str) -> None:
    machine.wait(TOKEN)
    machine.refusals = [code]
    with pytest.raises(errors.KeyUnavailable) as caught:
        resume.succeed(TOKEN, 1)
    assert caught.value.retry


def test_an_unknown_refusal_can_be_retried(machine: FakeStepFunctions) -> None:
    machine.wait(TOKEN)
    machine.refusals = ["ServiceUnavailable"]
    with pytest.raises(errors.ResumeUnavailable) as caught:
        resume.succeed(TOKEN, 1)
    assert caught.value.retry


def test_a_throttled_key_is_tried_again_and_given_up_as_retryable(wire: Wire, no_pauses: list[float]) -> None:
    wire.refused["sfn"] = "KmsThrottlingException"
    with pytest.raises(errors.ResumeUnavailable, match="KmsThrottlingException"):
        resume.succeed(TOKEN, 1)
    assert len(wire.sent) == len(no_pauses) + 1 > 5


def test_an_output_of_exactly_the_limit_is_sent(machine: FakeStepFunctions) -> None:
    machine.wait(TOKEN)
    assert resume.succeed(TOKEN, "x" * (resume.MAX_OUTPUT - 2)) is Delivery.ACCEPTED


def test_an_output_is_measured_in_bytes_not_characters(machine: FakeStepFunctions) -> None:
    machine.wait(TOKEN)
    with pytest.raises(errors.OutputInvalid, match="Put it on S3"):
        resume.succeed(TOKEN, "é" * (resume.MAX_OUTPUT // 2))
    assert machine.calls == 0


@pytest.mark.parametrize("output", [float("nan"), {1, 2}, b"bytes"])
def test_an_output_that_is_not_json_is_refused_before_it_is_sent(machine: FakeStepFunctions, output: object) -> None:
    with pytest.raises(errors.OutputInvalid):
        resume.succeed(TOKEN, output)
    assert machine.calls == 0


@given(st.text(st.characters(), max_size=300), st.integers(0, 400))
def test_any_text_is_cut_to_valid_utf8(text: str, limit: int) -> None:
    whole = text.encode(errors="replace").decode()
    cut = texts.cut(text, limit)
    assert whole.startswith(cut)
    assert len(cut.encode()) <= limit
    assert len(cut.encode()) > limit - 4 or cut == whole


def test_a_failure_is_sent_whatever_its_text_is_made_of(machine: FakeStepFunctions) -> None:
    machine.wait(TOKEN)
    assert resume.fail(TOKEN, 404, "a name with a lone surrogate: \udcff") is Delivery.ACCEPTED  # type: ignore[arg-type]
    assert machine.verdicts[0][2] == {"error": "404", "cause": "a name with a lone surrogate: ?"}


@pytest.mark.parametrize(
    ("error", "sent", "cause"), [("x" * 256, "x" * 256, "why"), ("é" * 129, "é" * 128, f"{'é' * 129}: why")]
)
def test_an_error_that_is_cut_stands_whole_before_the_cause(
    machine: FakeStepFunctions, error: str, sent: str, cause: str
) -> None:
    machine.wait(TOKEN)
    resume.fail(TOKEN, error, "why")
    assert machine.verdicts[0][2] == {"error": sent, "cause": cause}


def test_a_broken_connection_can_be_retried_and_names_no_token(
    machine: FakeStepFunctions, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(**_: str) -> None:
        raise EndpointConnectionError(endpoint_url=f"https://states/{TOKEN}")

    monkeypatch.setattr(machine, "send_task_success", broken)
    with pytest.raises(errors.ResumeUnavailable, match="EndpointConnectionError") as caught:
        resume.succeed(TOKEN, 1)
    assert TOKEN not in str(caught.value)


@pytest.mark.parametrize("token", ["", "x" * 2049, None, 7])
def test_what_cannot_be_a_token_is_refused_before_it_is_sent(machine: FakeStepFunctions, token: str) -> None:
    with pytest.raises(errors.TokenInvalid):
        resume.succeed(token, 1)
    assert machine.calls == 0


@pytest.mark.parametrize("code", [*resume.MACHINE.errors, "ServiceUnavailable"])
def test_no_error_holds_the_token(machine: FakeStepFunctions, code: str) -> None:
    machine.wait(TOKEN)
    machine.refusals = [code]
    with pytest.raises(errors.ResumeError) as caught:
        resume.fail(TOKEN, "E", "c")
    chain = [caught.value, caught.value.__cause__, caught.value.__context__]
    assert all(TOKEN not in repr(link) + str(link) for link in chain)


def test_output_keeps_characters_outside_ascii(machine: FakeStepFunctions) -> None:
    machine.wait(TOKEN)
    resume.succeed(TOKEN, {"word": "größe"})
    assert json.dumps(machine.verdicts[0][2], ensure_ascii=False) == '{"word": "größe"}'


@pytest.mark.parametrize("status", [200, 403])
def test_a_page_of_a_proxy_is_no_verdict(wire: Wire, no_pauses: list[float], status: int) -> None:
    wire.answer = lambda *_: answered(status, b"\n<!DOCTYPE HTML><title>Blocked</title>")
    with pytest.raises(errors.ResumeUnavailable):
        resume.succeed(TOKEN, {})
    assert sum(no_pauses) >= patience.PATIENCE_SECONDS


def test_an_answer_that_cannot_be_read_leaves_the_token_to_another_attempt(monkeypatch: pytest.MonkeyPatch) -> None:
    class Unreadable:
        def send_task_success(self, **_: str) -> None:
            raise ResponseParserError(f"Unable to parse response: {TOKEN}")

    monkeypatch.setattr(clients, "stepfunctions", Unreadable)
    with pytest.raises(errors.ResumeUnavailable) as raised:
        resume.succeed(TOKEN, {})
    assert raised.value.retry
    assert TOKEN not in str(raised.value)


@pytest.fixture
def durable(monkeypatch: pytest.MonkeyPatch) -> FakeLambda:
    fake = FakeLambda()
    monkeypatch.setattr(clients, "functions", lambda: fake)
    return fake


VERDICTS = ["SendDurableExecutionCallbackSuccess", "SendDurableExecutionCallbackFailure"]
CALLBACKS = [*VERDICTS, "SendDurableExecutionCallbackHeartbeat"]


@pytest.mark.parametrize("operation", CALLBACKS)
def test_every_error_that_botocore_models_for_a_durable_callback_is_understood(operation: str) -> None:
    understood = {*resume.DURABLE.errors, *patience.CODES, resume.DURABLE.closed, "ServiceException"}
    assert modelled(operation, "lambda") - understood == set()
    assert {durable_callbacks.UNKNOWN, durable_callbacks.INVALID, durable_callbacks.CLOSED} <= modelled(
        operation, "lambda"
    )


@pytest.mark.parametrize("operation", CALLBACKS)
def test_the_helper_sends_what_botocores_model_takes(wire: Wire, operation: str) -> None:
    wire.answer = lambda *_: answered(200, b"{}")
    verdict = operation.removeprefix("SendDurableExecutionCallback").lower()
    {
        "success": lambda: resume.succeed(DURABLE, {"pages": 3}),
        "failure": lambda: resume.fail(DURABLE, "ChunksFailed", "2 of 3"),
        "heartbeat": lambda: resume.heartbeat(DURABLE),
    }[verdict]()
    (sent,) = wire.sent
    assert sent.operation == f"lambda.{operation}"
    assert quote(CALLBACK, safe="") in sent.url


def test_the_limits_of_a_durable_callback_are_within_botocores_model() -> None:
    model = botocore.session.get_session().get_service_model("lambda")
    shape = model.operation_model(VERDICTS[0]).input_shape
    assert shape is not None
    # 262,144 until 1.43.108: AWS has raised it since, and the model follows the installed version.
    assert shape.members["Result"].metadata["max"] in (262_144, resume.DURABLE.max_output)
    assert shape.members["CallbackId"].metadata["max"] + len(resume.DURABLE_MARK) <= resume.MAX_TOKEN
    assert not re.fullmatch(shape.members["CallbackId"].metadata["pattern"], DURABLE)


def test_a_durable_function_gets_the_output_as_json(durable: FakeLambda) -> None:
    durable.wait(CALLBACK)
    assert resume.succeed(DURABLE, {"word": "größe"}) is Delivery.ACCEPTED
    assert durable.verdicts == [(CALLBACK, "success", {"word": "größe"})]


def test_the_name_of_an_error_reaches_a_durable_function_by_its_message(durable: FakeLambda) -> None:
    durable.wait(CALLBACK)
    assert resume.fail(DURABLE, "ChunksFailed", "2 of 3") is Delivery.ACCEPTED
    ((_, kind, error),) = durable.verdicts
    assert (kind, error["ErrorMessage"]) == ("failure", "ChunksFailed")
    assert json.loads(error["ErrorData"]) == {"error": "ChunksFailed", "cause": "2 of 3"}


def test_the_largest_failure_of_a_durable_callback_is_taken(durable: FakeLambda) -> None:
    durable.wait(CALLBACK)
    assert resume.fail(DURABLE, "é" * 9_999, "\0" * 99_999) is Delivery.ACCEPTED


def test_a_durable_function_takes_a_larger_output(durable: FakeLambda) -> None:
    durable.wait(CALLBACK)
    with pytest.raises(errors.OutputTooLarge, match="1,048,577 bytes; Lambda takes at most 1,048,576"):
        resume.succeed(DURABLE, "x" * (resume.DURABLE.max_output - 1))
    assert resume.succeed(DURABLE, "x" * (resume.DURABLE.max_output - 2)) is Delivery.ACCEPTED


def test_a_durable_callback_takes_one_verdict_and_tells_so(durable: FakeLambda) -> None:
    durable.wait(CALLBACK)
    assert resume.heartbeat(DURABLE) is Delivery.ACCEPTED
    durable.time_out(CALLBACK)
    later = [resume.heartbeat(DURABLE), resume.succeed(DURABLE, 1), resume.fail(DURABLE, "E", "c")]
    assert later == [Delivery.ALREADY_CLOSED] * 3


@pytest.mark.parametrize(("code", "kind"), resume.DURABLE.errors.items())
def test_lambdas_errors_become_ours_and_hold_no_id(
    durable: FakeLambda, code: str, kind: type[errors.ResumeError]
) -> None:
    durable.wait(CALLBACK)
    durable.refusals = [code]
    with pytest.raises(kind, match=code) as caught:
        resume.succeed(DURABLE, 1)
    chain = [caught.value, caught.value.__cause__, caught.value.__context__]
    assert all(CALLBACK not in repr(link) + str(link) for link in chain)


def test_a_boto3_without_the_operations_is_told_of_before_the_work(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clients, "functions", object)
    resume.check_answerable(TOKEN)
    for answer in (resume.check_answerable, resume.heartbeat):
        with pytest.raises(errors.ResumeUnsupported, match=r"came with 1\.42\.1.*newer") as caught:
            answer(DURABLE)
        assert not caught.value.retry
