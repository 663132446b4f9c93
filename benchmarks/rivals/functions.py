"""The functions of the rivals: the same ``split``, ``process`` and ``merge``, without a ledger between them.

They are as short as such examples are: nothing is tried again, and whoever finds the last chunk is nobody's business.
"""

import json
import os
from typing import Any

import boto3

from sfn_callback import demo
from sfn_callback.documents.source import open_document

s3, machines = boto3.client("s3"), boto3.client("stepfunctions")
BUCKET = os.environ["BUCKET"]


def split(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Put the chunks of the document beside each other; return their keys."""
    document = open_document(s3, BUCKET, event["key"], None)
    keys = []
    for number, body in enumerate(demo.split(document)):
        keys.append(f"rivals/{event['run']}/chunks/{number:08d}")
        s3.put_object(Bucket=BUCKET, Key=keys[-1], Body=body)
    return {"run": event["run"], "keys": keys}


def process(event: dict[str, Any], _context: object) -> str:
    """Process one chunk; return its result's key."""
    body = s3.get_object(Bucket=BUCKET, Key=event["key"])["Body"].read()
    result = str(event["key"]).replace("/chunks/", "/results/")
    s3.put_object(Bucket=BUCKET, Key=result, Body=demo.process(body))
    return result


def merge(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Merge the results; return what is in them."""
    bodies = (s3.get_object(Bucket=BUCKET, Key=key)["Body"].read() for key in event["results"])
    merged: dict[str, Any] = json.loads(demo.merge(bodies).body)  # type: ignore[arg-type]
    return merged


def call_back(event: dict[str, Any], context: object) -> None:
    """Process one chunk, and answer its own token."""
    machines.send_task_success(taskToken=event["token"], output=json.dumps(process(event, context)))


def do_it_all(event: dict[str, Any], context: object) -> None:
    """Split, process and merge in one worker, and answer the machine's only token."""
    keys = split(event, context)["keys"]
    merged = merge({"results": [process({"key": key}, context) for key in keys]}, context)
    machines.send_task_success(taskToken=event["token"], output=json.dumps(merged))
