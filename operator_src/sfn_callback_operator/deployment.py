"""A deployment of the module: found by its name, known by what its functions were told."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any, NotRequired, TypedDict

from sfn_callback import settings
from sfn_callback.aws import clients
from sfn_callback.aws.durable_executions import is_durable
from sfn_callback.settings import Settings
from sfn_callback_operator import aws
from sfn_callback_operator.errors import DENIED, USAGE, OperatorError, not_found, unless_absent

KNOWN_BY = {
    "documents": "process",
    "parts": "cut",
    "direct": "direct_worker",
    "queue": "queue_worker",
    "topic": "topic_worker",
    "approval": "ask",
}
"""A handler that each workflow has: by its function a deployment is found, and says which others there are."""
WORKFLOWS = tuple(KNOWN_BY)
_MACHINE = ":stateMachine:"


class Event(TypedDict):
    """What a function hears: from a ``service``, ``to`` it or a queue, of objects below a ``prefix``, by a ``rule``."""

    service: str
    to: str
    prefix: NotRequired[str]
    rule: NotRequired[str | None]


class Manifest(TypedDict):
    """What the module says of a function, and of the others: ``manifest.tf`` writes it, and describes each field."""

    handlers: Mapping[str, list[str]]
    durable: NotRequired[list[str]]
    dead_letters: list[str]
    events: list[Event]
    queues: list[str]
    on_failure: str | None
    may: list[tuple[list[str], list[str]]]
    context: Mapping[str, str | list[str]]


@dataclass(frozen=True)
class Deployment:
    """One instance of the module. ``machines`` are the ARNs of its state machines by workflow.

    ``timeout_seconds`` is the one of the function by which it is known: of ``process``, where it splits documents.
    ``manifest`` is that function's, ``None`` where it was applied before there were any.
    """

    name: str
    settings: Settings
    machines: Mapping[str, str]
    timeout_seconds: int = 0
    manifest: Manifest | None = None

    def function(self, handler: str) -> str:
        """Return the name of the handler's function."""
        return f"{self.name}{_ending(handler)}"

    def invoked(self, handler: str) -> str:
        """Return what is invoked: an alias of the function."""
        _, colon, alias = self.settings.process_function.partition(":")
        return f"{self.function(handler)}{colon}{alias}"

    def queue(self, name: str) -> str:
        """Return the name of a queue."""
        return f"{self.name}-{name}"

    def owns(self, execution: str) -> bool:
        """Whether the execution of that ARN is of one of its machines, in its account and region.

        Or of a durable function that may wait for what it does.
        """
        if is_durable(execution):
            return self._serves(execution)
        return execution.replace(":execution:", _MACHINE).rpartition(":")[0] in self.machines.values()

    @property
    def place(self) -> str:
        """Which deployment this is, for a question: its name, its account and its region."""
        _, _, _, region, account, *_ = next(iter(self.machines.values()), ":" * 5).split(":")
        return f"{self.name} in account {account}, region {region}"

    def _serves(self, execution: str) -> bool:
        _, _, _, region, account, *_ = next(iter(self.machines.values()), ":" * 5).split(":")
        functions = self.manifest.get("durable", []) if self.manifest else []
        return any(f":lambda:{region}:{account}:function:{one}:" in execution for one in functions)

    def handlers(self, workflow: str | None = None) -> list[str]:
        """Return the handlers of a workflow, or all; without a manifest all whose functions are there, images apart."""
        if self.manifest is None:
            return sorted({handler for name, handler in _functions_here() if name == self.name})
        of = self.manifest["handlers"]
        return of.get(workflow, []) if workflow else sorted({handler for several in of.values() for handler in several})

    @cached_property
    def functions(self) -> dict[str, dict[str, str]]:
        """The environments of its functions that are there, by handler."""
        there = {one["FunctionName"]: one for one in _listed()}
        names = {handler: self.function(handler) for handler in self.handlers()}
        return {handler: _told(name, there[name]) for handler, name in names.items() if name in there}

    @cached_property
    def manifests(self) -> dict[str, Manifest]:
        """What its functions say of themselves, by handler; those that say nothing are left out."""
        told = {handler: _manifest(environment) for handler, environment in self.functions.items()}
        return {handler: manifest for handler, manifest in told.items() if manifest}


def load(name: str | None) -> Deployment:
    """Return the deployment of that name, or the only one there is; its settings are this process's from now on."""
    instance = name or _only()
    environment, timeout_seconds = _configuration(instance)
    aws.apply_settings(environment)
    return Deployment(instance, settings.current(), _machines(instance), timeout_seconds, _manifest(environment))


def _configuration(name: str) -> tuple[dict[str, str], int]:
    """Return a function's environment, and its timeout."""
    for handler in KNOWN_BY.values():
        function = f"{name}{_ending(handler)}"
        configuration = unless_absent(partial(clients.functions().get_function_configuration, FunctionName=function))
        if configuration:
            return _told(function, configuration), configuration.get("Timeout", 0)
    raise not_found(f"There is no deployment {name!r} here{_others()}.")


def _manifest(environment: Mapping[str, str]) -> Manifest | None:
    manifest: Manifest | None = json.loads(environment.get("SFN_CALLBACK_MANIFEST", "null"))
    return manifest


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
        raise not_found("There is no deployment of the module here: try another region or account.")
    if len(names) > 1:
        raise OperatorError(f"Which deployment? Name one with --name: {', '.join(names)}.", USAGE)
    return names[0]


def _others() -> str:
    names = sorted(set(names_here()))
    return f", but {', '.join(names)}" if names else ", nor any other: try another region or account"


def names_here() -> Iterator[str]:
    """Yield the names of the deployments of this account and region, as often as they have functions."""
    return (name for name, _ in _functions_here())


def _functions_here() -> Iterator[tuple[str, str]]:
    """Yield the deployments' names and handlers of all functions of the module."""
    for function in _listed():
        # A function from a container image names no handler; not all functions of a deployment are from one.
        module, _, handler = function.get("Handler", "").removesuffix(".handler").rpartition(".")
        if module == "sfn_callback.handlers" and function["FunctionName"].endswith(_ending(handler)):
            yield function["FunctionName"].removesuffix(_ending(handler)), handler


def _ending(handler: str) -> str:
    return f"-{handler.replace('_', '-')}"


def _listed() -> Iterator[Any]:
    for page in clients.functions().get_paginator("list_functions").paginate():
        yield from page["Functions"]
