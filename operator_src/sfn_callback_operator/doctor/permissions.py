"""Whether the functions' roles still allow what the work needs: IAM is asked, nothing is tried.

https://docs.aws.amazon.com/IAM/latest/APIReference/API_SimulatePrincipalPolicy.html
"""

from collections.abc import Iterator
from typing import Any

from sfn_callback import ids, layout
from sfn_callback.aws import clients
from sfn_callback_operator import aws
from sfn_callback_operator.deployment import Deployment
from sfn_callback_operator.doctor.findings import PROBLEM, Finding, good

_NEEDS = {
    "start": (("states:StartExecution", "{machine}"),),
    "split": (
        ("s3:GetObject", "{objects}documents/x"),
        ("s3:PutObject", "{objects}chunks/x"),
        ("s3:AbortMultipartUpload", "{objects}chunks/x"),
        ("dynamodb:UpdateItem", "{table}"),
    ),
    "process": (
        ("s3:GetObject", "{objects}chunks/x"),
        ("s3:PutObject", "{objects}results/x"),
        ("s3:AbortMultipartUpload", "{objects}results/x"),
        ("dynamodb:UpdateItem", "{table}"),
        ("states:SendTaskSuccess", "{machine}"),
        ("states:SendTaskFailure", "{machine}"),
    ),
    "chunk_failed": (("dynamodb:UpdateItem", "{table}"), ("states:SendTaskFailure", "{machine}")),
    "await_chunks": (("dynamodb:UpdateItem", "{table}"), ("states:SendTaskSuccess", "{machine}")),
    "redrive": (("dynamodb:UpdateItem", "{table}"), ("lambda:InvokeFunction", "{process}")),
    "merge": (
        ("s3:GetObject", "{objects}results/x"),
        ("s3:PutObject", "{objects}merged/x"),
        ("s3:AbortMultipartUpload", "{objects}merged/x"),
    ),
}
"""As iam.tf grants it: what a job fails without, or, of uploads that are to be taken back, leaves behind to be paid."""


def permissions(deployment: Deployment) -> Iterator[Finding]:
    """May the functions do what a job needs?"""
    if "documents" not in deployment.machines:
        return
    for handler, needs in _NEEDS.items():
        denied = list(_denied(deployment, handler, needs))
        for action, resource in denied:
            says = f"{deployment.function(handler)} may not {action} on {resource}"
            do = "terraform apply the module again; a permissions boundary or an organisation's policy can be it, too."
            yield Finding(PROBLEM, "permissions", says, do)
        if not denied:
            yield good("permissions", f"{deployment.function(handler)} may do what it needs")


def _denied(deployment: Deployment, handler: str, needs: tuple[tuple[str, str], ...]) -> Iterator[tuple[str, str]]:
    function = clients.functions().get_function_configuration(FunctionName=deployment.invoked(handler))
    places = _places(deployment, function["FunctionArn"])
    for action, resource in needs:
        arn = resource.format(**places)
        asked = {
            "PolicySourceArn": function["Role"],
            "ActionNames": [action],
            "ResourceArns": [arn],
            "ContextEntries": _context(function["FunctionArn"]),
        }
        (said,) = aws.client("iam").simulate_principal_policy(**asked)["EvaluationResults"]
        if said["EvalDecision"] != "allowed":
            yield action, arn


def _context(function_arn: str) -> list[dict[str, Any]]:
    """Return what the roles' conditions compare: whose bucket it is, and what an item's key begins with.

    https://docs.aws.amazon.com/IAM/latest/APIReference/API_ContextEntry.html
    """
    account = function_arn.split(":")[4]
    return [
        {"ContextKeyName": "aws:ResourceAccount", "ContextKeyType": "string", "ContextKeyValues": [account]},
        {"ContextKeyName": "dynamodb:LeadingKeys", "ContextKeyType": "stringList", "ContextKeyValues": [ids.new_job()]},
    ]


def _places(deployment: Deployment, function_arn: str) -> dict[str, str]:
    _, partition, _, region, account, *_ = function_arn.split(":")
    return {
        "objects": f"arn:{partition}:s3:::{deployment.settings.bucket}/{layout.below('')}",
        "table": f"arn:{partition}:dynamodb:{region}:{account}:table/{deployment.settings.table}",
        "machine": deployment.settings.state_machine_arn,
        "process": f"arn:{partition}:lambda:{region}:{account}:function:{deployment.settings.process_function}",
    }
