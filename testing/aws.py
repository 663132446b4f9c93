"""The module's bucket and table on moto."""

import pickle
from functools import cache
from importlib import import_module
from typing import Any

import moto.s3.models
from cryptography.hazmat.primitives.asymmetric import rsa
from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.dynamodb.models import dynamodb_backends
from moto.s3.models import s3_backends
from moto.sns.models import Subscription

from testing.environment import BUCKET, TABLE

# Moto loads the list of S3's addresses anew for each request, for tests that change its settings meanwhile.
moto.s3.models.reload = lambda module: module  # type: ignore[attr-defined]

# What moto finds out for each request is the same for all: which of a class's methods are operations, what an update's
# expression says (which is copied before it is changed), and which of its parts a step looks at.
_responses: Any = import_module("moto.core.responses")
_nodes: Any = import_module("moto.dynamodb.parsing.ast_nodes")
_parser: Any = import_module("moto.dynamodb.parsing.expressions").UpdateExpressionParser
_looked_at: Any = _nodes.DepthFirstTraverser.nodes_to_be_processed
_of_step: Any = cache(lambda step: _looked_at(object.__new__(step)))
_responses.method_names_from_class = cache(_responses.method_names_from_class)
_responses.camelcase_to_underscores = cache(_responses.camelcase_to_underscores)
_parser.make = staticmethod(cache(_parser.make))
_nodes.UpdateExpression.__deepcopy__ = lambda self, _: pickle.loads(pickle.dumps(self))
_nodes.DepthFirstTraverser.nodes_to_be_processed = lambda self: _of_step(self.__class__)

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
