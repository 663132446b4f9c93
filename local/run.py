"""One run of the documents workflow as a client sees it: drop, follow, read the result."""

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any

from local.aws import LocalAws
from local.execution import Execution, Machine, Seen, follow

_PAUSE_SECONDS = 0.2
_START_SECONDS = 60


@dataclass(frozen=True)
class Progress:
    """Where an execution is, and its chunks."""

    execution: Seen
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
        self._bucket = outputs["bucket"]
        self._machine = Machine(aws, outputs["state_machine_arn"])
        self._before = set(self._machine.executions())

    def drop(self, document: bytes, name: str) -> str:
        """Put the document under ``documents/``; return its key."""
        key = f"documents/{PurePath(name).name}"
        self._s3.put_object(Bucket=self._bucket, Key=key, Body=document)
        return key

    def started(self) -> Execution:
        """Wait for the execution that the dropped document starts.

        Raises:
            RuntimeError: none has started within a minute.
        """
        deadline = time.monotonic() + _START_SECONDS
        while time.monotonic() < deadline:
            for arn, execution in self._machine.executions().items():
                if arn not in self._before:
                    return execution
            time.sleep(_PAUSE_SECONDS)
        raise RuntimeError(f"The document was dropped, but no execution has started in {_START_SECONDS} seconds.")

    def follow(self, execution: Execution) -> Iterator[Progress]:
        """Yield where the execution is, again and again, until it has ended."""
        for (seen,) in follow([execution]):
            yield Progress(seen, self._count("chunks/"), self._count("results/"))

    def result(self, output: dict[str, Any]) -> dict[str, Any]:
        """Return the merged result of an execution with that output."""
        return self._json(output["result"]["key"])

    def report(self, execution: Execution) -> dict[str, Any] | None:
        """Return the report of the failure branch, if it wrote one: it does not when the execution itself times out."""
        try:
            return self._json(f"failures/{execution.name}.json")
        except self._s3.exceptions.NoSuchKey:
            return None

    def _count(self, prefix: str) -> int:
        pages = self._s3.get_paginator("list_objects_v2").paginate(Bucket=self._bucket, Prefix=prefix)
        return sum(page["KeyCount"] for page in pages)

    def _json(self, key: str) -> dict[str, Any]:
        content: dict[str, Any] = json.load(self._s3.get_object(Bucket=self._bucket, Key=key)["Body"])
        return content
