"""A durable function's question to people, and its wait for the answer: the steps of ``states/approval.asl.json``."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

from aws_durable_execution_sdk_python import CallbackTimeoutError, DurableContext, DurableOperationError

from sfn_callback import timestamps
from sfn_callback.approvals.decision import TIMED_OUT
from sfn_callback.durable import operations
from sfn_callback.durable.failures import CallbackFailed


def ask(  # noqa: PLR0913 - what an approval's request has, by its names
    context: DurableContext,
    question: str,
    *,
    details: str = "",
    requester: str = "",
    actions: Sequence[Mapping[str, Any]] | None = None,
    default: str | None = None,
    webhook: Mapping[str, Any] | None = None,
    name: str = "decision",
) -> Any:
    """Ask people on the module's page, or a program by its webhook; remind them, and wait for the decision.

    Deadline and reminders are the settings in the module's ``approval``, as for its state machine.

    Args:
        context: the durable function's context.
        question: the question, in one line.
        details: further details, at most 10,000 characters.
        requester: who asks.
        actions: the buttons (:mod:`sfn_callback.approvals.request`); by default approve and reject.
        default: the action to take at the deadline.
        webhook: lets a program answer with JSON.
        name: the prefix of the operations' names; a different one for each question of an execution.

    Returns:
        ``{"action": "approve", "comment": …, "decider": …, "time": …, "timed_out": false, …}``; for a webhook, its
        body.

    Raises:
        CallbackFailed: with an action's error, such as ``Rejected``; ``ApprovalTimedOut`` if nobody decided in time.
        SettingsInvalid: the function lacks the module's environment.
    """
    module = operations.module("ask", "approval")
    optional = {"details": details, "requester": requester, "actions": actions, "default": default, "webhook": webhook}
    asked = {
        "approval": {"subject": question} | {field: one for field, one in optional.items() if one not in ("", None)},
        "execution": context.execution_context.durable_execution_arn,
        "state": name,
        "entered": context.step(lambda _: timestamps.now(), f"{name}-asked"),
        "timeout_seconds": module["timeout_seconds"],
        "remind_seconds": module["remind_seconds"],
    }

    try:
        return _decided(context, module["ask"], asked)
    except DurableOperationError as error:
        raise CallbackFailed.of(error) from None


def _decided(context: DurableContext, function: str, asked: Mapping[str, Any]) -> Any:
    """Ask, and ask again after each wait that ends without a decision.

    Raises:
        DurableOperationError: the decision is a failure, or the question could not be asked.
    """
    name, seconds = asked["state"], asked["remind_seconds"]

    def hand_over(token: str, label: str) -> None:
        operations.invoke(context, function, {**asked, "token": token}, label)

    # One more than there are waits: it finds the deadline passed.
    for attempt in range(math.ceil(asked["timeout_seconds"] / seconds) + 1):
        try:
            return operations.wait(context, seconds, hand_over, f"{name}-{attempt + 1}")
        except CallbackTimeoutError:
            continue
    raise CallbackFailed(TIMED_OUT, "Nobody decided in time.")
