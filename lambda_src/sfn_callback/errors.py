"""Every error this package raises, by whose fault it is and whether trying again can help.

A docstring begins with whose fault it is: the operator's, the caller's, the workload's or AWS's; so it is for
subclasses.

The class name is the error name that Step Functions shows, so a state can catch it by name.
Source of the names of AWS's own errors: botocore's model of ``stepfunctions`` (2016-11-23).
"""

import copyreg
from typing import Any


class CallbackError(Exception):
    """Base of all errors here. ``retry`` says whether the same call can succeed later, unchanged.

    Each can be pickled and copied, because a workload may use other processes.
    """

    retry = False

    def __reduce__(self) -> tuple[Any, ...]:
        # By default, Python would call the class with the message alone.
        return copyreg.__newobj__, (type(self), *self.args), self.__dict__  # type: ignore[attr-defined]


class SettingsInvalid(CallbackError):
    """Operator: the function's environment is missing a value or has a wrong one."""


class InputInvalid(CallbackError):
    """Caller: an event or execution input does not have the documented shape."""


class MetadataTooLarge(InputInvalid):
    """Options, key, name and fields of a chunk are together more than the 2 KB that S3 keeps beside an object."""


class AnswerRefused(CallbackError):
    """Caller: an answer to an approval is not accepted. ``status`` is HTTP's, ``reasons`` what is wrong with it."""

    def __init__(self, status: int, why: str, *reasons: str) -> None:
        super().__init__(why)
        self.status = status
        self.reasons = reasons


class DocumentError(CallbackError):
    """Caller: a document cannot be split."""


class DocumentNotFound(DocumentError):
    """There is no object at the document's bucket and key."""


class DocumentForbidden(DocumentError):
    """The function's role may not read the document, or it cannot be decrypted."""


class DocumentChanged(DocumentError):
    """The document was overwritten while it was being split, or after it was cut into parts."""


class RangeNotHonoured(DocumentError):
    """The store returned other bytes than the requested ones."""


class DocumentNotText(DocumentError):
    """The demo workload received something other than UTF-8 text."""


class WorkloadError(CallbackError):
    """Workload: its module is wrong."""


class WorkloadInvalid(WorkloadError):
    """The workload cannot be imported, lacks a function or returns a wrong type."""


class ChunkRejected(WorkloadError):
    """Raised by a workload's ``process``: the chunk can never succeed, so do not retry it."""


class ChunkTooLarge(ChunkRejected):
    """A workload reads a chunk as bytes that is too large for the memory; ``chunk.open()`` reads any size."""


class WorkFailed(WorkloadError):
    """Raised by a workload's ``work``: fail the state with this error name (at most 256 bytes) and cause."""

    def __init__(self, error: str, cause: str) -> None:
        super().__init__(cause)
        self.error = error


class TooManyChunks(WorkloadError):
    """The workload's ``split`` yields more chunks than ``max_chunks``, or than a job's ledger item can hold."""


class PartsInvalid(WorkloadError):
    """The workload's ``parts`` returns ranges that do not cover the document, or more of them than a machine takes."""


class JobError(CallbackError):
    """Operator: a job's state is missing, or not what it should be."""


class JobGone(JobError):
    """The ledger has no sealed fan-in of this name, or no longer has it."""


class ReportError(CallbackError):
    """Caller: a chunk's report cannot be accepted."""


class ReportInvalid(ReportError):
    """A report does not have the documented shape."""


class ChunkTokenInvalid(ReportError):
    """A report's token is not a chunk token of this deployment."""


class ResultUnavailable(ReportError):
    """The result object that a report names does not exist, may not be read, or is too large to be copied."""


class ReportUnavailable(ReportError):
    """AWS: a report could not be processed now, or the function that takes it failed; send it again later."""

    retry = True


class ChunkGone(JobError):
    """The chunk's object was deleted before it was processed."""


class ResultsMissing(JobError):
    """There are fewer results than chunks recorded as done."""


class ResumeError(CallbackError):
    """Caller, unless stated otherwise: a task token could not be answered."""


class TokenInvalid(ResumeError):
    """AWS ``InvalidToken`` or ``InvalidParameterValueException``: not a token of this account and region."""


class TokenUnknown(ResumeError):
    """AWS ``TaskDoesNotExist`` or ``ResourceNotFoundException``: nobody waits under this token."""


class OutputInvalid(ResumeError):
    """AWS ``InvalidOutput``: not JSON."""


class OutputTooLarge(OutputInvalid):
    """More bytes of JSON than AWS takes: 262,144 for a state machine, 1,048,576 for a durable function."""


class ResumeDenied(ResumeError):
    """Operator: AWS ``AccessDeniedException``: the role may not answer this machine, or durable function."""


class ResumeUnsupported(ResumeError):
    """Operator: the function's boto3 is too old to answer this token."""

    @classmethod
    def lacking(cls, method: str) -> "ResumeUnsupported":
        """Return the error for a method that boto3's Lambda client does not have."""
        return cls(
            f"This function's boto3 cannot answer a durable function ({method} came with 1.42.1):"
            " give the module a layer with a newer one (`layers`), or a newer `runtime`."
        )


class KeyUnavailable(ResumeError):
    """Operator: AWS's errors about the KMS key of a state machine, or of a durable function."""

    retry = True


class ResumeUnavailable(ResumeError):
    """AWS: Step Functions, Lambda or KMS throttled the call or could not serve it, also after retries."""

    retry = True
