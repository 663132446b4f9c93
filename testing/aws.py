"""The module's bucket and table on moto."""

from functools import cache

from cryptography.hazmat.primitives.asymmetric import rsa
from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.dynamodb.models import dynamodb_backends
from moto.s3.models import s3_backends
from moto.sns.models import Subscription

from testing import moto_expressions, moto_requests  # noqa: F401
from testing.environment import BUCKET, TABLE

# With each message's signature comes a key, of which one does for all: to make one takes 60 ms.
_key = cache(lambda: rsa.generate_private_key(public_exponent=65537, key_size=2048))
Subscription.private_key = lambda self: _key()  # type: ignore[method-assign,assignment]


def make_bucket() -> None:
    """Make the bucket, with versions, as the module does."""
    s3 = s3_backends[DEFAULT_ACCOUNT_ID]["aws"]
    s3.create_bucket(BUCKET, "eu-central-1")
    s3.put_bucket_versioning(BUCKET, "Enabled")


def make_table() -> None:
    """Make the ledger's table, as the module does."""
    dynamodb_backends[DEFAULT_ACCOUNT_ID]["eu-central-1"].create_table(
        TABLE,
        schema=[{"AttributeName": "pk", "KeyType": "HASH"}],
        throughput=None,
        attr=[{"AttributeName": "pk", "AttributeType": "S"}],
        global_indexes=None,
        indexes=None,
        streams=None,
        billing_mode="PAY_PER_REQUEST",
        sse_specification=None,
        tags=[],
        deletion_protection_enabled=None,
        warm_throughput=None,
    )
