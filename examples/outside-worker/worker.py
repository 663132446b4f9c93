"""A worker outside Lambda. It needs boto3, CHUNKS_QUEUE_URL, REPORTS_QUEUE_URL and what `worker_policy` allows."""

import json
import os
import time
from collections import Counter

import boto3

sqs, s3 = boto3.client("sqs"), boto3.client("s3")
chunks, reports = os.environ["CHUNKS_QUEUE_URL"], os.environ["REPORTS_QUEUE_URL"]
beat_seconds, hidden_seconds = int(os.environ.get("BEAT_SECONDS", "60")), int(os.environ.get("HIDDEN_SECONDS", "180"))


def report(**said: object) -> None:  # noqa: D103
    sqs.send_message(QueueUrl=reports, MessageBody=json.dumps(said))


while True:
    for message in sqs.receive_message(QueueUrl=chunks, WaitTimeSeconds=20).get("Messages", []):
        chunk, counts, beaten = json.loads(message["Body"]), Counter(), time.monotonic()
        handle = {"QueueUrl": chunks, "ReceiptHandle": message["ReceiptHandle"]}
        print("at work on", chunk["key"], flush=True)  # noqa: T201 - and never the token: it is a secret
        try:
            for line in s3.get_object(Bucket=chunk["bucket"], Key=chunk["key"])["Body"].iter_lines():
                counts.update(line.decode().split())
                if time.monotonic() >= beaten + beat_seconds:  # or the chunk is given to others
                    report(token=chunk["token"], heartbeat=True)
                    sqs.change_message_visibility(**handle, VisibilityTimeout=hidden_seconds)
                    beaten = time.monotonic()
            report(token=chunk["token"], result=json.dumps(counts), content_type="application/json")
        except UnicodeDecodeError as error:
            report(token=chunk["token"], error="NotText", cause=str(error))
        sqs.delete_message(**handle)
