"""What the module refuses, and the sentence that says what to change: a row each."""

from collections.abc import Mapping
from pathlib import Path

from tests.module import instances

PREFIX = "refused_"
OPERATORS = 'topic_arn = "arn:aws:sns:eu-central-1:123456789012:operators"'

FUNCTION = "arn:aws:lambda:eu-central-1:123456789012:function:orders"
LAYER = "arn:aws:lambda:eu-central-1:123456789012:layer:orders:3"

# One input is wrong in itself: `terraform validate` says so already.
INPUTS = {
    'name = "Docs"': "The name must have 2 to 28 lower-case letters",
    'name = "abcdefghijklmnopqrstuvwxyz-0123"': "The name must have 2 to 28 lower-case letters",
    'name = "xn--docs"': "The name must not begin with",
    'tags = { "aws:team" = "data" }': "Tag keys must not begin with",
    'tags = { for number in range(51) : "tag-${number}" => "data" }': "A resource takes at most 50 tags",
    'tags = { team = join("", range(200)) }': "A tag must have a key of 1 to 128 characters",
    'workflows = ["documents", "document"]': "The workflows must be among",
    'workload = "words.py/x"': "The workload must be the dotted name",
    'package = { path = "dist/sfn_callback.zip", bucket = "b", key = "k" }': "The package must have either path, or",
    'package = { bucket = "b" }': "A package on S3 needs both bucket and key",
    'packages = { merge = { path = "a.zip", bucket = "b", key = "k" } }': "Each of the packages must have either path",
    'packages = { merge = { bucket = "b" } }': "Each of the packages on S3 needs both",
    'packages = { merge = { layers = [for number in range(6) : "a${number}"] } }': "takes at most 5 layers",
    'images = { merge = "scans:latest" }': "The images must be URIs of images in ECR",
    'versions = { live = { merge = "7" } }': "Only published versions can be pinned",
    'versions = { snap_start = ["page"] }': "Only published versions have a snapshot: set publish",
    'versions = { publish = true, live = { merge = "$LATEST" } }': "A function's version must be a number",
    'layers = [for number in range(6) : "arn:aws:lambda:eu-central-1:123456789012:layer:a:${number}"]': "5 layers",
    'layers = ["arn:aws:lambda:eu-central-1:123456789012:layer:theirs"]': "must be the ARN of one of its versions",
    'environment = { SFN_CALLBACK_TABLE = "t" }': "Environment variable names must",
    'environment = { AWS_REGION = "eu-central-1" }': "a variable that Lambda sets itself",
    'runtime = "python3.10"': "The runtime must be python3.11 or newer",
    'architecture = "arm"': "The architecture must be",
    "memory_mb = { process = 64 }": "A function's memory must be",
    "ephemeral_storage_mb = { process = 256 }": "A function's ephemeral storage must be",
    "timeout_seconds = { process = 901 }": "A function's timeout must be",
    "reserved_concurrency = 0": "The reserved concurrency must be",
    'definitions = { document = "states/documents.asl.json" }': "The keys of definitions must be among",
    "completion = { fail_fast = true, tolerated_failure_count = 1 }": "omit fail_fast, or the tolerance",
    "completion = { fail_fast = false }": "set tolerated_failure_count or tolerated_failure_percentage",
    "completion = { tolerated_failure_count = 50001 }": "The tolerated_failure_count must be",
    "completion = { tolerated_failure_percentage = 101 }": "The tolerated_failure_percentage must be",
    "max_chunks = 0": "The max_chunks must be",
    "max_chunks = 400001": "have larger documents cut into parts (parts)",
    "max_chunks = 2.5": "The max_chunks must be",
    'document_suffixes = [".pdf .txt"]': "Each of the document_suffixes must have",
    "wait = { round_seconds = 0 }": "The round_seconds must be",
    "wait = { max_rounds = 0 }": "The max_rounds must be a positive integer",
    "wait = { max_rounds = 21 }": "The max_rounds must be at most 20",
    "wait = { job_seconds = 31536001 }": "The job_seconds must be",
    "parts = { over_mb = 0.5 }": "The over_mb of parts must be",
    "parts = { max_concurrency = 1001 }": "The max_concurrency of parts must be",
    "parts = { job_seconds = 31536001 }": "The job_seconds of parts must be",
    "pending = { heartbeat_seconds = 0 }": "The heartbeat_seconds and longest_seconds of pending must be",
    "pending = { longest_seconds = 2.5 }": "The heartbeat_seconds and longest_seconds of pending must be",
    'pending = { doors = ["queue", "email"] }': "The doors of pending must be among",
    'pending = { result_buckets = ["arn:aws:s3:::scans"] }': "The result_buckets of pending must be",
    'pending = { result_buckets = ["scans/*"] }': "The result_buckets of pending must be",
    'pending = { result_buckets = ["scans/out/"] }': "The result_buckets of pending must be",
    'pending = { reporters = ["arn:aws:iam::999999999999:role/*"] }': "The reporters of pending must be ARNs",
    'pending = { reporters = ["arn:aws:sts::999999999999:assumed-role/a/b"] }': "The reporters of pending must be ARNs",
    'pending = { reporters = ["999999999999"] }': "The reporters of pending must be ARNs",
    "sweep = { minutes = 0.5 }": "The minutes of a sweep must be",
    "sweep = { quiet_seconds = 0 }": "The quiet_seconds and oldest_seconds of a sweep must be",
    "task = { timeout_seconds = 1 }": "The timeout_seconds of a task must be",
    "task = { timeout_seconds = 60, heartbeat_seconds = 60 }": "The heartbeat_seconds of a task must be",
    "task = { maximum_concurrency = 1 }": "The maximum_concurrency of a queue's worker must be",
    'task = { large_outputs = "drop" }': "The large_outputs must be",
    "approval = { timeout_seconds = 31536000 }": "The timeout_seconds of an approval must be",
    "approval = { timeout_seconds = 100, remind_seconds = 30 }": "The remind_seconds of an approval must be",
    "approval = { timeout_seconds = 86400, remind_seconds = 60 }": "An approval must not send more than 1000 mails",
    'approval = { emails = ["ana"] }': "The emails of an approval must be addresses",
    'approval = { emails_by_key = { "a@b.example" = "c@d.example" } }': "The keys of emails_by_key must be names",
    'approval = { emails_by_key = { ana = "ana" } }': "The values of emails_by_key must be addresses",
    'approval = { url_auth = "JWT" }': "The url_auth of an approval must be",
    'approval = { url = "http://approve.example.com" }': "The url of an approval must begin with",
    'approval = { url = "https://approve.example.com/?id=" }': "The url of an approval must have no query",
    'approval = { url = "https://approve.example.com/#" }': "The url of an approval must have no query",
    'approval = { url_parameter = "docs approval" }': "The url_parameter of an approval must be the name",
    'approval = { url = "https://a.example", url_parameter = "b" }': "The url_parameter of an approval must be",
    'approval = { asker = { name = " ", contact = "a@b.example" } }': "The asker of an approval must have a name",
    'approval = { asker = { name = "a\\nb", contact = "a@b.example" } }': "The asker of an approval must have a name",
    'approval = { asker = { name = "A", contact = "javascript:alert(1)" } }': "The contact of an approval's asker",
    'approval = { asker = { name = "A", contact = "http://a.example" } }': "The contact of an approval's asker must be",
    'approval = { asker = { name = "A", contact = "a@b.example?cc=c@d.example" } }': "The contact of an approval",
    "approval = { reserved_concurrency = 0 }": "The reserved_concurrency of an approval must be",
    'approval = { webhook_secret_arn = "s3cret" }': "The webhook_secret_arn of an approval must be",
    "retention_days = { logs = 10 }": "The retention_days of logs must be",
    "retention_days = { data = 0 }": "The retention_days of data must be",
    'bucket = { name = "arn:aws:s3:::theirs" }': "The name of a bucket must be",
    'bucket = { name = "theirs", kms_key_arn = "alias/theirs" }': "The kms_key_arn of a bucket must be",
    'bucket = { name = "theirs", prefix = "team-a" }': "The prefix of a bucket must be empty, or end with a slash",
    'bucket = { name = "theirs", prefix = "/team-a/" }': "The prefix of a bucket must be empty, or end with a slash",
    'bucket = { name = "theirs", prefix = "team-a//b/" }': "The prefix of a bucket must be empty, or end with a slash",
    'bucket = { name = "theirs", prefix = "team-*/" }': "The prefix of a bucket must be empty, or end with a slash",
    'bucket = { name = "theirs", prefix = "a/../" }': "no folder may begin with a dot",
    'bucket = { name = "theirs", prefix = "${join("", range(50))}/" }': "It can have at most 64",
    'bucket = { name = "theirs", prefix = "documents/" }': "must not contain a folder name of the module",
    'bucket = { name = "theirs", prefix = "team-a/chunks/b/" }': "must not contain a folder name of the module",
    'vpc = { subnet_ids = ["private"], security_group_ids = ["sg-1"] }': "The vpc must have ids",
    'kms_key_arn = "arn:aws:kms:eu-central-1:123456789012:alias/mine"': "The kms_key_arn must be the ARN of a key",
    'permissions_boundary = "boundary"': "The permissions_boundary must be the ARN of an IAM policy",
    'role_path = "pipelines"': "The role_path must begin and end with a slash",
    'role_arns = { process = "theirs" }': "The role_arns must be ARNs of IAM roles",
    'resume_resources = ["my-machine"]': "The resume_resources must be ARNs of state machines",
    'durable_functions = ["orders"]': "The durable_functions must be ARNs of functions",
    f'durable_functions = ["{FUNCTION}:live"]': "without a version, an alias",
    f'durable_functions = ["{FUNCTION}:*"]': "or wildcards",
    f'durable_functions = ["{FUNCTION}-*"]': "or wildcards",
    f'durable_functions = ["{LAYER}"]': "The durable_functions must be ARNs of functions",
    'log_group_names = { process = "/theirs", split = "/theirs" }': "needs a log group of its own",
    'log_group_names = { process = "arn:aws:logs:eu-central-1:123456789012:log-group:/a" }': "not ARNs.",
    'alarms = { topic_arn = "operators@example.com" }': "The topic_arn of alarms must be",
    'notifications = { topic_arn = "ends@example.com" }': "The topic_arn of notifications must be",
    f'notifications = {{ {OPERATORS}, statuses = ["RUNNING"] }}': "The statuses of notifications must be",
}

