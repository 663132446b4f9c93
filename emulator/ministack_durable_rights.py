"""Who may do what with a durable execution, and with its callbacks: see :mod:`emulator.ministack_durable`."""

from typing import Any
from urllib.parse import unquote

from ministack.core import iam_actions, iam_evaluator
from ministack.services import lambda_durable, lambda_svc

from emulator.patches import replace, theirs

Data = dict[str, Any]

_VERDICTS = {"succeed": "Success", "fail": "Failure", "heartbeat": "Heartbeat"}
_ACTIONS = {
    "checkpoint": "CheckpointDurableExecution",
    "state": "GetDurableExecutionState",
    "history": "GetDurableExecutionHistory",
    "stop": "StopDurableExecution",
}

_action_of = theirs(iam_actions, "_lambda_action")
_resource_of = theirs(iam_actions, "extract_resource_arn")


def install() -> None:
    """Replace MiniStack's functions by these."""
    replace(iam_actions, "_lambda_action", _action)
    replace(iam_actions, "extract_resource_arn", _resource)


def refusal(execution: Data, target: str) -> Data | None:
    """Return why an execution cannot invoke a function."""
    arn = f"{execution['FunctionArn']}:{execution['Version']}"
    region, account = arn.split(":")[3:5]
    role = lambda_svc._get_func_record_for_ref(arn)[1]["Role"]
    asked = iam_evaluator.EvalContext(role, "AssumedRole", account, "lambda:InvokeFunction", target, region)
    policies = iam_evaluator._gather_role_policies(role.rpartition("/")[2], account)
    if iam_evaluator.evaluate(asked, policies).decision != "Allow":
        said = f"{role} is not authorized to perform: lambda:InvokeFunction on resource: {target}"
        return {"ErrorType": "AccessDeniedException", "ErrorMessage": said}
    if lambda_svc._get_func_record_for_ref(target)[0] is None:
        return {"ErrorType": "ResourceNotFoundException", "ErrorMessage": f"Function not found: {target}"}
    return None


def _action(method: str, path: str) -> str | None:
    match _parts(path):
        case ["durable-execution-callbacks", callback, verdict]:
            # What was never handed out is nobody's: the answer is that there is no such callback.
            known = lambda_durable._callback_index.get(callback)
            return f"SendDurableExecutionCallback{_VERDICTS[verdict]}" if known else None
        case ["durable-executions", *_, last]:
            return _ACTIONS.get(last, "GetDurableExecution")
        case ["functions", _, "durable-executions"]:
            return "ListDurableExecutionsByFunction"
    return _action_of(method, path)  # type: ignore[no-any-return]


def _resource(  # noqa: PLR0913, PLR0917 - MiniStack's
    service: str, method: str, path: str, headers: Data, body: bytes, query_params: Data, region: str, account_id: str
) -> str:
    match _parts(path):
        case ["durable-execution-callbacks", callback, _]:
            return str(lambda_durable._callback_index[callback][0])
        case ["durable-executions", *arn]:
            return "/".join(arn[:-1] if arn[-1] in _ACTIONS else arn)
    given = (service, method, path, headers, body, query_params, region, account_id)
    return str(_resource_of(*given))


def _parts(path: str) -> list[str]:
    version, _, rest = unquote(path).strip("/").partition("/")
    return rest.split("/") if version == lambda_durable._DURABLE_API_VERSION else []
