"""What MiniStack's policy simulator says, by the context that it is given, as AWS has it.

A condition compares what ``ContextEntries`` say:
https://docs.aws.amazon.com/IAM/latest/APIReference/API_ContextEntry.html. MiniStack reads none, so that what is allowed
on a condition seems to be denied.
"""

from collections.abc import Iterator
from contextvars import ContextVar
from dataclasses import replace as changed
from itertools import count
from typing import Any

from ministack.core import iam_evaluator
from ministack.services import iam

from emulator.patches import replace, theirs

_NONE: dict[str, Any] = {}
_given: ContextVar[dict[str, Any]] = ContextVar("given", default=_NONE)
_extract = theirs(iam, "_extract_simulate_params")
_build = theirs(iam, "_build_simulate_results_real")
_evaluate = theirs(iam_evaluator, "evaluate")


def install() -> None:
    """Replace MiniStack's functions by these."""
    replace(iam, "_extract_simulate_params", _extract_with_context)
    replace(iam, "_build_simulate_results_real", _build_and_forget)
    replace(iam_evaluator, "evaluate", _evaluate_as_given)


def _extract_with_context(p: dict[str, Any]) -> Any:
    entries = [f"ContextEntries.member.{one}." for one in _numbers(p, "ContextEntries.member.{}.ContextKeyName")]
    _given.set({_value(p, f"{entry}ContextKeyName").lower(): _compared(p, entry) for entry in entries})
    return _extract(p)


def _build_and_forget(actions: Any, resource_arn: Any, principal_arn: Any, account_id: Any, policies: Any) -> Any:
    try:
        return _build(actions, resource_arn, principal_arn, account_id, policies)
    finally:
        _given.set(_NONE)


def _evaluate_as_given(ctx: Any, policies: Any, *limits: Any) -> Any:
    return _evaluate(changed(ctx, service_context={**ctx.service_context, **_given.get()}), policies, *limits)


def _compared(p: dict[str, Any], entry: str) -> str | list[str]:
    each = f"{entry}ContextKeyValues.member.{{}}"
    values = [_value(p, each.format(one)) for one in _numbers(p, each)]
    return values if _value(p, f"{entry}ContextKeyType").endswith("List") else values[0]


def _numbers(p: dict[str, Any], member: str) -> Iterator[int]:
    for number in count(1):
        if not _value(p, member.format(number)):
            return
        yield number


def _value(p: dict[str, Any], name: str) -> str:
    given = p.get(name, "")
    return str(given[0] if isinstance(given, list) else given)
