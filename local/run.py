"""One run of the documents workflow as a client sees it: drop, follow, read the result."""

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any

from local.aws import LocalAws

_PAUSE_SECONDS = 0.2
_START_SECONDS = 60


@dataclass(frozen=True)
class Progress:
    """Where an execution is: the state it is in, and its chunks."""

    status: str
    state: str
    chunks: int
    done: int


class Run:
    """An execution that dropping a document has started.

    Args:
        aws: where it runs.
        outputs: the outputs of the root module ``examples/documents``.
    """

    def __init__(self, aws: LocalAws, outputs: dict[str, Any]) -> None:
        self._s3 = aws.client("s3")
        self._machines = aws.client("stepfunctions")
        self._bucket = outputs["bucket"]
        self._machine = outputs["state_machine_arn"]
        self._before = self._executions()
        self.arn = ""

    def drop(self, document: bytes, name: str) -> str:
        """Put the document under ``documents/``; return its key."""
        key = f"documents/{PurePath(name).name}"
        self._s3.put_object(Bucket=self._bucket, Key=key, Body=document)
        return key

    def follow(self) -> Iterator[Progress]:
        """Yield where the execution is, again and again, until it has ended."""
        deadline = time.monotonic() + _START_SECONDS
        while not self.arn:
            if time.monotonic() > deadline:
                raise RuntimeError(
                    f"The document was dropped, but no execution has started in {_START_SECONDS} seconds."
                )
            self.arn = next(iter(self._executions() - self._before), "")
            yield Progress("STARTING", "", 0, 0)
            time.sleep(_PAUSE_SECONDS)
        while True:
            status = self.describe()["status"]
            yield self._progress(status)
            if status != "RUNNING":
                return
            time.sleep(_PAUSE_SECONDS)

    def describe(self) -> dict[str, Any]:
        """Return Step Functions' description of the execution."""
        description: dict[str, Any] = self._machines.describe_execution(executionArn=self.arn)
        return description

    def result(self) -> dict[str, Any]:
        """Return the merged result."""
        where = json.loads(self.describe()["output"])["result"]
        return self._json(where["key"])

    def report(self) -> dict[str, Any] | None:
        """Return the report of the failure branch, if it wrote one: it does not when the execution itself times out."""
        try:
            return self._json(f"failures/{self.arn.rpartition(':')[2]}.json")
        except self._s3.exceptions.NoSuchKey:
            return None

    def phases(self) -> list[tuple[str, float]]:
        """Return the states that the execution went through, with the seconds that it was in each."""
        entered: dict[str, float] = {}
        phases = []
        for event in self._events():
            at = event["timestamp"].timestamp()
            if "stateEnteredEventDetails" in event:
                entered[event["stateEnteredEventDetails"]["name"]] = at
            if "stateExitedEventDetails" in event:
                name = event["stateExitedEventDetails"]["name"]
                phases.append((name, at - entered[name]))
        return phases

    def _executions(self) -> set[str]:
        pages = self._machines.get_paginator("list_executions").paginate(stateMachineArn=self._machine)
        return {execution["executionArn"] for page in pages for execution in page["executions"]}

    def _progress(self, status: str) -> Progress:
        states = [
            event["stateEnteredEventDetails"]["name"] for event in self._events() if "stateEnteredEventDetails" in event
        ]
        return Progress(status, states[-1] if states else "", self._count("chunks/"), self._count("results/"))

    def _events(self) -> list[dict[str, Any]]:
        pages = self._machines.get_paginator("get_execution_history").paginate(executionArn=self.arn)
        return [event for page in pages for event in page["events"]]

    def _count(self, prefix: str) -> int:
        pages = self._s3.get_paginator("list_objects_v2").paginate(Bucket=self._bucket, Prefix=prefix)
        return sum(page["KeyCount"] for page in pages)

    def _json(self, key: str) -> dict[str, Any]:
        content: dict[str, Any] = json.load(self._s3.get_object(Bucket=self._bucket, Key=key)["Body"])
        return content
