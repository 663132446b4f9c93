"""Starting executions: by uploading a document, by naming one in a bucket, or with an input."""

import json
import mimetypes
import shlex
import time
from datetime import UTC, datetime
from itertools import islice, takewhile
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from sfn_callback import layout
from sfn_callback.aws import clients, uploads
from sfn_callback.documents import events
from sfn_callback.documents import workflow as documents
from sfn_callback.documents.events import DocumentAt, Drop
from sfn_callback.errors import InputInvalid
from sfn_callback_operator.actions import document_options
from sfn_callback_operator.deployment import Deployment
from sfn_callback_operator.errors import UNWELL, USAGE, OperatorError
from sfn_callback_operator.jobs import executions
from sfn_callback_operator.jobs.executions import Execution
from sfn_callback_operator.jobs.poll_timer import PollTimer

_PATIENCE_SECONDS = 60
_LOOKED_AT = 20
_ASKED_ABOUT = 100


def upload(deployment: Deployment, path: Path, key: str | None, options: dict[str, str]) -> DocumentAt:
    """Upload a file under ``documents/``, with its options; the bucket notifies the start function's queue.

    Raises:
        OperatorError: the options are too large for S3, or for a chunk.
    """
    from s3transfer.manager import TransferManager

    place = f"{layout.documents()}{key or path.name}"
    kind = mimetypes.guess_type(path.name)[0]
    user_metadata = document_options.checked(DocumentAt(deployment.settings.bucket, place), options)
    extra_args: dict[str, Any] = {"ContentType": kind, "Metadata": user_metadata}
    extra_args = {name: value for name, value in extra_args.items() if value}
    extra_args |= uploads.encryption(deployment.settings.bucket_key_arn)
    with TransferManager(clients.s3()) as transfers:
        transfers.upload(str(path), deployment.settings.bucket, place, extra_args=extra_args).result()
    version = clients.s3().head_object(Bucket=deployment.settings.bucket, Key=place).get("VersionId")
    return DocumentAt(deployment.settings.bucket, place, version)


def workflow_of(deployment: Deployment, size: int) -> str:
    """Return the workflow for a document of so many bytes, as the function ``start`` chooses it."""
    in_parts = "parts" in deployment.machines and size > deployment.settings.parts_over_bytes
    return "parts" if in_parts else "documents"


def workflow_at(deployment: Deployment, at: DocumentAt) -> str:
    """Return the workflow for an object; an unreadable one is split in one piece, or fails."""
    if "parts" not in deployment.machines:
        return "documents"
    try:
        return workflow_of(deployment, clients.s3().head_object(Bucket=at.bucket, Key=at.key)["ContentLength"])
    except ClientError:
        return "documents"


def workflow_for(deployment: Deployment, content: Any) -> str:
    """Return the workflow that takes an execution input that names a document, as :func:`workflow_at`."""
    try:
        return workflow_at(deployment, events.document(content))
    except InputInvalid:
        return "documents"


def begun_by(deployment: Deployment, at: DocumentAt, workflow: str, patience: PollTimer) -> Execution:
    """Wait for the execution of that workflow that an uploaded document starts.

    Raises:
        OperatorError: none has started within a minute, or within the time limit.
    """
    deadline, dropped, seen = time.monotonic() + _PATIENCE_SECONDS, datetime.now(UTC), set[str]()
    while time.monotonic() < deadline:
        if begun := _begun_since(deployment, at, workflow, dropped - executions.SKEW, seen):
            return begun
        patience.pause(f"It is uploaded: s3://{at.bucket}/{at.key}")
    raise OperatorError(
        f"s3://{at.bucket}/{at.key} is there, but no execution has started in {_PATIENCE_SECONDS} seconds."
        " `sfn-callback doctor` says what is wrong, or how many wait to be started: then it starts by"
        " itself, and starting it yourself runs it twice. To start it anyway:"
        f" sfn-callback start {shlex.quote(f's3://{at.bucket}/{at.key}')}",
        UNWELL,
    )


def _begun_since(
    deployment: Deployment, at: DocumentAt, workflow: str, since: datetime, seen: set[str]
) -> Execution | None:
    """Return the execution of a document, if it has started; each candidate is checked once.

    It is named after its document. The newest others are checked, too: the start function may have another version.
    """
    begun = list(takewhile(lambda execution: execution.started >= since, executions.wholes(deployment, workflow)))
    begins = f"{documents.execution_name(Drop(at, '')).rpartition('-')[0]}-"
    named = [execution for execution in begun if execution.name.startswith(begins)]
    # A check is bounded, however many documents have one name: the next check takes the rest.
    candidates = (execution for execution in (*named, *begun[:_LOOKED_AT]) if execution.arn not in seen)
    for execution in islice(candidates, _ASKED_ABOUT):
        seen.add(execution.arn)
        _, description = executions.described(execution.arn, execution.workflow)
        if json.loads(description.get("input") or "null") == at.as_input():
            return execution
    return None


def begin(deployment: Deployment, workflow: str, given: Any) -> Execution:
    """Start an execution with that input."""
    machine = machine_of(deployment, workflow)
    started = clients.stepfunctions().start_execution(stateMachineArn=machine, input=json.dumps(given))
    execution, _ = executions.described(started["executionArn"], workflow)
    return execution


def machine_of(deployment: Deployment, workflow: str) -> str:
    """Return a workflow's machine.

    Raises:
        OperatorError: the deployment does not have it.
    """
    if workflow not in deployment.machines:
        there = ", ".join(deployment.machines) or "none"
        raise OperatorError(f"{deployment.name} has no workflow {workflow}; it has {there}.", USAGE)
    return deployment.machines[workflow]


def only(deployment: Deployment, question: str) -> str:
    """Return the only workflow of a deployment, of which ``documents`` has ``parts`` for large ones.

    Raises:
        OperatorError: there are several, or none; the message lists them.
    """
    workflows = [workflow for workflow in deployment.machines if workflow != "parts"]
    if len(workflows) != 1:
        there = ", ".join(deployment.machines) or "none is here"
        raise OperatorError(f"{question}: {there}.", USAGE)
    return workflows[0]
