"""An instance of the module on the local AWS, from outside."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from emulator.aws import LocalAws
from emulator.state_machine import Execution, Machine
from proof.chaos import ledger
from proof.chaos.outcomes import World
from proof.chaos.texts import Text

ATTEMPT_FAILED = "attempt_failed"
"""As the package's ``LogEvent`` has it, which is not to be imported here."""
_SOON_SECONDS = 10


@dataclass(frozen=True)
class Place:
    """An instance of the module: its name and its outputs."""

    aws: LocalAws
    name: str
    outputs: dict[str, Any]

    @property
    def bucket(self) -> str:
        """Its bucket's name."""
        return str(self.outputs["bucket"])

    @property
    def machine(self) -> str:
        """Its state machine's ARN."""
        return str(self.outputs["state_machine_arns"]["documents"])

    @cached_property
    def s3(self) -> Any:
        """A client of S3."""
        return self.aws.client("s3")

    def drop(self, text: Text) -> None:
        """Drop a document."""
        self.s3.put_object(Bucket=self.bucket, Key=f"documents/{text.name}", Body=text.body)

    def executions(self) -> dict[str, Execution]:
        """Return its executions by their ARNs."""
        return Machine(self.aws, self.machine).executions()

    def running(self) -> int:
        """Return how many of its executions run."""
        pages = self.aws.client("stepfunctions").get_paginator("list_executions")
        results = pages.paginate(stateMachineArn=self.machine, statusFilter="RUNNING")
        return sum(len(page["executions"]) for page in results)

    @contextmanager
    def impatient(self) -> Iterator[None]:
        """Have a document whose start was killed be received again soon: a run would mostly wait for that."""
        sqs, url = self.aws.client("sqs"), self._queue("starts")
        name = "VisibilityTimeout"
        before = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=[name])["Attributes"][name]
        sqs.set_queue_attributes(QueueUrl=url, Attributes={name: str(_SOON_SECONDS)})
        try:
            yield
        finally:
            sqs.set_queue_attributes(QueueUrl=url, Attributes={name: before})

    def not_started(self) -> int:
        """Return how many documents wait for their start, or are being started."""
        return self._messages("starts", "ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible")

    def world(self) -> World:
        """Return what is there."""
        pages = self.aws.client("dynamodb").get_paginator("scan").paginate(TableName=self.outputs["table"])
        fanins = ledger.fan_ins(item for page in pages for item in page["Items"])
        listed = self.s3.get_paginator("list_objects_v2").paginate(Bucket=self.bucket)
        objects = {entry["Key"] for page in listed for entry in page.get("Contents", ())}
        return World(fanins, objects, self._bodies("merged/", objects), self._bodies("failures/", objects))

    def undelivered(self) -> int:
        """Return how many events were given up: they are in the queue of what could not be delivered at all."""
        return self._messages("undelivered", "ApproximateNumberOfMessages")

    def first_attempts_failed(self) -> int:
        """Return how many attempts have failed as ``!once`` has them fail, by the processor's log."""
        pages = self.aws.client("logs").get_paginator("filter_log_events")
        wanted = f'"{ATTEMPT_FAILED}"'
        results = pages.paginate(logGroupName=self.outputs["log_group_names"]["process"], filterPattern=wanted)
        lines = [line for page in results for event in page["events"] for line in event["message"].splitlines()]
        return sum(wanted in line and '"RuntimeError"' in line for line in lines)

    def _messages(self, queue: str, *which: str) -> int:
        sqs, url = self.aws.client("sqs"), self._queue(queue)
        attributes = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=list(which))["Attributes"]
        return sum(int(attributes[name]) for name in which)

    def _queue(self, name: str) -> str:
        return str(self.aws.client("sqs").get_queue_url(QueueName=f"{self.name}-{name}")["QueueUrl"])

    def _bodies(self, prefix: str, objects: set[str]) -> dict[str, bytes]:
        keys = [key for key in objects if key.startswith(prefix)]
        return {key: self.s3.get_object(Bucket=self.bucket, Key=key)["Body"].read() for key in keys}
