"""The machines' Fail states on the local AWS: an engine's own word for each combination of what may be missing."""

import json
import time
from typing import Any

import pytest

from emulator.aws import LocalAws
from tests.module.failures import State, caught, ending, fails
from tests.module.machines import MACHINES
from tests.tooling.machines import client

FAILS = [
    pytest.param(workflow, name, state, id=f"{workflow}-{name}")
    for workflow, machine in MACHINES.items()
    for name, state in fails(machine).items()
]
TRUST = {"Effect": "Allow", "Principal": {"Service": "states.amazonaws.com"}, "Action": "sts:AssumeRole"}


@pytest.fixture(scope="module")
def role(local_aws: LocalAws) -> str:
    """The ARN of a role that a machine may have."""
    trust = json.dumps({"Version": "2012-10-17", "Statement": [TRUST]})
    made = local_aws.client("iam").create_role(RoleName="machine-that-fails", AssumeRolePolicyDocument=trust)
    return str(made["Role"]["Arn"])


def ended(machines: Any, arn: str) -> dict[str, Any]:
    """The description of an execution that has ended."""
    for _ in range(100):
        described: dict[str, Any] = machines.describe_execution(executionArn=arn)
        if described["status"] != "RUNNING":
            return described
        time.sleep(0.02)
    raise TimeoutError(arn)


@pytest.mark.parametrize(("workflow", "name", "state"), FAILS)
def test_an_execution_ends_with_what_its_fail_state_tells(
    local_aws: LocalAws, role: str, workflow: str, name: str, state: State
) -> None:
    machines = client(local_aws, "stepfunctions")
    definition = json.dumps({"StartAt": name, "States": {name: state}})
    made = machines.create_state_machine(name=f"fails-{workflow}-{name}", definition=definition, roleArn=role)

    def started(given: Any) -> str:
        begun = machines.start_execution(stateMachineArn=made["stateMachineArn"], input=json.dumps(given))
        return str(begun["executionArn"])

    failures = [{"failure": failure} if workflow in ("documents", "parts") else failure for failure in caught()]
    for given, execution in [(given, started(given)) for given in failures]:
        described = ended(machines, execution)
        assert (described["status"], described["error"], described["cause"]) == ("FAILED", *ending(state, given))
