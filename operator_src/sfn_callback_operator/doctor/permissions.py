"""Whether the functions' roles still allow what the work needs: IAM simulates it, nothing is tried.

https://docs.aws.amazon.com/IAM/latest/APIReference/API_SimulatePrincipalPolicy.html
"""

from collections.abc import Iterator
from typing import Any

from sfn_callback.aws import clients
from sfn_callback_operator import aws
from sfn_callback_operator.deployment import Deployment, Manifest
from sfn_callback_operator.doctor.findings import PROBLEM, Finding, good


def permissions(deployment: Deployment) -> Iterator[Finding]:
    """Do the functions have the permissions that their work needs?"""
    for handler, manifest in deployment.manifests.items():
        denied = list(_denied(deployment.invoked(handler), manifest))
        for action, resource in denied:
            says = f"{deployment.function(handler)} may not {action} on {resource}"
            do = (
                "terraform apply the module again; a permissions boundary or an organisation's policy can also deny it."
            )
            yield Finding(PROBLEM, "permissions", says, do)
        if not denied:
            yield good("permissions", f"{deployment.function(handler)} has the permissions that it needs")


def _denied(function: str, manifest: Manifest) -> Iterator[tuple[str, str]]:
    role = clients.functions().get_function_configuration(FunctionName=function)["Role"]
    context = [_entry(key, value) for key, value in manifest["context"].items()]
    for actions, resources in manifest["may"]:
        for arn in resources:
            asked = {"ActionNames": actions, "ResourceArns": [arn], "ContextEntries": context}
            response = aws.client("iam").simulate_principal_policy(PolicySourceArn=role, **asked)
            for result in response["EvaluationResults"]:
                if result["EvalDecision"] != "allowed":
                    yield result["EvalActionName"], arn


def _entry(key: str, value: str | list[str]) -> dict[str, Any]:
    """Return what a condition compares: https://docs.aws.amazon.com/IAM/latest/APIReference/API_ContextEntry.html."""
    is_list = isinstance(value, list)
    kind, values = ("stringList", value) if is_list else ("string", [value])
    return {"ContextKeyName": key, "ContextKeyType": kind, "ContextKeyValues": values}
