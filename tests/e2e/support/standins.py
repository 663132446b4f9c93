"""Stand-ins: copies of deployed functions under roles of their own, whose policies can be taken apart.

A stand-in may do what its function may, on the bench's bucket and queues in place of the deployed ones. So nothing that
others test is disturbed, and nobody else does its work.
"""

import base64
import io
import json
import re
import uuid
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.e2e.conftest import Instance
from tests.e2e.support.workbench import QUEUES, Workbench, expect
from tools.package import PACKAGE

_HERE = Path(__file__).parent
_COPIED = ("Runtime", "Timeout", "MemorySize")


class StandIn:
    """A copy of a function, with the policy of its role."""

    def __init__(self, bench: Workbench, instance: Instance, handler: str) -> None:
        self.bench = bench
        self.handler = handler
        self._siblings = instance.outputs["function_names"]
        deployed = bench.functions.get_function_configuration(FunctionName=self._siblings[handler])
        self.name = f"{bench.name}-{handler.replace('_', '-')}"
        self.log_group = f"/aws/lambda/{self.name}"
        own_names = {deployed["LoggingConfig"]["LogGroup"]: self.log_group, instance.bucket: bench.name}
        if handler == "sweep":
            # It looks at all that is in a ledger; the others share theirs with those that they hand over to.
            own_names[instance.outputs["table"]] = bench.name
        self.environment = _renamed(deployed["Environment"]["Variables"], own_names)
        self.environment |= {"SFN_CALLBACK_WORKLOAD": "workload", "OWN_HANDLER": deployed["Handler"]}
        of_role = deployed["Role"].rpartition("/")[2]
        (self._inline,) = bench.iam.list_role_policies(RoleName=of_role)["PolicyNames"]
        document = bench.iam.get_role_policy(RoleName=of_role, PolicyName=self._inline)["PolicyDocument"]
        self.policy = _with_queues_of(bench.name, _renamed(document, own_names))
        self._make({name: deployed[name] for name in _COPIED}, of_role)

    def _make(self, copied: dict[str, Any], of_role: str) -> None:
        trust = json.dumps(self.bench.iam.get_role(RoleName=of_role)["Role"]["AssumeRolePolicyDocument"])
        role = self.bench.iam.create_role(RoleName=self.name, AssumeRolePolicyDocument=trust)["Role"]["Arn"]
        self._grant(self.policy)
        self.bench.logs.create_log_group(logGroupName=self.log_group)
        self.bench.functions.create_function(
            FunctionName=self.name,
            Role=role,
            Handler="standin_handler.handler",
            Code={"ZipFile": _package()},
            Environment={"Variables": self.environment},
            LoggingConfig={"LogFormat": "JSON", "LogGroup": self.log_group},
            **copied,
        )

    @property
    def grants(self) -> set[str]:
        """What it may do: ``Sid action``."""
        allowed = [statement for statement in self.policy["Statement"] if statement["Effect"] == "Allow"]
        return {f"{statement['Sid']} {action}" for statement in allowed for action in statement["Action"]}

    @contextmanager
    def without(self, grant: str) -> Iterator[None]:
        """Take one action out of one statement, and put it back at the end."""
        self._grant({**self.policy, "Statement": list(_less(self.policy["Statement"], *grant.split()))})
        try:
            yield
        finally:
            self._grant(self.policy)

    def _grant(self, document: Any) -> None:
        self.bench.iam.put_role_policy(RoleName=self.name, PolicyName=self._inline, PolicyDocument=json.dumps(document))

    def invoke(self, event: Any) -> Any:
        """Invoke it and return what it returns; expect that it raises nothing."""
        answer = self._ask(event)
        expect("returned" in answer, answer)
        return answer["returned"]

    def error(self, event: Any) -> str:
        """Invoke it; return the name of the error that it raises, or an empty text."""
        return str(self._ask(event).get("raised", ""))

    def _ask(self, event: Any) -> Any:
        payload = json.dumps({"asked": event})
        answer = self.bench.functions.invoke(FunctionName=self.name, Payload=payload, LogType="Tail")
        self.tail = base64.b64decode(answer.get("LogResult", "")).decode()
        return json.load(answer["Payload"])

    def invoke_asynchronously(self, event: Any) -> None:
        """Invoke it as S3 and SNS do, for one attempt."""
        self.bench.functions.invoke(FunctionName=self.name, InvocationType="Event", Payload=json.dumps(event))

    def on_failure(self, destination: str) -> None:
        """Say where an asynchronous event goes after its only attempt."""
        self.bench.functions.put_function_event_invoke_config(
            FunctionName=self.name,
            MaximumRetryAttempts=0,
            DestinationConfig={"OnFailure": {"Destination": destination}},
        )

    def sibling(self, handler: str) -> str:
        """Return the ARN of a deployed function of the same instance."""
        name = self._siblings[handler]
        arn: str = self.bench.functions.get_function_configuration(FunctionName=name)["FunctionArn"]
        return f"{arn}:live"

    @contextmanager
    def consuming(self, queue: str) -> Iterator[str]:
        """Have Lambda hand it the messages of a queue, whose URL this yields."""
        url = self.bench.queues[queue]
        named = self.bench.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]
        mapping = self.bench.functions.create_event_source_mapping(
            EventSourceArn=named["QueueArn"], FunctionName=self.name, BatchSize=1
        )["UUID"]
        try:
            yield url
        finally:
            self.bench.functions.delete_event_source_mapping(UUID=mapping)

    def restart(self) -> None:
        """Have the next invocation begin in a fresh process, which remembers nothing."""
        self.environment["RESTARTED"] = uuid.uuid4().hex
        self.bench.functions.update_function_configuration(
            FunctionName=self.name, Environment={"Variables": self.environment}
        )

    def delete(self) -> None:
        self.bench.functions.delete_function(FunctionName=self.name)
        self.bench.iam.delete_role_policy(RoleName=self.name, PolicyName=self._inline)
        self.bench.iam.delete_role(RoleName=self.name)
        self.bench.logs.delete_log_group(logGroupName=self.log_group)


def _renamed(document: Any, names: Mapping[str | None, str]) -> Any:
    text = json.dumps(document)
    for name, own in names.items():
        text = text.replace(name, own) if name else text
    return json.loads(text)


def _with_queues_of(bench: str, document: Any) -> Any:
    text = json.dumps(document)
    return json.loads(re.sub(rf"(:sqs:[^\"]*:)[^\"]*?-({'|'.join(QUEUES)})\"", rf'\1{bench}-\2"', text))


def _less(statements: list[dict[str, Any]], sid: str, action: str) -> Iterator[dict[str, Any]]:
    for statement in statements:
        left = [one for one in statement["Action"] if (statement["Sid"], one) != (sid, action)]
        if left:
            yield {**statement, "Action": left}


def _package() -> bytes:
    target = io.BytesIO(PACKAGE.read_bytes())
    with zipfile.ZipFile(target, "a") as archive:
        for name in ("standin_handler.py", "workload.py"):
            archive.write(_HERE / name, name)
    return target.getvalue()
