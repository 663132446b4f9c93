"""What keeps a second plan from being empty, but for what the local AWS does not tell; and what a destroy leaves."""

from typing import Any

from emulator.aws import LocalAws
from tools.terraform import Root

# The provider would set these anew each time. AWS tells them: see MetricAlarm and VpcEndpoint (PrivateDnsEnabled,
# Groups) in botocore's models. That the module sets the first is seen in tests/observability.tftest.hcl.
FORGOTTEN = {
    "aws_cloudwatch_metric_alarm": {
        "actions_enabled", "alarm_actions", "alarm_description", "dimensions", "ok_actions", "period", "statistic",
        "treat_missing_data",
    },
    "aws_vpc_endpoint": {"private_dns_enabled", "security_group_ids"},
}  # fmt: skip


def changes(root: Root) -> list[str]:
    """Return what a plan would change, each with the attributes: all that keeps its code from being 0."""
    planned = [(change, _differing(change["change"])) for change in root.planned_changes()]
    return [
        f"{change['address']}: {', '.join(sorted(differing))}"
        for change, differing in planned
        if not differing <= FORGOTTEN.get(change["type"], set())
    ]


def _differing(change: dict[str, Any]) -> set[str]:
    before, after = (_attributes(change[side]) for side in ("before", "after"))
    return {name for name in {*before, *after} if before.get(name) != after.get(name)}


def _attributes(side: Any) -> dict[str, Any]:
    # An output need not be an object.
    return side if isinstance(side, dict) else {"value": side}


def left(local: LocalAws) -> dict[str, Any]:
    """Return what there is, by kind."""
    leftovers = {
        "functions": local.client("lambda").list_functions()["Functions"],
        "machines": local.client("stepfunctions").list_state_machines()["stateMachines"],
        "roles": [role for role in local.client("iam").list_roles()["Roles"] if not role["Path"].startswith("/aws-")],
        "buckets": local.client("s3").list_buckets()["Buckets"],
        "tables": local.client("dynamodb").list_tables()["TableNames"],
        "queues": local.client("sqs").list_queues().get("QueueUrls", []),
        "topics": local.client("sns").list_topics()["Topics"],
        "rules": local.client("events").list_rules()["Rules"],
        "alarms": local.client("cloudwatch").describe_alarms()["MetricAlarms"],
        "log groups": local.client("logs").describe_log_groups()["logGroups"],
    }
    return {kind: some for kind, some in leftovers.items() if some}
