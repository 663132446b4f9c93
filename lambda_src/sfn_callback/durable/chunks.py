"""A durable function's wait for a document's chunks: the steps of ``states/documents.asl.json``, in its order."""

from collections.abc import Mapping
from typing import Any

from aws_durable_execution_sdk_python import CallbackTimeoutError, DurableContext, DurableOperationError, InvokeError

from sfn_callback.durable import operations
from sfn_callback.durable.failures import CallbackFailed


def wait_for_chunks(  # noqa: PLR0913 - what a machine's input has, by its names
    context: DurableContext,
    bucket: str,
    key: str,
    *,
    version: str | None = None,
    options: Mapping[str, Any] | None = None,
    name: str = "chunks",
) -> dict[str, Any]:
    """Split a document, process its chunks, wait for all of them, and merge their results.

    Rounds, their timeout and the tolerance are the module's settings, as for its state machine.

    Args:
        context: the durable function's context.
        bucket: the module's bucket.
        key: the document's key, under ``durable/``: a document uploaded under ``documents/`` starts the state machine.
        version: the document's version id, if its bucket keeps versions.
        options: the options for ``split``, ``process`` and ``merge``, at most 1,024 bytes of JSON.
        name: the prefix of the operations' names; a different one for each document of an execution.

    Returns:
        ``{"job": …, "chunks": 243, "failed": 0, "result": {"bucket": …, "key": "merged/…"}}``.

    Raises:
        CallbackFailed: with ``ChunksFailed``, or the error of a failed step; its report is under ``failures/``.
        SettingsInvalid: the function lacks the module's environment.
    """
    document = {"bucket": bucket, "key": key, "version": version, "options": dict(options or {})}
    return _Document(context, {field: value for field, value in document.items() if value}, name).run()


class _Document:
    """A document in progress; ``state`` is what the machine's state would be."""

    def __init__(self, context: DurableContext, document: dict[str, Any], name: str) -> None:
        self._module = operations.module("split", "documents")
        self._context = context
        self._name = name
        self._execution = context.execution_context.durable_execution_arn
        self._state: dict[str, Any] = {**document}
        self._document = document

    def run(self) -> dict[str, Any]:
        try:
            self._state["split"] = {"job": self._call("split", {"document": self._document})}
            return self._merged()
        except DurableOperationError as error:
            raise self._recorded(CallbackFailed.of(error)) from None

    @property
    def _job(self) -> dict[str, Any]:
        job: dict[str, Any] = self._state["split"]["job"]
        return job

    def _merged(self) -> dict[str, Any]:
        rounds, seconds = self._module["max_rounds"], self._module["round_seconds"]
        for round_ in range(1, rounds + 1):
            try:
                outcomes = operations.wait(self._context, seconds, self._hand_over, f"{self._name}-round-{round_}")
                break
            except CallbackTimeoutError as late:
                if round_ == rounds:
                    return self._merged_late(late)
            self._state["split"] = {"job": self._call("redrive", {"job": self._job}, f"-{round_}")}
        return self._merge(outcomes["failed"])

    def _merged_late(self, late: CallbackTimeoutError) -> dict[str, Any]:
        """Merge the existing results after the last round, if the job tolerates the missing ones."""
        try:
            return self._merge(self._job["tolerated"])
        except InvokeError:
            raise late from None

    def _merge(self, failed: int) -> dict[str, Any]:
        merged: dict[str, Any] = self._call("merge", {"job": self._job, "failed": failed})
        return merged

    def _hand_over(self, token: str, label: str) -> None:
        wait = {"fanin": self._job["fanin"], "token": token, "execution": self._execution}
        operations.invoke(self._context, self._module["await_chunks"], wait, label)

    def _recorded(self, failed: CallbackFailed) -> CallbackFailed:
        """Write the report of a failure; return the failure, with the report's place if it could be written."""
        caught = {"Error": failed.error, "Cause": failed.cause}
        # The execution's name: …:function:NAME:VERSION/durable-execution/EXECUTION/ID
        event = {"execution": self._execution.split("/")[-2], "state": {**self._state, "failure": caught}}
        try:
            told = self._call("record_failure", event)
        except InvokeError:
            return failed
        return CallbackFailed(told["Error"], told["Cause"], told["Report"])

    def _call(self, function: str, payload: Mapping[str, Any], mark: str = "") -> Any:
        label = f"{self._name}-{function.replace('_', '-')}{mark}"
        return operations.invoke(self._context, self._module[function], payload, label)
