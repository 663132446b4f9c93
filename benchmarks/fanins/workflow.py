"""The whole documents workflow on moto, handler by handler."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from unittest import mock

from benchmarks.billing.prices import Usage
from benchmarks.fanins import cloud
from benchmarks.fanins.alternative import TOKEN
from sfn_callback.aws import clients
from sfn_callback.handlers import await_chunks, merge, process, split
from testing.environment import BUCKET
from testing.events import created

_DOCUMENT = {"bucket": BUCKET, "key": "documents/d.txt"}


def run(chunks: int) -> dict[str, Usage]:
    """Split, process and merge a document of so many chunks; return what each handler used."""
    used: dict[str, Usage] = {}
    # The demo workload makes a chunk of each paragraph.
    chunk_bytes = mock.patch.dict(os.environ, CHUNK_BYTES="0")
    with cloud.metered() as meter, chunk_bytes, mock.patch("sfn_callback.log.write"):

        @contextmanager
        def metered(handler: str) -> Iterator[None]:
            meter.anew()
            yield
            used[handler] = meter.usage

        paragraphs = (f"word{number}" for number in range(chunks))
        clients.s3().put_object(Bucket=BUCKET, Key=_DOCUMENT["key"], Body="\n\n".join(paragraphs).encode())
        with metered("split"):
            job = split.handler({"document": _DOCUMENT}, None)
        with metered("await_chunks"):
            await_chunks.handler({"fanin": job["fanin"], "token": TOKEN}, None)
        with metered("process"):
            for index in range(chunks):
                process.handler(created(f"chunks/{job['job']}/{index:08d}"), None)
        with metered("merge"):
            merge.handler({"job": job, "failed": 0}, None)
    return used
