"""Chunk tokens: whoever has one may report the outcome of a pending chunk, once.

A token is 64 lower-case letters and digits, so that it is safe in a URL and fits where services take a tag or a name:
Textract's JobTag has 64 characters (botocore: ``JobTag``), Transcribe's TranscriptionJobName 200. It is 25 bytes that
say which slot of which round is meant, and 15 of their HMAC-SHA256 under a secret of the deployment, in base32.

=====  ==========================================================================
bytes  what
=====  ==========================================================================
4      the second at which the job was split (Unix time)
6      the job's random bits
2, 4   the round, and its random bits: 0 in the split's own
3, 3   the chunk, and the slot of the round's fan-in
3      how many seconds after the split the chunk was handed on, 16,777,215 at most
=====  ==========================================================================
"""

import base64
import hmac
import re
import time
from dataclasses import dataclass
from functools import cache

from sfn_callback import ids
from sfn_callback.aws import clients
from sfn_callback.documents.events import ChunkTask
from sfn_callback.errors import ChunkTokenInvalid
from sfn_callback.fanin import ledger

LENGTH = 64
_SIGNATURE = 15
_LONGEST = 2**24 - 1
_TOKEN = re.compile(f"[a-z2-7]{{{LENGTH}}}")
_INVALID = (
    f"Not a chunk token of this deployment. A chunk token is the {LENGTH} letters and digits of `chunk.token` in the"
    " workload's process(); send it unchanged, to the deployment that it came from."
)


@dataclass(frozen=True, slots=True)
class HandOver:
    """What a token says: the task, and when it was handed on (epoch seconds)."""

    task: ChunkTask
    at: float


def make(task: ChunkTask) -> str:
    """Return a token for a chunk that is handed on now."""
    job, round_, bits = ids.unpack(task.fanin)
    since = min(max(0, int(time.time()) - int.from_bytes(job[:4])), _LONGEST)
    numbers = ((round_, 2), (int.from_bytes(bits), 4), (task.index, 3), (task.slot, 3), (since, 3))
    content = job + b"".join(number.to_bytes(size) for number, size in numbers)
    return base64.b32encode(content + _signature(content)).decode().lower()


def read(token: object) -> HandOver:
    """Return what a token says.

    Raises:
        ChunkTokenInvalid: this deployment has made no such token. Nothing of it is quoted.
    """
    if not isinstance(token, str) or not _TOKEN.fullmatch(token):
        raise ChunkTokenInvalid(_INVALID)
    packed = base64.b32decode(token.upper())
    content, signature = packed[:-_SIGNATURE], packed[-_SIGNATURE:]
    if not hmac.compare_digest(_signature(content), signature):
        raise ChunkTokenInvalid(_INVALID)
    fanin = ids.packed(content[:10], int.from_bytes(content[10:12]), content[12:16])
    index, slot, since = (int.from_bytes(content[at : at + 3]) for at in (16, 19, 22))
    job = ids.of_fanin(fanin)[0]
    return HandOver(ChunkTask(job, index, fanin, slot), int.from_bytes(content[:4]) + since)


def _signature(content: bytes) -> bytes:
    return hmac.digest(_secret(), content, "sha256")[:_SIGNATURE]


@clients.resettable
@cache
def _secret() -> bytes:
    return ledger.connect().secret()
