"""Documents as the command line names them, and the newest executions that split some."""

import heapq
import json
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any

from sfn_callback import layout
from sfn_callback.documents.events import DocumentAt
from sfn_callback_operator.deployment import Deployment
from sfn_callback_operator.errors import USAGE, OperatorError
from sfn_callback_operator.jobs import executions
from sfn_callback_operator.jobs.executions import Execution

_LOOKED_AT = 20


def is_named(name: str) -> bool:
    """Return whether this is an ``s3://`` URL or a key under ``documents/``, with the bucket's prefix or without."""
    return name.startswith(("s3://", layout.documents(), layout.DOCUMENTS))


def named(deployment: Deployment, name: str, options: Mapping[str, Any] | None = None) -> DocumentAt:
    """Return the document of an ``s3://`` URL or a key; the key may omit ``documents/`` and the bucket's prefix.

    Raises:
        OperatorError: it does not name a document.
    """
    bucket, _, key = name.removeprefix("s3://").partition("/")
    place = (bucket, key) if name.startswith("s3://") else (deployment.settings.bucket, _key(name))
    at = DocumentAt(*place, options=options or {})
    if not at.bucket or at.key in ("", layout.documents()):
        raise OperatorError(f"{name} is not a document's name or URL.", USAGE)
    return at


def _key(name: str) -> str:
    folder = layout.documents()
    return name if name.startswith(folder) else f"{folder}{name.removeprefix(layout.DOCUMENTS)}"


def latest(deployment: Deployment) -> Iterator[tuple[Execution, Any]]:
    """Yield the newest executions that have a document, with their inputs."""
    there = [workflow for workflow in ("documents", "parts") if workflow in deployment.machines]
    each = [executions.wholes(deployment, workflow) for workflow in there]
    for one in islice(heapq.merge(*each, key=lambda one: one.started, reverse=True), _LOOKED_AT):
        _, said = executions.described(one.arn, one.workflow)
        yield one, json.loads(said.get("input") or "null")
