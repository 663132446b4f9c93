"""The module's bucket and table on moto."""

import boto3
import moto.s3.models

from testing.environment import BUCKET, TABLE

# Moto loads the list of S3's addresses anew for each request, for tests that change its settings meanwhile.
moto.s3.models.reload = lambda module: module  # type: ignore[attr-defined]


def make_bucket() -> None:
    """Make the bucket, with versions, as the module does."""
    s3 = boto3.client("s3")
    s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": "eu-central-1"})
    s3.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})


def make_table() -> None:
    """Make the ledger's table, as the module does."""
    boto3.client("dynamodb").create_table(
        TableName=TABLE,
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
    )
