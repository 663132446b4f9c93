"""The words of a text, counted outside Lambda: each paragraph is a chunk, which is handed on with its token.

Workers take it from a queue. A document with the option ``by=recognition`` is given to the recognition instead.
"""

import json
import os
from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import groupby

import boto3

from sfn_callback import PENDING, Chunk, Document, LargeChunk
from sfn_callback.contract import Pending

queue, functions = boto3.client("sqs"), boto3.client("lambda")


def split(document: Document) -> Iterator[bytes]:
    """Yield each paragraph: the lines between blank ones."""
    for is_text, lines in groupby(document, key=lambda line: bool(line.strip())):
        if is_text:
            yield b"".join(lines)


def process(chunk: Chunk | LargeChunk) -> Pending:
    """Hand the chunk on: say where it is, and by which token to report it."""
    bucket, key = chunk.at.bucket, chunk.at.key
    if chunk.options.get("by") == "recognition":
        # Textract is started with these names: https://docs.aws.amazon.com/textract/latest/dg/API_StartDocumentTextDetection.html
        job = {"DocumentLocation": {"S3Object": {"Bucket": bucket, "Name": key}}, "JobTag": chunk.token}
        name = os.environ["RECOGNITION_FUNCTION"]
        functions.invoke(FunctionName=name, InvocationType="Event", Payload=json.dumps(job))
    else:
        message = {"token": chunk.token, "bucket": bucket, "key": key}
        queue.send_message(QueueUrl=os.environ["CHUNKS_QUEUE_URL"], MessageBody=json.dumps(message))
    return PENDING


def merge(results: Iterable[bytes]) -> bytes:
    """Add the counts of all chunks."""
    counts: Counter[str] = Counter()
    for result in results:
        counts.update(json.loads(result))
    return json.dumps(dict(sorted(counts.items()))).encode()