# Inputs that have nothing where something is needed, by the names that a plan says: what they come from is not made.
NOTHING = {
    "alarms.topic_arn": "alarms = { topic_arn = null }",
    "approval.emails, approval.url, approval.webhook_secret_arn": (
        'approval = { emails = [null], url = "", webhook_secret_arn = "" }'
    ),
    "bucket.kms_key_arn, bucket.name": 'bucket = { name = null, kms_key_arn = "", check = false }',
    "definitions": "definitions = { direct = null }",
    "document_suffixes": "document_suffixes = [null]",
    "durable_functions": "durable_functions = [null]",
    "environment": "environment = { TEAM = null }",
    "ephemeral_storage_mb": "ephemeral_storage_mb = { process = null }",
    "images": "images = { merge = null }",
    "kms_key_arn": 'kms_key_arn = ""',
    "layers": "layers = [null]",
    "log_group_names": "log_group_names = { process = null, split = null }",
    "memory_mb": "memory_mb = { process = null }",
    "notifications.topic_arn": 'notifications = { topic_arn = "" }',
    "packages": "packages = { merge = null }",
    "pending.reporters, pending.result_buckets": 'pending = { reporters = [null], result_buckets = [""] }',
    "permissions_boundary": 'permissions_boundary = ""',
    "resume_resources": "resume_resources = [null]",
    "role_arns": "role_arns = { process = null }",
    "tags": "tags = { team = null }",
    "timeout_seconds": "timeout_seconds = { process = null }",
    "versions.live, versions.snap_start": (
        "versions = { publish = true, live = { process = null }, snap_start = [null] }"
    ),
    "vpc.security_group_ids, vpc.subnet_ids": "vpc = { subnet_ids = [], security_group_ids = [null] }",
}
ALL_ON = """workflows = ["documents", "direct", "queue", "topic", "approval"]
sweep = {}
metrics = true
dashboard = true"""

