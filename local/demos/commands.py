"""What to type into a shell to go on by hand: commands of the AWS CLI, of both its versions."""

import json
import shlex
from collections.abc import Mapping
from typing import Any


def start(machine: str, given: Mapping[str, Any]) -> str:
    """Return the command that starts an execution with that input."""
    return f"aws stepfunctions start-execution --state-machine-arn {machine} --input {shlex.quote(json.dumps(given))}"


def executions(machine: str) -> str:
    """Return the command that lists a machine's executions."""
    return f"aws stepfunctions list-executions --state-machine-arn {machine}"


def logged(group: str) -> str:
    """Return the command that shows what is in a log group."""
    return f"aws logs filter-log-events --query 'events[].message' --output text --log-group-name {group}"
