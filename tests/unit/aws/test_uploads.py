import threading
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest

from sfn_callback.aws import clients, uploads
from testing.environment import BUCKET
from tests.tooling.loopback import Quiet, serving


def test_an_iterable_is_a_file_whatever_its_pieces(s3: Any) -> None:
    assert uploads.upload(s3, BUCKET, "k", [b"a" * 100_000, b"", b"b"], {}) == 100_001
    assert s3.get_object(Bucket=BUCKET, Key="k")["Body"].read() == b"a" * 100_000 + b"b"


class SlowS3(Quiet):
    """Takes a part when the pieces have failed, and not before; counts what it is asked."""

    asked: Counter[str]
    begun: threading.Event
    failed: threading.Event

    def do_POST(self) -> None:
        self._answer(b"<InitiateMultipartUploadResult><UploadId>1</UploadId></InitiateMultipartUploadResult>")

    def do_PUT(self) -> None:
        self.begun.set()
        self.failed.wait()
        self.asked["PUT"] += 1
        while self.rfile.read(100_000):
            pass
        self.close_connection = True

    def do_DELETE(self) -> None:
        self._answer(b"")

    def _answer(self, body: bytes) -> None:
        self.asked[self.command] += 1
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def test_a_part_on_its_way_is_not_sent_again_when_the_pieces_have_failed(
    monkeypatch: pytest.MonkeyPatch, no_pauses: list[float]
) -> None:
    begun, failed = threading.Event(), threading.Event()
    given: dict[str, Any] = {"asked": Counter[str](), "begun": begun, "failed": failed}

    def pieces() -> Iterator[bytes]:
        yield bytes(uploads.PART_BYTES + 1)
        begun.wait()
        failed.set()
        raise RuntimeError("no more ink")

    with serving(type("S3", (SlowS3,), given)) as place:
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://{place}")
        with pytest.raises(RuntimeError, match="no more ink"):
            uploads.upload(clients.s3(), BUCKET, "k", pieces(), {})
    assert given["asked"] == {"POST": 1, "PUT": 1, "DELETE": 1}
    assert no_pauses == []