NO_FUNCTION = (
    "The keys of packages, images, memory_mb, ephemeral_storage_mb, timeout_seconds and versions.live, and the names "
    "in versions.snap_start, must be functions: ask, await_chunks, chunk_failed,"
)
LONG_POLICY = (
    "longer than the 10,240 characters that IAM takes in all of a role's inline policies, yours included: name fewer "
    'machines in resume_resources, or many by what their names begin with, such as "…:stateMachine:orders-*", and '
    "fewer functions in durable_functions."
)
LONG_ENVIRONMENT = (
    "more than the 4 KB that a function takes. Put long values into a parameter, and its name into the environment; "
    "and of durable_functions name fewer."
)
ELSEWHERE = "must be of the module's own account and region"
DIRECT = 'workflows = ["direct"]'

# Inputs that do not go together, or that name what there is not: a plan says so. Those of one dict are planned at
# once: where something is refused, nothing is planned that depends on it. A row that names an input by its default
# stays apart from rows that have another value of it.
TOGETHER = {
    # By what nothing depends on: outputs, and checks, which warn.
    "outputs": {
        'package = { path = "none.zip" }\ndefinitions = { documents = "none.json" }': "not exist: none.zip, none.json.",
        f"{DIRECT}\nmemory_mb = {{ proces = 512 }}": NO_FUNCTION,
        f"{DIRECT}\ntimeout_seconds = {{ merger = 60 }}": NO_FUNCTION,
        f'{DIRECT}\nversions = {{ publish = true, live = {{ merger = "7" }} }}': NO_FUNCTION,
        f'{DIRECT}\nversions = {{ publish = true, snap_start = ["merger"] }}': NO_FUNCTION,
        'workflows = ["queue"]\ntimeout_seconds = { queue_worker = 5 }': "The timeout_seconds of a worker must be",
        f'{DIRECT}\nrole_arns = {{ proces = "arn:aws:iam::123456789012:role/theirs" }}': (
            "The keys of role_arns and log_group_names"
        ),
        f'{DIRECT}\nalarms = {{ {OPERATORS}, leave_out = ["overdu"] }}': "The alarms to leave out must be some of",
        f'{DIRECT}\nenvironment = {{ LONG = format("%05000d", 1) }}': LONG_ENVIRONMENT,
        "durable_functions = [for number in range(80) : "
        f'"{FUNCTION}-${{number}}-of-the-team-that-settles-claims"]': LONG_ENVIRONMENT,
        f'{DIRECT}\ndurable_functions = ["{FUNCTION.replace("eu-central-1", "eu-west-1")}"]': ELSEWHERE,
        f'{DIRECT}\ndurable_functions = ["{FUNCTION.replace("123456789012", "999999999999")}"]': ELSEWHERE,
        "timeout_seconds = { start = 29 }": "The timeout_seconds of start must be at least 30",
        "sweep = {}\ntimeout_seconds = { sweep = 59 }": "The timeout_seconds of sweep must be at least 60",
        'package = {}\nworkload = "my_words"': "not in the zip that comes with this module",
        "wait = { round_seconds = 1080 }": "no more than 1080, which three attempts of process can take",
        "pending = { longest_seconds = 10801 }": "The longest_seconds of pending are more than all rounds of wait",
        "pending = { heartbeat_seconds = 3600 }": "The heartbeat_seconds of pending are no less than the round_seconds",
        "max_chunks = 200000": "split reaches 153227, redrive reaches 115771 of them within its timeout_seconds",
        "timeout_seconds = { merge = 200 }": "merge reaches 72357 of them within its timeout_seconds",
        'workflows = ["topic"]\ntask = { timeout_seconds = 210 }\ntimeout_seconds = { topic_worker = 10 }': (
            "no more than 210, which three attempts of topic_worker can take"
        ),
        'workflows = ["queue"]\ntask = { timeout_seconds = 300 }\ntimeout_seconds = { queue_worker = 10 }': (
            "no more than 300, which 5 receipts of its message can take"
        ),
        'workflows = ["queue"]\ntask = { heartbeat_seconds = 5, maximum_concurrency = 600 }': (
            "may send 360 heartbeats a second"
        ),
    },
    "roles_and_rules": {
        "\n".join([ALL_ON, *NOTHING.values()]): (
            f"These inputs are null or empty where a value is needed: {', '.join(NOTHING)}. Omit"
        ),
        "resume_resources = [for number in range(150) : "
        f'"arn:aws:states:eu-central-1:123456789012:stateMachine:one-of-many-${{number}}"]\n{DIRECT}': LONG_POLICY,
        f'durable_functions = [for number in range(150) : "{FUNCTION}-${{number}}"]\n{DIRECT}': LONG_POLICY,
        "sweep = { oldest_seconds = 18000 }": "The oldest_seconds of a sweep must be less than",
    },
    "functions": {
        'runtime = "python3.11"\nversions = { publish = true, snap_start = ["process"] }': (
            "SnapStart needs Python 3.12 or newer: set runtime, or leave process out of the snap_start of versions."
        ),
        'ephemeral_storage_mb = { process = 1024 }\nversions = { publish = true, snap_start = ["process"] }': (
            "SnapStart takes no function with more than 512 MB of /tmp: leave process out of ephemeral_storage_mb"
        ),
    },
    "machines": {
        "parts = { job_seconds = 18000 }": "The job_seconds of parts must be at least 19650:",
        "parts = { job_seconds = 864000 }\nretention_days = { data = 10 }": "or parts expire under a running job.",
        "parts = null\nwait = { max_rounds = 9 }": "The job_seconds of wait must be at least 42030: all rounds",
        "parts = null\nwait = { job_seconds = 864000 }\nretention_days = { data = 10 }": (
            "or chunks expire under a running job."
        ),
        f'{DIRECT}\ndefinitions = {{ direct = "tests/definitions/endless.asl.json" }}': "needs TimeoutSeconds",
    },
}


