"""The stack as Terraform sees it, after all other tests have used it."""

from typing import Any

from tests.e2e.conftest import Stack


def test_a_second_plan_changes_nothing(stack: Stack) -> None:
    changes = stack.root.planned_changes()
    # The local AWS forgets a machine's tracing configuration, so the provider would set it anew each time.
    # AWS returns it: TracingConfiguration in the output shape of DescribeStateMachine.
    assert [change for change in changes if not _forgets_tracing(change)] == []


def _forgets_tracing(change: dict[str, Any]) -> bool:
    before, after = change["change"]["before"], change["change"]["after"]
    differing = {name for name in before if before[name] != after.get(name)}
    return change["type"] == "aws_sfn_state_machine" and differing <= {"tracing_configuration"}


def test_destroying_leaves_nothing(stack: Stack) -> None:
    stack.root.destroy()
    local = stack.local
    left = {
        "functions": local.client("lambda").list_functions()["Functions"],
        "machines": local.client("stepfunctions").list_state_machines()["stateMachines"],
        "roles": [role for role in local.client("iam").list_roles()["Roles"] if not role["Path"].startswith("/aws-")],
        "buckets": local.client("s3").list_buckets()["Buckets"],
        "tables": local.client("dynamodb").list_tables()["TableNames"],
        "queues": local.client("sqs").list_queues().get("QueueUrls", []),
        "log groups": local.client("logs").describe_log_groups()["logGroups"],
    }
    assert {kind: found for kind, found in left.items() if found} == {}
