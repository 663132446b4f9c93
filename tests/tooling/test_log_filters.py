"""The local AWS finds lines of a log by a pattern, as AWS does."""

import time
from typing import Any

import pytest

from emulator.aws import LocalAws

GROUP, STREAM = "/aws/lambda/any", "one"
LINES = ["a job-1", "a job-2 of an execution", "an execution of job-12"]


@pytest.fixture(scope="module")
def logs(local_aws: LocalAws) -> Any:
    """A client of its CloudWatch Logs, with a group of some lines."""
    client = local_aws.client("logs")
    client.create_log_group(logGroupName=GROUP)
    client.create_log_stream(logGroupName=GROUP, logStreamName=STREAM)
    now = int(time.time() * 1000)
    events = [{"timestamp": now + number, "message": line} for number, line in enumerate(LINES)]
    client.put_log_events(logGroupName=GROUP, logStreamName=STREAM, logEvents=events)
    return client


@pytest.mark.parametrize(
    ("pattern", "found"),
    [
        ("", LINES),
        ('"job-1"', [LINES[0], LINES[2]]),
        ('"job-2" execution', [LINES[1]]),
        ('?"job-2"', [LINES[1]]),
        ('?"job-2" ?"job-12"', LINES[1:]),
        ('?"an execution" ?absent', LINES[1:]),
        ("?absent ?missing", []),
    ],
)
def test_a_pattern_finds_what_it_finds_on_aws(logs: Any, pattern: str, found: list[str]) -> None:
    events = logs.filter_log_events(logGroupName=GROUP, filterPattern=pattern)["events"]
    assert [event["message"] for event in events] == found
