"""Names of jobs, fan-ins and approvals.

A job id is its split's time and 48 random bits, fresh for each split: ``20260131T235959Z-0123456789ab``.
A fan-in has its job's name; a redrive's fan-in adds the round and random bits: ``<job>.1-01234567``.
An approval's id is 32 random letters and digits, and a secret.
"""

import re
import secrets
import string
from datetime import UTC, datetime

_JOB = "[0-9]{8}T[0-9]{6}Z-[0-9a-f]{12}"
_FANIN = re.compile(rf"({_JOB})(?:\.[0-9]+-[0-9a-f]+)?")
_STAMP = "%Y%m%dT%H%M%SZ"
_LETTERS = string.ascii_letters + string.digits
_APPROVAL_LETTERS = 32
"""190 random bits: https://pages.nist.gov/800-63-4/sp800-63b.html asks for 64 of a secret that can be looked up."""

# Mail programs may add what surrounded the link, as it is or percent-encoded, and a gateway adds its own path in front.
# Older ids, which have been mailed, may contain and end in - and _.
APPROVAL_PATH = r"(?:/[A-Za-z0-9_~-][A-Za-z0-9_.~-]*)*/([A-Za-z0-9_-]{32})(?:[^\w\s%\x00-\x1f]|[ _]|%[0-9A-Fa-f]{2})*"
"""The pattern of a path that leads to an approval, whose id is its group."""

_APPROVAL = re.compile(APPROVAL_PATH)
_LONGEST_PATH = 1_024


def new_job() -> str:
    """Return a fresh job id."""
    return f"{datetime.now(UTC):{_STAMP}}-{secrets.token_hex(6)}"


def new_run() -> str:
    """Return an id that tells a run of a document's parts from its other runs."""
    return secrets.token_hex(4)


def age_seconds(job: str) -> float:
    """Return how long ago the job was split; negative if the clock that named it is ahead of ours."""
    return (datetime.now(UTC) - _made(job)).total_seconds()


def unpack(fanin: str) -> tuple[bytes, int, bytes]:
    """Return a fan-in's job as 10 bytes, its round, and the round's random bits as 4."""
    job, round_ = of_fanin(fanin)
    made, bits = int(_made(job).timestamp()), fanin.partition(".")[2].partition("-")[2]
    return made.to_bytes(4) + bytes.fromhex(job.rpartition("-")[2]), round_, bytes.fromhex(bits or "00" * 4)


def packed(job: bytes, round_: int, bits: bytes) -> str:
    """Return the name of the fan-in that :func:`unpack` was given."""
    name = f"{datetime.fromtimestamp(int.from_bytes(job[:4]), UTC):{_STAMP}}-{job[4:].hex()}"
    return f"{name}.{round_}-{bits.hex()}" if round_ else name


def is_fanin(name: str) -> bool:
    """Return whether this names a fan-in: a job's id, followed by round and random bits where it is a redrive's."""
    match = _FANIN.fullmatch(name)
    try:
        return bool(match and _made(match[1]))
    except ValueError:
        return False


def of_fanin(name: str) -> tuple[str, int]:
    """Return the job that a fan-in belongs to, and in which round: 0 is the split's."""
    job, _, round_ = name.partition(".")
    return job, int(round_.partition("-")[0] or 0)


def new_approval() -> str:
    """Return a fresh approval's id. It ends with a letter or digit: mail programs cut other characters off a link."""
    return "".join(secrets.choice(_LETTERS) for _ in range(_APPROVAL_LETTERS))


def approval_in(path: str) -> str | None:
    """Return the approval's id at the end of a URL's path, ``None`` where there can be none."""
    # A longer text cannot be a link, and could take the pattern long.
    match = _APPROVAL.fullmatch(path) if len(path) <= _LONGEST_PATH else None
    return match[1] if match else None


def _made(job: str) -> datetime:
    # Not by strptime, which imports a module of its own and takes fifty times as long.
    return datetime.fromisoformat(job.partition("-")[0])
