"""Outputs that are too large for Step Functions: stored as objects, whose places the machine gets.

https://docs.aws.amazon.com/step-functions/latest/dg/sfn-best-practices.html
"""

from typing import Any

from sfn_callback import ids, layout, settings
from sfn_callback.aws import clients, uploads


def write(output: bytes) -> dict[str, Any]:
    """Write a task's output, which is JSON; return where it is: ``{"bucket", "key", "bytes"}``.

    Raises:
        ClientError: S3 refuses, also after retries.
    """
    config = settings.current()
    key = layout.output(ids.new_job())
    clients.s3().put_object(
        Bucket=config.bucket,
        Key=key,
        Body=output,
        ContentType="application/json",
        **uploads.encryption(config.bucket_key_arn),
    )
    return {"bucket": config.bucket, "key": key, "bytes": len(output)}
