"""Limits and latencies: what AWS documents, with its source, and what is assumed."""

from dataclasses import dataclass

_LAMBDA = "https://docs.aws.amazon.com/lambda/latest/dg/"
_DYNAMODB = "https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/"
_S3 = "https://docs.aws.amazon.com/AmazonS3/latest/userguide/"
_STATES = "https://docs.aws.amazon.com/step-functions/latest/dg/"

LAMBDA_BURST, LAMBDA_RAMP = 1_000, 100.0
PARTITION_WRITES, PARTITION_READS = 1_000.0, 3_000.0
S3_PUTS, S3_GETS = 3_500.0, 5_500.0
STANDARD_CHILDREN, EXPRESS_CHILDREN = 100.0, 1_000.0
"""Children that a Map Run starts in a second: it has no bucket of them, and nobody raises that."""
MAP_CHILDREN = 10_000

S3_SECONDS = 0.02
DYNAMODB_SECONDS = 0.005
VERDICT_SECONDS = 0.02
EVENT_SECONDS = 0.5
COLD_SECONDS = 0.4
WORK_SECONDS = 1.0
UPLOADS = 24
CUT_SECONDS = 1.0

VCPU_MB = 1_769
FUNCTION_MB = 1_769
PROCESSOR = min(1.0, FUNCTION_MB / VCPU_MB)
"""How much of a processor a function has; Python uses one at the most."""
FUNCTION_SECONDS = 900
SPLIT_CPU, REDRIVE_CPU, MERGE_CPU = 0.0017, 0.00225, 0.0016
CPU_SECONDS = {"split": SPLIT_CPU, "redrive": REDRIVE_CPU, "merge": MERGE_CPU}
"""Of a processor, for a chunk. ``make bench ONLY=parts`` measures about half as much, of requests that are not sent:
the rest is for sending and encrypting them. The module's bound of ``max_chunks`` and its warnings use these, too.
"""
PARTS = 64
"""The default of ``parts.max_concurrency``."""


@dataclass(frozen=True, slots=True)
class Region:
    """Step Functions' quotas of Standard workflows there, each a second and at once."""

    name: str
    starts: tuple[float, int]
    transitions: tuple[float, int]


LARGE = Region("N. Virginia, Oregon, Ireland", starts=(300.0, 1_300), transitions=(5_000.0, 5_000))
OTHER = Region("elsewhere", starts=(150.0, 800), transitions=(800.0, 800))


@dataclass(frozen=True, slots=True)
class Quotas:
    """What an account has.

    ``environments`` of Lambda at a time, ``partitions`` of the table, ``prefixes``, which are partitions of the bucket,
    and how many ``parts`` are run at a time, so that these stand it.
    """

    name: str
    environments: int
    partitions: int
    prefixes: int
    parts: int
    region: Region = LARGE


DEFAULT = Quotas("new account", environments=1_000, partitions=4, prefixes=1, parts=16)
RAISED = Quotas("raised", environments=10_000, partitions=40, prefixes=10, parts=PARTS)


def most_chunks(memory_mb: int, cpu_seconds: float) -> int:
    """Return how many chunks a function of that memory ends within its 15 minutes."""
    return int(FUNCTION_SECONDS * min(1.0, memory_mb / VCPU_MB) / cpu_seconds)


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
    ("S3: such prefixes; more come too late for a job", f"{DEFAULT.prefixes}; raised: {RAISED.prefixes}", "assumed"),
    ("S3: what is too much for a second", "is refused with Slow Down, and tried again as the package does",
     f"{_S3}optimizing-performance.html"),
    ("Step Functions: children that a Map Run starts",
     f"Standard {STANDARD_CHILDREN:g} and Express {EXPRESS_CHILDREN:,g} a second", f"{_STATES}service-quotas.html"),
    *((f"Step Functions, {region.name}: StartExecution, state transitions of Standard",
       "{1:,} at once and {0:,g} a second, ".format(*region.starts)
       + "{1:,} and {0:,g}".format(*region.transitions), f"{_STATES}service-quotas.html")
      for region in (LARGE, OTHER)),
    ("Step Functions: children of a Map Run at a time", f"{MAP_CHILDREN:,}", f"{_STATES}service-quotas.html"),
    ("`split` and `merge`: memory, and what that gives of a processor",
     f"{FUNCTION_MB:,} MB, {PROCESSOR:g}; in proportion below", f"{_LAMBDA}configuration-memory.html"),
    ("`split` and `merge`: processor time of a chunk",
     f"{SPLIT_CPU * 1000:g} and {MERGE_CPU * 1000:g} ms", "`make bench ONLY=parts`, and as much for sending"),
    ("`split`: uploads at a time", f"{UPLOADS}", "sfn_callback/documents/bucket.py"),
    ("a function's timeout", "15 min", f"{_LAMBDA}configuration-timeout.html"),
    ("parts, all at a time; to cut them", f"{DEFAULT.parts}, raised: {RAISED.parts}; {CUT_SECONDS:g} s",
     "`parts.max_concurrency`; assumed"),
    ("work", f"{WORK_SECONDS:g} s ± half of it", "assumed"),
    ("S3, DynamoDB, a verdict", f"{S3_SECONDS * 1000:g} (a write: ± half of it),"
     f" {DYNAMODB_SECONDS * 1000:g} and {VERDICT_SECONDS * 1000:g} ms", "assumed"),
    ("an event of S3, or of a part's end; a new environment", f"{EVENT_SECONDS} s; {COLD_SECONDS} s", "assumed"),
)  # fmt: skip
"""What there is, how much of it, and who says so."""
