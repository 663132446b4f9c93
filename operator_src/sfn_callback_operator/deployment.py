"""A deployment of the module: found by its name, known by what its functions were told."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from sfn_callback import settings
from sfn_callback.aws import clients
from sfn_callback.settings import Settings
from sfn_callback_operator import aws
from sfn_callback_operator.errors import DENIED, USAGE, OperatorError, not_found

WORKFLOWS = ("documents", "direct", "queue", "topic", "approval")
HANDLERS = {
    "documents": (
        "process", "start", "split", "chunk_failed", "await_chunks", "redrive", "merge", "record_failure", "sweep"
    ),
    "direct": ("direct_worker", "http_start"),
    "queue": ("queue_worker", "dead_letter"),
    "topic": ("topic_worker", "task_lost", "dead_letter"),
    "approval": ("ask", "page", "sweep"),
}  # fmt: skip
"""The handlers of each workflow; the first is always there. All functions of a deployment have the same settings."""
_MACHINE = ":stateMachine:"


@dataclass(frozen=True, slots=True)
class Deployment:
    """One instance of the module. ``machines`` are the ARNs of its state machines by workflow.

    ``timeout_seconds`` is the one of the function by which it is known: of ``process``, where it splits documents.
    """

    name: str
    settings: Settings
    machines: Mapping[str, str]
    timeout_seconds: int = 0

    def function(self, handler: str) -> str:
        """Return the name of the handler's function."""
        return f"{self.name}-{handler.replace('_', '-')}"

    def invoked(self, handler: str) -> str:
        """Return what is invoked: an alias of the function."""
        _, colon, alias = self.settings.process_function.partition(":")
        return f"{self.function(handler)}{colon}{alias}"

    def queue(self, name: str) -> str:
        """Return the name of a queue."""
        return f"{self.name}-{name}"

    def owns(self, execution: str) -> bool:
        """Whether the execution of that ARN is of one of its machines, in its account and region."""
        return execution.replace(":execution:", _MACHINE).rpartition(":")[0] in self.machines.values()

    @property
    def place(self) -> str:
        """Which deployment this is, for a question: its name, its account and its region."""
        _, _, _, region, account, *_ = next(iter(self.machines.values()), ":" * 5).split(":")
        return f"{self.name} in account {account}, region {region}"

    @property
    def handlers(self) -> dict[str, str]:
        """The function by which each of its workflows is known."""
        return {workflow: HANDLERS[workflow][0] for workflow in self.machines}

    @property
    def every_handler(self) -> set[str]:
        """The handlers that its workflows can have."""
        return {handler for workflow in self.machines for handler in HANDLERS[workflow]}


def opened(name: str | None) -> Deployment:
    """Return the deployment of that name, or the only one there is; its settings are this process's from now on."""
    found = name or _only()
    environment, timeout_seconds = _configuration(found)
    aws.adopt(environment)
    return Deployment(found, settings.current(), _machines(found), timeout_seconds)


def _configuration(name: str) -> tuple[dict[str, str], int]:
    """Return a function's environment, and its timeout."""
    for handler, *_ in HANDLERS.values():
        function = f"{name}-{handler.replace('_', '-')}"
        try:
            configuration = clients.functions().get_function_configuration(FunctionName=function)
        except ClientError as problem:
            if problem.response["Error"]["Code"] != "ResourceNotFoundException":
                raise
            continue
        return _told(function, configuration), configuration.get("Timeout", 0)
    raise not_found(f"There is no deployment {name!r} here{_others()}.")


def _told(function: str, configuration: Mapping[str, Any]) -> dict[str, str]:
    environment = configuration.get("Environment", {})
    if "Error" in environment:
        # https://docs.aws.amazon.com/lambda/latest/api/API_EnvironmentResponse.html
        raise OperatorError(f"{function}'s settings cannot be read: {environment['Error'].get('Message')}", DENIED)
    return dict(environment.get("Variables", {}))


def _machines(name: str) -> dict[str, str]:
    pages = clients.stepfunctions().get_paginator("list_state_machines").paginate()
    arns = [machine["stateMachineArn"] for page in pages for machine in page["stateMachines"]]
    there = {arn.partition(_MACHINE)[2]: arn for arn in arns}
    return {workflow: there[f"{name}-{workflow}"] for workflow in WORKFLOWS if f"{name}-{workflow}" in there}


def _only() -> str:
    names = sorted(set(names_here()))
    if not names:
        raise not_found("No deployment of the module is here: look in another region or account.")
    if len(names) > 1:
        raise OperatorError(f"Which deployment? Name one with --name: {', '.join(names)}.", USAGE)
    return names[0]


def _others() -> str:
    names = sorted(set(names_here()))
    return f", but {', '.join(names)}" if names else ", nor any other: look in another region or account"


def names_here() -> Iterator[str]:
    """Yield the names of the deployments of this account and region, as often as they have functions."""
    for page in clients.functions().get_paginator("list_functions").paginate():
        for function in page["Functions"]:
            # One that is made of a container image says no handler; not all of a deployment's are.
            module, _, handler = function.get("Handler", "").removesuffix(".handler").rpartition(".")
            ending = f"-{handler.replace('_', '-')}"
            if module == "sfn_callback.handlers" and function["FunctionName"].endswith(ending):
                yield function["FunctionName"].removesuffix(ending)
