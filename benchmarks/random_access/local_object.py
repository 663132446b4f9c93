"""A local file as an object on S3, answered at the wire."""

import re
from pathlib import Path

from botocore.awsrequest import AWSPreparedRequest, AWSResponse

from benchmarks import wire
from benchmarks.streaming.bodies import made
from sfn_callback.documents.source import Document, open_document
from testing.wire import answered


class LocalObject:
    """Answers as S3 does for the file; ``asked`` are the first and the last byte of each range."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("rb", buffering=0)
        self._size = path.stat().st_size
        self.asked: list[tuple[int, int]] = []

    def __call__(self, operation: str, request: AWSPreparedRequest) -> AWSResponse:
        """See :data:`benchmarks.wire.Answers`."""
        if operation == "HeadObject":
            return answered(200, b"", **{"content-length": str(self._size), "etag": '"1"'})
        header = request.headers["Range"]
        first, last = map(int, re.findall(r"\d+", header if isinstance(header, str) else header.decode()))
        self.asked.append((first, last))
        self._file.seek(first)
        headers = {"etag": '"1"', "content-range": f"bytes {first}-{last}/{self._size}"}
        return made(206, last + 1 - first, self._file.read, **headers)

    def opened(self) -> Document:
        """Return the file as a document, as a workload gets it."""
        from sfn_callback.aws import session

        client = session.client("s3")
        wire.answer(client, self)
        return open_document(client, "docs", "documents/d")
