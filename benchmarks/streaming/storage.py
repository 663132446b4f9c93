"""An S3 bucket and a ledger that have what is read made while it is read, and forget what is written."""

import re
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import parse_qs, unquote, urlsplit

from botocore.awsrequest import AWSPreparedRequest, AWSResponse

from benchmarks import wire
from benchmarks.streaming.bodies import made
from sfn_callback.aws.ranges import RANGE_BYTES
from sfn_callback.fanin.items import GROUP_SIZE
from testing.wire import ERRORS, answered

MB = 1024 * 1024
_PAGE = 1_000
_ENTRY = "<Contents><Key>{}{:08d}</Key><Size>{}</Size></Contents>"
_LISTING = "<ListBucketResult><IsTruncated>{}</IsTruncated>{}{}</ListBucketResult>"
_NEXT = "<NextContinuationToken>{}</NextContinuationToken>"
_UPLOAD = b"<InitiateMultipartUploadResult><UploadId>1</UploadId></InitiateMultipartUploadResult>"
_DENIED = ERRORS["rest-xml"].format(code="AccessDenied", message="Access Denied").encode()


@dataclass
class Storage:
    """Answers at the wire: the document is ``unit``, over and over, of ``size`` bytes; ``results``, and what else there
    is, have ``result_bytes`` each.

    Bodies together travel at ``bytes_a_second``; 0 is no limit. Chunks, results and parts take ``latency_seconds``; the
    first two are held until there are so many ``together``. The part with the number ``denied_part`` is refused.
    ``requests`` counts operations, ``bodies`` the chunks and results among them, ``rounds`` how often these went
    together.
    """

    unit: str = "x"
    size: int = 0
    results: int = 0
    result_bytes: int = 0
    bytes_a_second: float = 0
    latency_seconds: float = 0
    together: int = 0
    denied_part: int = 0

    requests: Counter[str] = field(default_factory=Counter)
    bodies: int = 0
    rounds: int = 0

    def __post_init__(self) -> None:
        unit = self.unit.encode()
        self._unit, self._many = len(unit), unit * (RANGE_BYTES // len(unit) + 2) if self.size else b""
        self._whole = self.size // len(unit) * len(unit)
        self._counting, self._network = threading.Lock(), threading.Lock()
        self._barrier = threading.Barrier(self.together, self._count) if self.together else None

    def __call__(self, operation: str, request: AWSPreparedRequest) -> AWSResponse:
        """See :data:`benchmarks.wire.Answers`."""
        with self._counting:
            self.requests[operation] += 1
        answer: Callable[[AWSPreparedRequest], AWSResponse] = getattr(self, f"_{operation}")
        return answer(request)

    def _count(self) -> None:
        self.rounds += 1

    def _travel(self, size: int) -> None:
        with self._counting:
            self.bodies += 1
        if self._barrier:
            self._barrier.wait(60)
        self._send(size)

    def _send(self, size: int) -> None:
        if self.bytes_a_second:
            # They share what a function's network takes, or a large body would be gone before the next one is there.
            with self._network:
                time.sleep(size / self.bytes_a_second)

    def _bytes_of(self, request: AWSPreparedRequest) -> int:
        return self._whole if "/documents/" in request.url else self.result_bytes

    def _HeadObject(self, request: AWSPreparedRequest) -> AWSResponse:
        return answered(200, b"", **{"content-length": str(self._bytes_of(request)), "etag": '"1"'})

    def _GetObject(self, request: AWSPreparedRequest) -> AWSResponse:
        of = self._bytes_of(request)
        if "Range" not in request.headers:
            time.sleep(self.latency_seconds)
            self._travel(of)
            return made(200, of, self._x, etag='"1"')
        first, last = map(int, re.findall(rb"\d+", _bytes(request.headers["Range"])))
        shift = first % self._unit
        many = (lambda size: self._many[shift : shift + size]) if "/documents/" in request.url else self._x
        headers = {"etag": '"1"', "content-range": f"bytes {first}-{last}/{of}"}
        return made(206, last + 1 - first, many, **headers)

    @staticmethod
    def _x(size: int) -> bytes:
        return b"x" * size

    def _PutObject(self, request: AWSPreparedRequest) -> AWSResponse:
        if "/chunks/" in request.url:
            self._travel(wire.taken(request, self.latency_seconds))
        else:
            self._send(wire.taken(request))
        return answered(200, b"")

    def _ListObjectsV2(self, request: AWSPreparedRequest) -> AWSResponse:
        query = parse_qs(urlsplit(request.url).query)
        first = int(query.get("continuation-token", ["0"])[0])
        after = min(first + _PAGE, self.results)
        prefix = unquote(query["prefix"][0])
        entries = "".join(_ENTRY.format(prefix, index, self.result_bytes) for index in range(first, after))
        more = after < self.results
        page = _LISTING.format(str(more).lower(), _NEXT.format(after) if more else "", entries)
        return answered(200, page.encode())

    def _CreateMultipartUpload(self, _: AWSPreparedRequest) -> AWSResponse:
        return answered(200, _UPLOAD)

    def _UploadPart(self, request: AWSPreparedRequest) -> AWSResponse:
        if f"partNumber={self.denied_part}&" in f"{request.url}&":
            return answered(403, _DENIED)
        self._send(wire.taken(request, self.latency_seconds))
        return answered(200, b"", etag='"1"')

    def _CompleteMultipartUpload(self, _: AWSPreparedRequest) -> AWSResponse:
        return answered(200, b"<CompleteMultipartUploadResult/>")

    def _AbortMultipartUpload(self, _: AWSPreparedRequest) -> AWSResponse:
        return answered(204, b"")

    def _Invoke(self, _: AWSPreparedRequest) -> AWSResponse:
        self._travel(0)
        return answered(202, b"")

    def _UpdateItem(self, _: AWSPreparedRequest) -> AWSResponse:
        return wire.updated({"done": {"NS": ["0"]}, "size": {"N": str(GROUP_SIZE)}})


def _bytes(header: str | bytes) -> bytes:
    return header if isinstance(header, bytes) else header.encode()
