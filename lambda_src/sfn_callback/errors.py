"""Every error this package raises, by whose fault it is and whether trying again can help.

::

    CallbackError
    ├── SettingsInvalid       operator   an environment variable is missing or wrong
    ├── InputInvalid          caller     an event or an execution input is not of the known shape
    │   └── MetadataTooLarge             options, name and fields of a chunk are more than S3 keeps beside it
    ├── AnswerRefused         answerer   a program's answer to an approval is not accepted
    ├── DocumentError         caller
    │   ├── DocumentNotFound             there is no such object
    │   ├── DocumentForbidden            the function's role may not read it, or it cannot be decrypted
    │   ├── DocumentChanged              it was overwritten while it was being split
    │   ├── RangeNotHonoured             the store answered with another range than was asked for
    │   └── DocumentNotText              the demo workload reads UTF-8 text only
    ├── WorkloadError         workload
    │   ├── WorkloadInvalid              it cannot be imported, lacks a function or returns a wrong type
    │   ├── ChunkRejected                it says that trying this chunk again is pointless
    │   │   └── ChunkTooLarge            it reads as bytes what does not fit into the function's memory
    │   ├── WorkFailed                   it says by which error name a task has failed
    │   └── TooManyChunks                it yields more chunks than a job may have
    ├── JobError              operator
    │   ├── JobGone                      the ledger holds nothing (any more) to wait for
    │   ├── ChunkGone                    the chunk's object has been deleted
    │   └── ResultsMissing               fewer results than chunks that are recorded as done
    └── ResumeError
        ├── TokenInvalid      caller     not a task token of this account and region
        ├── TokenUnknown      caller     no task waits under this token
        ├── OutputInvalid     caller     not JSON
        │   └── OutputTooLarge           more than the 262,144 bytes that Step Functions takes
        ├── ResumeDenied      operator   the role lacks states:SendTask* on the state machine
        ├── KeyUnavailable    operator   the state machine's KMS key cannot be used  (retry)
        └── ResumeUnavailable AWS        throttled or unavailable, also after retries  (retry)

The class name is the error name that Step Functions shows, so a state can catch it by name.
Source of the names of AWS's own errors: botocore's model of ``stepfunctions`` (2016-11-23).
"""

import copyreg
from typing import Any


class CallbackError(Exception):
    """Base of all errors here. ``retry`` says whether the same call can succeed later, unchanged.

    Each can be pickled and copied, whatever its class is made with: a workload may use other processes.
    """

    retry = False

    def __reduce__(self) -> tuple[Any, ...]:
        # Python's own way would call the class with the message alone.
        return copyreg.__newobj__, (type(self), *self.args), self.__dict__  # type: ignore[attr-defined]


class SettingsInvalid(CallbackError):
    """The function's environment is missing a value or has a wrong one."""


class InputInvalid(CallbackError):
    """An event or execution input is not of the shape that the handler documents."""


class MetadataTooLarge(InputInvalid):
    """Options, key, name and fields of a chunk are together more than the 2 KB that S3 keeps beside an object."""


class AnswerRefused(CallbackError):
    """A program's answer to an approval is not accepted: ``status`` is HTTP's, ``reasons`` what is wrong with it."""

    def __init__(self, status: int, why: str, *reasons: str) -> None:
        super().__init__(why)
        self.status = status
        self.reasons = reasons


class DocumentError(CallbackError):
    """A document cannot be split."""


class DocumentNotFound(DocumentError):
    """There is no object at the document's bucket and key."""


class DocumentForbidden(DocumentError):
    """The function's role may not read the document, or it cannot be decrypted."""


class DocumentChanged(DocumentError):
    """The document was overwritten while it was being split."""


class RangeNotHonoured(DocumentError):
    """The store answered with other bytes than those that were asked for."""


class DocumentNotText(DocumentError):
    """The demo workload was given something else than UTF-8 text."""


class WorkloadError(CallbackError):
    """The user's workload module is at fault."""


class WorkloadInvalid(WorkloadError):
    """The workload cannot be imported, lacks a function or returns a wrong type."""


class ChunkRejected(WorkloadError):
    """Raised by a workload's ``process``: the chunk can never succeed, so do not retry it."""


class ChunkTooLarge(ChunkRejected):
    """A workload reads a chunk as bytes that does not fit into the function's memory: ``chunk.open()`` reads any."""


class WorkFailed(WorkloadError):
    """Raised by a workload's ``work``: fail the state with this error name (at most 256 bytes) and cause."""

    def __init__(self, error: str, cause: str) -> None:
        super().__init__(cause)
        self.error = error


class TooManyChunks(WorkloadError):
    """The workload's ``split`` yields more chunks than ``max_chunks``, or than a job's ledger item can hold."""


class JobError(CallbackError):
    """A job's state is not there, or not what it should be."""


class JobGone(JobError):
    """The ledger has no sealed fan-in of this name (any more)."""


class ChunkGone(JobError):
    """The chunk's object has been deleted before it was processed."""


class ResultsMissing(JobError):
    """There are fewer results than chunks that are recorded as done."""


class ResumeError(CallbackError):
    """A task token could not be answered."""


class TokenInvalid(ResumeError):
    """AWS ``InvalidToken``: not a task token of this account and region."""


class TokenUnknown(ResumeError):
    """AWS ``TaskDoesNotExist``: no task waits under this token."""


class OutputInvalid(ResumeError):
    """AWS ``InvalidOutput``: not JSON."""


class OutputTooLarge(OutputInvalid):
    """More than 262,144 bytes of JSON."""


class ResumeDenied(ResumeError):
    """AWS ``AccessDeniedException``: the role may not send verdicts to this state machine."""


class KeyUnavailable(ResumeError):
    """AWS ``KmsAccessDeniedException`` or ``KmsInvalidStateException``."""

    retry = True


class ResumeUnavailable(ResumeError):
    """Step Functions or KMS throttled the call or could not serve it, also after retries."""

    retry = True
