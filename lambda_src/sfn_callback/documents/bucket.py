"""The objects in the bucket, whose keys are in :mod:`sfn_callback.layout`.

Chunks, merged objects and reports have user metadata that says of which document they are.
"""

import io
import re
from array import array
from bisect import bisect_left
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import chain
from typing import TYPE_CHECKING, Any, BinaryIO

from botocore.exceptions import ClientError

from sfn_callback import contract, layout, memory, settings
from sfn_callback.aws import clients, ranges, s3, uploads
from sfn_callback.aws.s3 import Answer
from sfn_callback.contract import About, Chunk, Content, LargeChunk, Merged, NewChunk
from sfn_callback.documents import metadata
from sfn_callback.errors import ChunkGone, WorkloadInvalid
from sfn_callback.parallel import in_order

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

WORKERS = 24
"""Requests under way at once."""

_KIB = 1_024
_BESIDE = re.compile("[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


class _TooLarge(Exception):
    """A chunk is too large to be read as bytes."""

    def __init__(self, answer: Answer) -> None:
        self.answer = answer


@dataclass(frozen=True)
class _Opener:
    """Opens one version of an object; in another process, which has no use for this one's connections, as well."""

    client: "S3Client"
    where: dict[str, str]
    size: int
    etag: str

    def __call__(self) -> ranges.Ranges:
        return ranges.Ranges(self.size, ranges.fetch(self.client, self.where, self.size, self.etag))

    def __reduce__(self) -> tuple[Any, ...]:
        return _opener_elsewhere, (self.where, self.size, self.etag)


def _opener_elsewhere(where: dict[str, str], size: int, etag: str) -> _Opener:
    return _Opener(clients.s3(), where, size, etag)


@dataclass(frozen=True, slots=True)
class Listed:
    """Existing results: the ``indexes`` of their chunks, in order, and their sizes in KiB, rounded up.

    ``folder`` is what their keys begin with. For a document in parts, they are its combined parts.
    """

    folder: str
    indexes: "array[int]"
    kib: "array[int]"

    def below(self, chunks: int) -> "Listed":
        """Return those whose index is below the number of chunks."""
        # S3 lists in the order of the keys, which is that of the indexes.
        end = bisect_left(self.indexes, chunks)
        return self if end == len(self.indexes) else replace(self, indexes=self.indexes[:end], kib=self.kib[:end])


@dataclass(frozen=True, slots=True)
class Store:
    """The bucket. Every method raises ``botocore.exceptions.ClientError`` when S3 refuses, also after retries.

    ``key_arn`` is the KMS key that all that is written names; where it is empty, the bucket's own encryption applies.
    """

    client: "S3Client"
    bucket: str
    key_arn: str = ""

    def write_chunks(self, job: str, contents: Iterable[Content], document: About) -> Iterator[int]:
        """Upload chunks with a bounded pool while ``contents`` is read; yield the index of each uploaded chunk.

        What comes in pieces is uploaded before the next one is asked for: both may be read from one file.

        Raises:
            MetadataTooLarge: a chunk's name and fields and the document's options are too large together.
            WorkloadInvalid: a body contains something other than bytes.
        """

        def numbered() -> Iterator[tuple[int, Content | None]]:
            for index, content in enumerate(contents):
                whole = isinstance(content.body, bytes)
                if not whole:
                    write(index, content)
                yield index, content if whole else None

        def write(index: int, content: Content) -> int:
            user_metadata = metadata.of_chunk(_said_by_split(document, content))
            self._write(layout.chunk(job, index), "split", content, user_metadata)
            return index

        def put(chunk: tuple[int, Content | None]) -> int:
            return write(chunk[0], chunk[1]) if chunk[1] else chunk[0]

        return in_order(put, numbered(), WORKERS, _weight, memory.ahead_bytes())

    def read_chunk(self, job: str, index: int) -> Chunk | LargeChunk:
        """Return a chunk, with what is kept beside it.

        Raises:
            ChunkGone: the object has been deleted, by the lifecycle rule or by hand.
        """
        where = {"Bucket": self.bucket, "Key": layout.chunk(job, index)}
        try:
            body, answer = s3.get(self.client, _refuse_large, **where)
        except _TooLarge as large:
            return LargeChunk(self._opener(where, large.answer), job, index, *_described(large.answer))
        except ClientError as error:
            if error.response["Error"]["Code"] != "NoSuchKey":
                raise
            raise ChunkGone(f"s3://{self.bucket}/{where['Key']} does not exist (any more).") from None
        return Chunk(body, job, index, _described(answer)[1])

    def write_result(self, job: str, index: int, content: Content) -> int:
        """Write a chunk's result; return its number of bytes."""
        return self._write(layout.result(job, index), "process", content, {})

    def write_first_result(self, job: str, index: int, content: Content) -> int:
        """Write a chunk's result, unless it has one; return the given result's number of bytes.

        https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html
        """
        try:
            return self._write(layout.result(job, index), "report", content, {}, IfNoneMatch="*")
        except ClientError as error:
            if error.response["Error"]["Code"] != "PreconditionFailed":
                raise
            return len(content.body)  # type: ignore[arg-type]

    def copy_result(self, job: str, index: int, source: dict[str, str], etag: str) -> None:
        """Copy an object to be a chunk's result, provided that it still has the ETag."""
        where = {"Bucket": self.bucket, "Key": layout.result(job, index)} | uploads.encryption(self.key_arn)
        # Tags are not copied: that would need permissions for tags, on either side.
        # https://docs.aws.amazon.com/AmazonS3/latest/API/API_CopyObject.html
        what = {"CopySource": source, "CopySourceIfMatch": etag, "TaggingDirective": "REPLACE"}
        self.client.copy_object(**where, **what)  # type: ignore[arg-type]

    def has_result(self, job: str, index: int) -> bool:
        """Return whether the chunk has a result."""
        try:
            self.client.head_object(Bucket=self.bucket, Key=layout.result(job, index))
        except ClientError as error:
            if error.response["Error"]["Code"] != "404":
                raise
            return False
        return True

    def results(self, job: str) -> Listed:
        """Return which chunks have a result. One request for each 1,000."""
        return self._listed(layout.results(job))

    def parts(self, parent: str) -> Listed:
        """Return which parts of a document are combined; requests as of :meth:`results`."""
        return self._listed(layout.parts(parent))

    def _listed(self, prefix: str) -> Listed:
        pages = self.client.get_paginator("list_objects_v2").paginate(Bucket=self.bucket, Prefix=prefix)
        listed = Listed(prefix, array("I"), array("I"))
        for entry in (entry for page in pages for entry in page.get("Contents", ())):
            name = entry["Key"].removeprefix(prefix)
            if re.fullmatch(r"[0-9]{8}", name):
                listed.indexes.append(int(name))
                listed.kib.append(-(-entry["Size"] // _KIB))
        return listed

    def read_results(self, listed: Listed) -> Iterator[bytes]:
        """Yield results in the order of their chunks, read ahead in parallel as far as memory allows."""

        def read(result: tuple[int, int]) -> bytes:
            return s3.read(self.client, Bucket=self.bucket, Key=layout.numbered(listed.folder, result[0]))

        sized = zip(listed.indexes, listed.kib, strict=True)
        return in_order(read, sized, WORKERS, lambda result: result[1] * _KIB, memory.ahead_bytes())

    def open_results(self, listed: Listed) -> Iterator[BinaryIO]:
        """Yield results in the order of their chunks as seekable files of any size."""
        for index, kib in zip(listed.indexes, listed.kib, strict=True):
            where = {"Bucket": self.bucket, "Key": layout.numbered(listed.folder, index)}
            if kib * _KIB <= ranges.RANGE_BYTES:
                yield io.BytesIO(s3.read(self.client, **where))
            else:
                yield io.BufferedReader(self._opener(where, self.client.head_object(**where))())  # type: ignore[arg-type]

    def describe_parts(self, listed: Listed) -> Iterator[dict[str, str]]:
        """Yield the user metadata of each part, in order."""

        def describe(number: int) -> dict[str, str]:
            return self.client.head_object(Bucket=self.bucket, Key=layout.numbered(listed.folder, number))["Metadata"]

        return in_order(describe, listed.indexes, WORKERS)

    def write_part(self, parent: str, number: int, content: Content, said: dict[str, str]) -> None:
        """Write the combined results of a part."""
        self._write(layout.numbered(layout.parts(parent), number), "combine", content, said)

    def write_merged(self, key: str, content: Content, user_metadata: dict[str, str]) -> dict[str, str]:
        """Write the objects beside the merged result, then the result; return the former's keys by name."""
        beside = content.beside if isinstance(content, Merged) else {}
        if len(beside) > contract.MAX_BESIDE:
            raise WorkloadInvalid(
                f"The workload's merge() returned {len(beside):,} objects beside its result; at most"
                f" {contract.MAX_BESIDE} are allowed, because the execution's output names each. Combine some of them."
            )
        keys = {name: layout.beside(key, _checked(name)) for name in beside}

        def write_beside() -> Iterator[bytes]:
            for name, value in beside.items():
                self._write(keys[name], "merge", contract.content("merge", value), user_metadata)
            yield b""

        if isinstance(content.body, bytes):
            list(write_beside())
        elif beside:
            # It may be known only when all of the body has come, and the object is not there before its last part.
            content = replace(content, body=chain(contract.pieces("merge", content.body), write_beside()))
        self._write(key, "merge", content, user_metadata)
        return keys

    def write_failure(self, key: str, report: bytes, said: dict[str, str]) -> None:
        """Write the report of an execution that did not succeed."""
        self._write(key, "", Content(report, "application/json"), said)

    def _write(self, key: str, function: str, content: Content, user_metadata: dict[str, str], **more: str) -> int:
        """Write what a workload's function returned; return its number of bytes."""
        parameters: dict[str, Any] = {"ContentType": content.content_type, "Metadata": user_metadata, **more}
        parameters = {name: value for name, value in parameters.items() if value} | uploads.encryption(self.key_arn)
        if isinstance(content.body, bytes):
            self.client.put_object(Bucket=self.bucket, Key=key, Body=content.body, **parameters)
            return len(content.body)
        return uploads.upload(self.client, self.bucket, key, contract.pieces(function, content.body), parameters)

    def _opener(self, where: dict[str, str], answer: Answer) -> "_Opener":
        return _Opener(self.client, where, answer["ContentLength"], answer["ETag"])


def connect() -> Store:
    """Return the bucket that this function's settings name."""
    config = settings.current()
    return Store(clients.s3(), config.bucket, config.bucket_key_arn)


def _weight(chunk: tuple[int, Content | None]) -> int:
    body = chunk[1].body if chunk[1] else b""
    return len(body) if isinstance(body, bytes) else 0


def _said_by_split(document: About, content: Content) -> About:
    return replace(document, name=content.name, fields=content.fields) if isinstance(content, NewChunk) else document


def _described(answer: Answer) -> tuple[int, About]:
    return answer["ContentLength"], metadata.about(answer.get("Metadata", {}), answer.get("ContentType", ""))


def _refuse_large(answer: Answer) -> None:
    if answer["ContentLength"] > memory.whole_bytes():
        raise _TooLarge(answer)


def _checked(name: str) -> str:
    if not _BESIDE.fullmatch(name):
        raise WorkloadInvalid(
            f"The workload's merge() named an object beside its result {name[:80]!r}; a name must have 1 to 64"
            " characters of A-Z, a-z, 0-9, '.', '_' and '-', and begin with a letter or digit."
        )
    return name
