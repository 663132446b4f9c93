"""Limits and latencies: what AWS documents, with its source, and what is assumed."""

from dataclasses import dataclass

_LAMBDA = "https://docs.aws.amazon.com/lambda/latest/dg/"
_DYNAMODB = "https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/"
_S3 = "https://docs.aws.amazon.com/AmazonS3/latest/userguide/"
_STATES = "https://docs.aws.amazon.com/step-functions/latest/dg/"

LAMBDA_BURST, LAMBDA_RAMP = 1_000, 100.0
PARTITION_WRITES, PARTITION_READS = 1_000.0, 3_000.0
S3_PUTS, S3_GETS = 3_500.0, 5_500.0
STANDARD_STARTS, EXPRESS_STARTS = (300.0, 1_300), (6_000.0, 6_000)
TRANSITIONS = (5_000.0, 5_000)
MAP_CHILDREN = 10_000

S3_SECONDS = 0.02
DYNAMODB_SECONDS = 0.005
VERDICT_SECONDS = 0.02
EVENT_SECONDS = 0.5
COLD_SECONDS = 0.4
WORK_SECONDS = 1.0
UPLOADS = 24


@dataclass(frozen=True, slots=True)
class Quotas:
    """What an account has.

    ``environments`` of Lambda at a time, ``partitions`` of the table, ``prefixes``, which are partitions of the bucket,
    and ``splits``, chunks that are written in a second.
    """

    name: str
    environments: int
    partitions: int
    prefixes: int
    splits: float


DEFAULT = Quotas("new account", environments=1_000, partitions=4, prefixes=1, splits=UPLOADS / S3_SECONDS)
RAISED = Quotas("raised", environments=10_000, partitions=40, prefixes=10, splits=10 * S3_PUTS)

INPUTS = (
    ("Lambda: environments of a function", f"{LAMBDA_BURST:,} at once, {LAMBDA_RAMP:g} more each second",
     f"{_LAMBDA}scaling-behavior.html"),
    ("Lambda: environments of an account", f"{DEFAULT.environments:,}; raised: {RAISED.environments:,}",
     f"{_LAMBDA}lambda-concurrency.html"),
    ("DynamoDB: an item, and its partition",
     f"{PARTITION_WRITES:,g} write and {PARTITION_READS:,g} read units a second",
     f"{_DYNAMODB}bp-partition-key-design.html"),
    ("DynamoDB: a new on-demand table", "4,000 write units a second", f"{_DYNAMODB}on-demand-capacity-mode.html"),
    ("DynamoDB: a table's default quota", "raised: 40,000 write units a second", f"{_DYNAMODB}Limits.html"),
    ("S3: a partitioned prefix; listings taken for reads", f"{S3_PUTS:,g} writes and {S3_GETS:,g} reads a second",
     f"{_S3}optimizing-performance.html"),
    ("S3: such prefixes", f"{DEFAULT.prefixes}; raised: {RAISED.prefixes}", "assumed"),
    ("Step Functions: starts of children, taken to be those of StartExecution",
     "Standard 1,300 at once and 300 a second, Express 6,000 and 6,000", f"{_STATES}service-quotas.html"),
    ("Step Functions: state transitions of Standard", "5,000 at once and 5,000 a second",
     f"{_STATES}service-quotas.html"),
    ("Step Functions: children of a Map Run at a time", f"{MAP_CHILDREN:,}", f"{_STATES}service-quotas.html"),
    ("the splitter", f"{UPLOADS} uploads at a time; raised: as fast as S3 takes them", "assumed"),
    ("work", f"{WORK_SECONDS:g} s ± half of it", "assumed"),
    ("S3, DynamoDB, a verdict", f"{S3_SECONDS * 1000:g}, {DYNAMODB_SECONDS * 1000:g} and {VERDICT_SECONDS * 1000:g} ms",
     "assumed"),
    ("an event of S3; a new environment", f"{EVENT_SECONDS} s; {COLD_SECONDS} s", "assumed"),
)  # fmt: skip
"""What there is, how much of it, and who says so."""
