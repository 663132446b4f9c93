"""Unit prices in US East (N. Virginia), US dollars a million, without free tiers.

They are those since November 2024, when DynamoDB's on-demand prices were halved. ``make bench`` prices everything by
this table alone: after a change of AWS's, change it here.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

SINCE = "November 2024"

DYNAMODB = "https://aws.amazon.com/dynamodb/pricing/on-demand/"
S3 = "https://aws.amazon.com/s3/pricing/"
LAMBDA = "https://aws.amazon.com/lambda/pricing/"
INIT = "https://aws.amazon.com/blogs/compute/aws-lambda-standardizes-billing-for-init-phase/"
STEP_FUNCTIONS = "https://aws.amazon.com/step-functions/pricing/"

WRITE_UNIT = "write request unit"
READ_UNIT = "read request unit"
LAMBDA_REQUEST = "Lambda request"
LAMBDA_GB_SECOND = "Lambda GB-second (arm64)"
TRANSITION = "state transition (Standard)"
EXPRESS_REQUEST = "Express request"
EXPRESS_GB_SECOND = "Express GB-second"
DURABLE_OPERATION = "durable operation"


@dataclass(frozen=True, slots=True)
class Price:
    """What a million costs, and AWS's page that says so."""

    usd_a_million: float
    page: str


PRICES: dict[str, Price] = {
    WRITE_UNIT: Price(0.625, DYNAMODB),
    READ_UNIT: Price(0.125, DYNAMODB),
    "PutObject": Price(5.0, S3),
    "CopyObject": Price(5.0, S3),
    "ListObjectsV2": Price(5.0, S3),
    "GetObject": Price(0.4, S3),
    "HeadObject": Price(0.4, S3),
    LAMBDA_REQUEST: Price(0.2, LAMBDA),
    LAMBDA_GB_SECOND: Price(13.3334, LAMBDA),
    TRANSITION: Price(25.0, STEP_FUNCTIONS),
    EXPRESS_REQUEST: Price(1.0, STEP_FUNCTIONS),
    # $0.06 a GB-hour, the first tier.
    EXPRESS_GB_SECOND: Price(16.67, STEP_FUNCTIONS),
    DURABLE_OPERATION: Price(8.0, LAMBDA),
}

UNPRICED = {
    # DynamoDB bills their units.
    "UpdateItem", "PutItem", "GetItem", "BatchGetItem", "TransactWriteItems",
    # Step Functions bills the transition of the state that waits.
    "SendTaskSuccess",
}  # fmt: skip


@dataclass(slots=True)
class Usage:
    """What was used: requests by their operation, and units that are billed beside them."""

    requests: Counter[str] = field(default_factory=Counter)
    units: Counter[str] = field(default_factory=Counter)

    def usd(self) -> float:
        """Return what it costs.

        Raises:
            KeyError: something in it has no price.
        """
        return _usd(self.units) + _usd({kind: n for kind, n in self.requests.items() if kind not in UNPRICED})

    def usd_a_million(self, chunks: int) -> float:
        """Return what a million chunks cost, if so many cost this."""
        return self.usd() * 1_000_000 / chunks


def _usd(amounts: Mapping[str, float]) -> float:
    return sum(PRICES[kind].usd_a_million * amount for kind, amount in amounts.items()) / 1_000_000
