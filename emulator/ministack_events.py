"""What MiniStack's services may send to whom, as AWS decides it.

- A queue that is a rule's target takes an event only where its policy lets EventBridge send for that rule:
  https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-use-resource-based.html#eb-sqs-permissions. MiniStack asks
  nobody.
- A service says of itself that it is one, and comes by TLS, so that a policy which refuses other accounts and plain
  HTTP lets it in:
  https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html#condition-keys-principalisawsservice.
  MiniStack's services do not say so.
"""

import logging
from dataclasses import replace as changed
from typing import Any

from ministack.core import iam_evaluator
from ministack.services import eventbridge, sqs

from emulator.patches import replace, theirs

_invoke = theirs(eventbridge, "_invoke_target")
_evaluate = theirs(iam_evaluator, "evaluate_resource_policy")
_allows = theirs(sqs, "queue_policy_allows")
_log = logging.getLogger(__name__)


def install() -> None:
    """Replace MiniStack's functions by these."""
    replace(eventbridge, "_invoke_target", _invoke_if_allowed)
    replace(iam_evaluator, "evaluate_resource_policy", _evaluate_as_told)


def _invoke_if_allowed(target: dict[str, Any], event: dict[str, Any], rule: dict[str, Any], view: Any = None) -> None:
    queue, by = target.get("Arn", ""), rule.get("Arn", "")
    account = by.split(":")[4] if by else ""
    if queue.startswith("arn:aws:sqs:") and not _allows(queue, "events.amazonaws.com", by, account):
        _log.warning("EventBridge may not send to %s for %s", queue, by)
        return
    _invoke(target, event, rule, view)


def _evaluate_as_told(
    doc: Any, ctx: Any, service: str | None = None, named_only: bool = False, direct_only: bool = False
) -> Any:
    if service:
        context = {"aws:principalisawsservice": "true", **ctx.service_context}
        ctx = changed(ctx, service_context=context, secure_transport=True)
    return _evaluate(doc, ctx, service, named_only, direct_only)
