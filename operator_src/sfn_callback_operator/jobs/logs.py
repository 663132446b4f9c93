"""What the functions of a deployment logged about one job, execution or approval, in order of time."""

import heapq
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import islice
from typing import Any

from botocore.exceptions import ClientError

from sfn_callback import log
from sfn_callback.aws import clients
from sfn_callback.log_events import LogEvent
from sfn_callback_operator import aws
from sfn_callback_operator.deployment import Deployment
from sfn_callback_operator.errors import unless_absent
from sfn_callback_operator.jobs import approvals
from sfn_callback_operator.jobs.targets import Target

_LONGEST_PATTERN = 1024
"""https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_FilterLogEvents.html"""
_PAGES = 5
"""Of the log that are read for what was handed on."""
_ABSENT = ("ResourceNotFoundException", "AccessDeniedException")


@dataclass(frozen=True, slots=True)
class Line:
    """A line: its time, handler, level, sentence and code, and its other fields."""

    at: datetime
    handler: str
    level: str
    message: str
    event: str | None
    fields: Mapping[str, Any] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """Return it for a program."""
        known = {"at": self.at, "function": self.handler, "level": self.level, "event": self.event}
        return {**known, "message": self.message, **self.fields}


def of(deployment: Deployment, meant: Target, since: datetime, until: datetime) -> Iterator[Line]:
    """Yield the lines that name a target, each function's read page by page."""
    names = list(_names(meant))
    workflow = "approval"
    if meant.execution and not meant.approval:
        workflow = "documents" if meant.execution.function else meant.execution.workflow
    workflows = [workflow, "documents"] if meant.position.whole else [workflow]
    handlers = dict.fromkeys(one for each in workflows for one in deployment.handlers(each))
    each = [_lines(one, deployment.invoked(one), names, since, until) for one in handlers]
    return heapq.merge(*each, key=lambda line: line.at)


def texts(function: str, names: Iterable[str], since: datetime, until: datetime) -> Iterator[str]:
    """Yield the lines of a function's log that contain one of the names; none if the log does not exist."""
    names = list(names)
    # https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html
    pattern = " ".join(f'?"{name}"' for name in names)
    # An execution that asks in a Map has too many names for a pattern: all lines are read then.
    messages = _filtered(function, pattern if len(pattern) <= _LONGEST_PATTERN else "", since, until)
    # A pattern finds words, so that a name within a longer one is found too, and an emulator may find all.
    return (message for message in messages if any(name in message for name in names))


def handed_on(deployment: Deployment, job: str, since: datetime) -> frozenset[int]:
    """Return which chunks of a job were handed on, according to a few pages of the log of ``process``."""
    event, function = LogEvent.CHUNK_PENDING, deployment.invoked("process")
    # https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html; an emulator may find all.
    pattern = f'{{ $.event = "{event}" && $.job = "{job}" }}'
    lines = (_line("process", one) for one in _filtered(function, pattern, since, datetime.now(UTC), _PAGES))
    return frozenset(one.fields["chunk"] for one in lines if one and (one.event, one.fields.get("job")) == (event, job))


def _filtered(function: str, pattern: str, since: datetime, until: datetime, most: int | None = None) -> Iterator[str]:
    """Yield a function's log lines, of at most so many pages; none if the log does not exist."""
    group = _group(function)
    if group is None:
        return
    pages = (
        aws.client("logs")
        .get_paginator("filter_log_events")
        .paginate(
            logGroupName=group,
            startTime=int(since.timestamp() * 1000),
            endTime=int(until.timestamp() * 1000),
            filterPattern=pattern,
        )
    )
    try:
        for page in islice(pages, most):
            yield from (event["message"] for event in page["events"])
    except ClientError as error:
        if error.response["Error"]["Code"] not in _ABSENT:
            raise


def _group(function: str) -> str | None:
    # A handler that is switched off has no function.
    configuration = unless_absent(lambda: clients.functions().get_function_configuration(FunctionName=function))
    if configuration is None:
        return None
    named: str | None = configuration.get("LoggingConfig", {}).get("LogGroup")
    return named or f"/aws/lambda/{configuration['FunctionName']}"


def _names(meant: Target) -> Iterator[str]:
    """Yield its names in log lines; tokens by their fingerprints."""
    if meant.approval:
        yield meant.approval.mark
    elif meant.execution and meant.execution.workflow == "approval":
        yield from approvals.marks_of(meant.execution.arn)
    if meant.position.job:
        yield meant.position.job.job
    if meant.position.whole:
        yield meant.position.whole.parent
    if meant.execution:
        yield meant.execution.name
    if meant.position.token:
        yield log.fingerprint(meant.position.token)


def _lines(handler: str, function: str, names: list[str], since: datetime, until: datetime) -> Iterator[Line]:
    lines = (line for text in texts(function, names, since, until) if (line := _line(handler, text)))
    yield from sorted(lines, key=lambda line: line.at)


def _line(handler: str, text: str) -> Line | None:
    try:
        fields = json.loads(text)
        at, level, message = (fields.pop(name) for name in ("timestamp", "level", "message"))
        return Line(datetime.fromisoformat(at), handler, level, message, fields.pop("event", None), fields)
    except (ValueError, TypeError, KeyError, AttributeError):
        # Lambda's own, or what a workload has printed.
        return None
