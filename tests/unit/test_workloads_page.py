"""The code of docs/workloads.md: a chunk is handed on, taken from the queue, and reported."""

import io
import json
from typing import Any

import sfn_callback
from sfn_callback.contract import About, Chunk, Source
from sfn_callback.reports.report import parse
from testing.environment import BUCKET
from tests.readme import ROOT, block

PAGE = (ROOT / "docs" / "workloads.md").read_text()
TOKEN = "a" * 64


class Aws:
    """A queue, and a bucket in which every object is the words of its place."""

    def __init__(self) -> None:
        self.sent: dict[str, str] = {}

    def send_message(self, *, QueueUrl: str, MessageBody: str) -> None:
        self.sent[QueueUrl] = MessageBody

    def get_object(self, *, Bucket: str, Key: str) -> dict[str, Any]:
        return {"Body": io.BytesIO(f"{Bucket} {Key}".encode())}


def test_the_pages_chunk_is_handed_on_and_its_report_is_one() -> None:
    chunk = Chunk(b"text", "job", 7, About(Source("theirs", "documents/a.txt")))
    chunk.with_token(lambda: TOKEN)
    aws = Aws()
    given: dict[str, Any] = {"json": json, "sfn_callback": sfn_callback, "sqs": aws, "queue": aws, "s3": aws}
    given |= {"CHUNKS": "chunks", "REPORTS": "reports", "count": lambda body: len(body.read().split())}
    exec(handing_on := block("python", "PENDING", PAGE), given)
    assert given["process"](chunk) is sfn_callback.PENDING
    exec(reporting := block("python", "REPORTS", PAGE), given | {"message": {"Body": aws.sent["chunks"]}})
    reported = parse(json.loads(aws.sent["reports"]))
    assert (reported.token, reported.result) == (TOKEN, b"2")
    assert json.loads(aws.sent["chunks"]) == {"token": TOKEN, "bucket": BUCKET, "key": "chunks/job/00000007"}
    assert len((handing_on + reporting).splitlines()) <= 10