def add(copy: Path, mocks: str) -> None:
    """Add a root of each plan of :data:`TOGETHER` to a copy of the module."""
    for plan, rows in TOGETHER.items():
        named = {name: {"name": f'"{name}"', **inputs} for name, inputs in _instances(rows).items()}
        instances.add(copy, f"{PREFIX}{plan}", instances.root(named), mocks)


def _instances(rows: Mapping[str, str]) -> dict[str, dict[str, str]]:
    """The rows in few instances, of which none has two values of an input, or two rows of which the same is said."""
    made: list[tuple[dict[str, str], set[str]]] = []
    for row, sentence in rows.items():
        inputs = dict(line.split(" = ", 1) for line in row.splitlines())
        fitting = (one for one in made if sentence not in one[1] and _agree(inputs, one[0]))
        instance = next(fitting, None) or ({}, set())
        if not instance[0]:
            made.append(instance)
        instance[0].update(inputs)
        instance[1].add(sentence)
    return {f"wrong-{number}": inputs for number, (inputs, _) in enumerate(made)}


def _agree(one: dict[str, str], other: dict[str, str]) -> bool:
    """Whether both want the same workflows, and no other input has two values."""
    return one.get("workflows") == other.get("workflows") and all(
        other.get(name, one[name]) == one[name] for name in one
    )
