"""A stand-in for a service that recognises text, and what reports the notices that it publishes when it is done.

It is started with a ``JobTag``, which it gives back in its notice, as Textract is and does. A chunk token fits:
botocore's ``JobTag`` has 64 characters. https://docs.aws.amazon.com/textract/latest/dg/async-notification-payload.html
"""

import json
import os
import time
import uuid
from collections import Counter
from typing import Any

import boto3

from sfn_callback import report

s3, sns = boto3.client("s3"), boto3.client("sns")


def report_notices(event: dict[str, Any], _context: object) -> None:
    """Report each chunk that a notice is about; a result is copied from where the service has put it."""
    for record in event["Records"]:
        notice = json.loads(record["Sns"]["Message"])
        if notice["Status"] == "SUCCEEDED":
            at = {"bucket": os.environ["OUTPUT_BUCKET"], "key": f"text/{notice['JobId']}/1"}
            report(notice["JobTag"], result_at=at)
        else:
            report(notice["JobTag"], error="NotRecognised", cause=f"Job {notice['JobId']}: {notice['Status']}")


def recognize(job: dict[str, Any], _context: object) -> None:
    """Stand in for the service: count the words of an object, and publish a notice. One that is "illegible" fails."""
    at, job_id = job["DocumentLocation"]["S3Object"], uuid.uuid4().hex
    words = s3.get_object(Bucket=at["Bucket"], Key=at["Name"])["Body"].read().decode().split()
    s3.put_object(Bucket=os.environ["OUTPUT_BUCKET"], Key=f"text/{job_id}/1", Body=json.dumps(Counter(words)))
    notice = {
        "JobId": job_id,
        "Status": "FAILED" if "illegible" in words else "SUCCEEDED",
        "API": "StartDocumentTextDetection",
        "JobTag": job["JobTag"],
        "Timestamp": int(time.time() * 1000),
        "DocumentLocation": {"S3ObjectName": at["Name"], "S3Bucket": at["Bucket"]},
    }
    sns.publish(TopicArn=os.environ["NOTICES_TOPIC_ARN"], Message=json.dumps(notice))
