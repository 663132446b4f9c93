"""The instance whose documents and approvals a durable function waits for."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

import pytest

from emulator import function_url_proxy
from tests.e2e.conftest import Stack, wait_for
from tests.e2e.support.approvals import Approvals, Asked, reached
from tests.e2e.support.faults import unable


@dataclass(frozen=True)
class Ended:
    """How a durable execution has ended: its result, or its error's type."""

    status: str
    result: Any


class Durable(Approvals):
    """The instance, with its durable function."""

    @property
    def function(self) -> str:
        """Its ARN, by its alias."""
        return str(self.outputs["durable_function"])

    def starts(self, do: str, **given: Any) -> str:
        """Begin an execution by an event; return its ARN."""
        payload = json.dumps({"do": do, **given})
        answer = self.functions.invoke(FunctionName=self.function, InvocationType="Event", Payload=payload)
        return str(answer["DurableExecutionArn"])

    def drops(self, key: str, body: bytes) -> str:
        """Drop a document under ``durable/``, whose key no other test uses; return the ARN of its execution."""
        self.s3.put_object(Bucket=self.bucket, Key=key, Body=body)
        return wait_for(lambda: next(iter(self.begun_by(key)), None))

    def begun_by(self, key: str) -> list[str]:
        """Return the executions of a document."""
        arn, _, alias = self.function.rpartition(":")
        version = self.functions.get_alias(FunctionName=arn, Name=alias)["FunctionVersion"]
        listed = self.functions.list_durable_executions_by_function(FunctionName=arn, Qualifier=version, MaxItems=1000)[
            "DurableExecutions"
        ]
        arns = [one["DurableExecutionArn"] for one in listed]
        return [one for one in arns if f'"{key}"' in self.now(one)["InputPayload"]]

    def now(self, execution: str) -> dict[str, Any]:
        """Return what an execution is like."""
        seen: dict[str, Any] = self.functions.get_durable_execution(DurableExecutionArn=execution)
        return seen

    def comes_to(self, execution: str) -> Ended:
        """Wait for an execution's end."""
        seen = wait_for(lambda: one if (one := self.now(execution))["Status"] != "RUNNING" else None)
        if seen["Status"] == "SUCCEEDED":
            return Ended("SUCCEEDED", json.loads(seen["Result"]))
        return Ended(seen["Status"], seen["Error"].get("ErrorType"))

    def happened(self, execution: str, kind: str) -> list[dict[str, Any]]:
        """Return the events of a kind in an execution's history."""
        pages = self.functions.get_paginator("get_durable_execution_history").paginate(
            DurableExecutionArn=execution, IncludeExecutionData=True
        )
        return [event for page in pages for event in page["Events"] if event["EventType"] == kind]

    def callbacks(self, execution: str) -> list[str]:
        """Return the ids of its callbacks, in their order."""
        return [event["CallbackStartedDetails"]["CallbackId"] for event in self.happened(execution, "CallbackStarted")]

    def waits_under(self, execution: str) -> str:
        """Wait for an execution's first callback; return its id."""
        return wait_for(lambda: next(iter(self.callbacks(execution)), None))

    def asks(self, question: str, **more: Any) -> Asked:
        """Begin an execution that asks, with words that no other test uses, and wait for its mail."""
        return self.asked(self.starts("question", asked={"question": question, **more}), question)


@dataclass(frozen=True)
class Refused:
    """An execution whose decision the page has saved, and could not deliver, and what it has answered."""

    arn: str
    status: int
    page: bytes


@cache
def undelivered(stack: Stack) -> Refused:
    """Reject on a page that may resume nothing: once in a process, because only a reminder delivers it."""
    with reached(stack, "durable") as approvals:
        asked = approvals.ask("Decide this while the page may not resume")
        with unable(stack, approvals, "page", to="Resume"):
            refused = asked.press("reject", comment="no")
    return Refused(asked.arn, refused.status, refused.data)


@pytest.fixture(scope="module")
def durable(stack: Stack) -> Iterator[Durable]:
    """The instance of the example `durable-function`."""
    outputs = stack.instances["durable"].outputs
    with function_url_proxy.served(stack.local, outputs["page_url"]) as page:
        instance = Durable(stack.local, outputs, page)
        yield instance
        instance.mailbox.close()
