"""The S3 layout, and the objects in it.

==========================  ==========================================================
``documents/…``             what is split; dropping one there starts an execution
``chunks/<job>/<index>``    one chunk; its creation invokes the processor
``results/<job>/<index>``   what ``process`` made of it
``merged/<job>``            what ``merge`` made of the results
``failures/<name>.json``    what failed, where the execution of that name did not succeed
``outputs/<id>``            JSON: the output of a task that is too large for Step Functions
==========================  ==========================================================

A job id is its split's time and 48 random bits, fresh for each split: ``20260131T235959Z-0123456789ab``.
An index has 8 digits, so that keys sort as numbers do.
"""

import io
import re
import secrets
from array import array
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from sfn_callback import clients, objects, settings
from sfn_callback.errors import ChunkGone
from sfn_callback.parallel import in_order

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

_JOB = "[0-9]{8}T[0-9]{6}Z-[0-9a-f]{12}"
_CHUNK_KEY = re.compile(f"chunks/({_JOB})/([0-9]{{8}})")
_FANIN = re.compile(rf"({_JOB})(?:\.[0-9]+-[0-9a-f]+)?")
_STAMP = "%Y%m%dT%H%M%SZ"
WORKERS = 24
"""Requests under way at once."""


class Chunk(bytes):
    """What a workload's ``process`` gets: the chunk's bytes, which also know their ``job`` and ``number`` (from 0)."""

    job: str
    number: int

    def __new__(cls, body: bytes, job: str, number: int) -> "Chunk":
        """Make a chunk of ``body``."""
        chunk = super().__new__(cls, body)
        chunk.job = job
        chunk.number = number
        return chunk


def new_job() -> str:
    """Return a fresh job id."""
    return f"{datetime.now(UTC):{_STAMP}}-{secrets.token_hex(6)}"


def age_seconds(job: str) -> float:
    """Return how long ago the job was split: less than nothing where a clock ahead of ours has said so."""
    return (datetime.now(UTC) - _made(job)).total_seconds()


def parse_key(key: str) -> tuple[str, int] | None:
    """Return job and index of a chunk's key, ``None`` when it is not one of ours."""
    match = _CHUNK_KEY.fullmatch(key)
    return (match[1], int(match[2])) if match and is_fanin(match[1]) else None


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


def _made(job: str) -> datetime:
    # Not by strptime, which imports a module of its own and takes fifty times as long.
    return datetime.fromisoformat(job.partition("-")[0])


@dataclass(frozen=True, slots=True)
class Store:
    """The bucket. Every method raises ``botocore.exceptions.ClientError`` when S3 refuses, also after retries."""

    client: "S3Client"
    bucket: str

    def write_chunks(self, job: str, bodies: Iterable[bytes]) -> Iterator[int]:
        """Upload chunks with a bounded pool while ``bodies`` is being read; yield the index of each that is there."""

        def upload(numbered: tuple[int, bytes]) -> int:
            index, body = numbered
            self.client.put_object(Bucket=self.bucket, Key=_key("chunks", job, index), Body=body)
            return index

        return in_order(upload, enumerate(bodies), WORKERS)

    def read_chunk(self, job: str, index: int) -> Chunk:
        """Return a chunk.

        Raises:
            ChunkGone: the object has been deleted, by the lifecycle rule or by hand.
        """
        key = _key("chunks", job, index)
        try:
            return Chunk(self._read(key), job, index)
        except ClientError as problem:
            if problem.response["Error"]["Code"] != "NoSuchKey":
                raise
            raise ChunkGone(f"s3://{self.bucket}/{key} does not exist (any more).") from None

    def write_result(self, job: str, index: int, body: bytes) -> None:
        """Write what the workload made of a chunk."""
        self.client.put_object(Bucket=self.bucket, Key=_key("results", job, index), Body=body)

    def has_result(self, job: str, index: int) -> bool:
        """Return whether the chunk has a result."""
        try:
            self.client.head_object(Bucket=self.bucket, Key=_key("results", job, index))
        except ClientError as problem:
            if problem.response["Error"]["Code"] != "404":
                raise
            return False
        return True

    def result_indexes(self, job: str) -> "array[int]":
        """Return the indexes of the chunks that have a result, in order. One request for each 1,000."""
        prefix = f"results/{job}/"
        pages = self.client.get_paginator("list_objects_v2").paginate(Bucket=self.bucket, Prefix=prefix)
        names = (entry["Key"].removeprefix(prefix) for page in pages for entry in page.get("Contents", ()))
        return array("I", (int(name) for name in names if re.fullmatch(r"[0-9]{8}", name)))

    def read_results(self, job: str, indexes: Iterable[int]) -> Iterator[bytes]:
        """Yield results in the order of ``indexes``, read ahead in parallel."""
        return in_order(lambda index: self._read(_key("results", job, index)), indexes, WORKERS)

    def write_merged(self, job: str, body: bytes | Iterable[bytes]) -> str:
        """Write the merged result, in parts as it comes when it is an iterable; return its key."""
        # Imported here because only this handler pays for it.
        from s3transfer.manager import TransferManager

        key = f"merged/{job}"
        file = io.BytesIO(body) if isinstance(body, bytes) else io.BufferedReader(_Joined(body))
        with TransferManager(self.client) as transfers:
            transfers.upload(file, self.bucket, key).result()
        return key

    def write_failure(self, execution: str, report: bytes) -> str:
        """Write the report of an execution that did not succeed; return its key."""
        key = f"failures/{execution}.json"
        self.client.put_object(Bucket=self.bucket, Key=key, Body=report, ContentType="application/json")
        return key

    def write_output(self, output: bytes) -> dict[str, Any]:
        """Write a task's output; return where it is: ``{"bucket", "key", "bytes"}``."""
        key = f"outputs/{new_job()}"
        self.client.put_object(Bucket=self.bucket, Key=key, Body=output, ContentType="application/json")
        return {"bucket": self.bucket, "key": key, "bytes": len(output)}

    def _read(self, key: str) -> bytes:
        return objects.read(self.client, Bucket=self.bucket, Key=key)


class _Joined(io.RawIOBase):
    """A readable file over the pieces of an iterable."""

    def __init__(self, pieces: Iterable[bytes]) -> None:
        self._pieces = iter(pieces)
        self._rest = b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: "bytearray | memoryview") -> int:  # type: ignore[override]
        while not self._rest:
            piece = next(self._pieces, None)
            if piece is None:
                return 0
            self._rest = piece
        size = min(len(buffer), len(self._rest))
        buffer[:size] = self._rest[:size]
        self._rest = self._rest[size:]
        return size


def connect() -> Store:
    """Return the bucket that this function's settings name."""
    return Store(clients.s3(), settings.current().bucket)


def _key(kind: str, job: str, index: int) -> str:
    return f"{kind}/{job}/{index:08d}"
