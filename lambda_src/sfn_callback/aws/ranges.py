"""An object on S3 as a file that can be sought: read in ranges, each of which is checked.

Ranges are 8 MiB, or as large as is asked for, and begin at multiples of it. Whoever reads from front to back has one of
them in memory, and asks once for each. Whoever jumps, as readers of PDF, ZIP and Parquet do, has the four used last:
``make bench ONLY=seeks`` says what other sizes and numbers would ask for.
"""

import errno
import io
import os
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

from sfn_callback.aws import s3
from sfn_callback.aws.s3 import Answer
from sfn_callback.errors import DocumentChanged, RangeNotHonoured

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

RANGE_BYTES = 8 * 1024 * 1024
SMALL_RANGE_BYTES = 1024 * 1024
"""For whoever looks here and there: even 4 GB that are read through in vain are no more than 4,096 requests."""
KEPT = 4
"""Ranges in memory once a reader has jumped."""

Fetch = Callable[[int, int], bytes]
"""Returns the bytes from the first to the last, both included."""


class Ranges(io.RawIOBase):
    """A binary file over ``size`` bytes of an object; put an :class:`io.BufferedReader` on top, which has a lock.

    ``range_bytes`` is how large its ranges are, instead of ``RANGE_BYTES``. Seeking behaves as on a local file: beyond
    the end there is nothing to read, before the beginning is ``EINVAL``.
    """

    def __init__(self, size: int, fetch: Fetch, range_bytes: int | None = None) -> None:
        self._size = size
        self._fetch = fetch
        self._range_bytes = range_bytes or RANGE_BYTES
        self._position = 0
        self._read_to = 0
        self._kept = 1
        # In the order of their last use.
        self._ranges: dict[int, memoryview] = {}

    def readable(self) -> bool:
        """Return that it is."""
        return True

    def seekable(self) -> bool:
        """Return that it is."""
        return True

    def tell(self) -> int:
        """Return the position in bytes."""
        return self._position

    def seek(self, offset: int, whence: int = os.SEEK_SET, /) -> int:
        """Go to a position; nothing is read yet.

        Raises:
            OSError: it is before the beginning.
            ValueError: ``whence`` is none of 0, 1 and 2.
        """
        bases = {os.SEEK_SET: 0, os.SEEK_CUR: self._position, os.SEEK_END: self._size}
        if whence not in bases:
            raise ValueError(f"invalid whence ({whence}, should be 0, 1 or 2)")
        if bases[whence] + offset < 0:
            # Readers of ZIP files try this, and catch it.
            raise OSError(errno.EINVAL, os.strerror(errno.EINVAL))
        self._position = bases[whence] + offset
        return self._position

    def readinto(self, buffer: Any, /) -> int:
        """Read what the range at the position has, at most as much as the buffer takes."""
        if self._position >= self._size:
            return 0
        if self._position != self._read_to:
            self._kept = KEPT
        number, offset = divmod(self._position, self._range_bytes)
        view = memoryview(buffer).cast("B")
        piece = self._range(number)[offset : offset + len(view)]
        view[: len(piece)] = piece
        self._position += len(piece)
        self._read_to = self._position
        return len(piece)

    def _range(self, number: int) -> memoryview:
        block = self._ranges.pop(number, None)
        if block is None:
            while len(self._ranges) >= self._kept:
                del self._ranges[next(iter(self._ranges))]
            first = number * self._range_bytes
            block = memoryview(self._fetch(first, min(first + self._range_bytes, self._size) - 1))
        self._ranges[number] = block
        return block


def fetch(client: "S3Client", where: dict[str, str], size: int, etag: str) -> Fetch:
    """Return what fetches ranges of one version of an object, and no others.

    The answer must be what was asked for, by ``Content-Range`` and ETag:
    https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html
    ``where`` has ``Bucket``, ``Key`` and perhaps ``VersionId``; ``size`` is in bytes, ``etag`` as S3 writes it.
    """

    def fetched(first: int, last: int) -> bytes:
        check = partial(_check, f"s3://{where['Bucket']}/{where['Key']}", f"bytes {first}-{last}/{size}", etag)
        body, _ = s3.get(client, check, **where, IfMatch=etag, Range=f"bytes={first}-{last}")
        if len(body) != last + 1 - first:
            raise RangeNotHonoured(f"The store sent {len(body):,} bytes of {last + 1 - first:,} that it announced.")
        return body

    return fetched


def _check(url: str, wanted: str, etag: str, answer: Answer) -> None:
    if answer.get("ETag") != etag:
        raise DocumentChanged(f"{url}: It was overwritten while it was being read: start again.")
    if answer.get("ContentRange") != wanted:
        raise RangeNotHonoured(
            f"{url}: The store was asked for {wanted!r} and sent {answer.get('ContentRange', 'the whole object')!r}."
            " It must honour Range, as S3 does, also with If-Match and VersionId."
        )
