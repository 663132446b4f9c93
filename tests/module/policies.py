"""The policies in a plan, and what IAM makes of them: by an evaluator that is not ours."""

import json
from collections.abc import Iterator
from typing import Any, NamedTuple

from ministack.core.iam_evaluator import EvalContext, evaluate, evaluate_resource_policy, parse_policy_document

Document = dict[str, Any]
ACCOUNT = "123456789012"
ROLE = f"arn:aws:sts::{ACCOUNT}:assumed-role/anybody/session"
STRANGER = "arn:aws:sts::999999999999:assumed-role/stranger/session"


class Permission(NamedTuple):
    """An action on a resource, as a statement allows it."""

    action: str
    resource: str


def resources(plan: Document, kind: str) -> dict[str, Document]:
    """The planned resources of a type, by address: ``name["key"]``."""
    found = [change for change in plan["resource_changes"] if change["type"] == kind]
    return {change["address"].removeprefix(f"{kind}."): change["change"]["after"] for change in found}


def documents(plan: Document, kind: str, attribute: str = "policy") -> dict[str, Document]:
    """The planned policies of that type."""
    return {name: json.loads(resource[attribute]) for name, resource in resources(plan, kind).items()}


def allowed(document: Document) -> Iterator[Permission]:
    """What a policy allows."""
    for statement in document["Statement"]:
        if statement["Effect"] == "Allow":
            yield from (Permission(one, other) for one in statement["Action"] for other in statement["Resource"])


def of_statement(document: Document, sid: str) -> set[Permission]:
    """What one statement of a policy allows; nothing, where there is no such statement."""
    return set(allowed({"Statement": [one for one in document["Statement"] if one["Sid"] == sid]}))


def decide(document: Document, action: str, resource: str, **keys: str) -> str:
    """What a role's policy says: ``Allow``, ``Deny`` or ``ImplicitDeny``. ``keys``: condition keys, ``_`` for ``:``."""
    return str(evaluate(_context(action, resource, ROLE, keys), [parse_policy_document(document)]).decision)


def decide_for(principal: str, document: Document, action: str, resource: str, **keys: str) -> str:
    """What a resource's policy says to a principal: an ARN, or an AWS service."""
    service = principal if principal.endswith(".amazonaws.com") else None
    named = {"aws_PrincipalIsAWSService": str(service is not None).lower(), **keys}
    context = _context(action, resource, "*" if service else principal, named)
    return str(evaluate_resource_policy(document, context, service=service).decision)


def _context(action: str, resource: str, principal: str, keys: dict[str, str]) -> Any:
    account = principal.split(":")[4] if ":" in principal else ""
    return EvalContext(
        principal_arn=principal,
        principal_type="AssumedRole" if account else "Service",
        principal_account=account,
        action=action,
        resource_arn=resource,
        region="eu-central-1",
        secure_transport=keys.pop("aws_SecureTransport", "true") == "true",
        service_context={name.replace("_", ":", 1).lower(): value for name, value in keys.items()},
    )
