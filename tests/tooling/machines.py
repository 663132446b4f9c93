"""Machines and functions of one's own on the local AWS."""

import io
import json
import time
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from itertools import count
from typing import Any, TypeVar

import pytest
from botocore.exceptions import ClientError

from emulator.aws import LocalAws
from emulator.state_machine import Execution, Seen

_SECONDS = 20
_numbers = count()
_clients: dict[tuple[int, str], Any] = {}

T = TypeVar("T")


@dataclass
class Machines:
    """What makes machines, and runs them; ``url`` is the queue that their waits hand tokens to."""

    local: LocalAws
    url: str
    role: str

    def __post_init__(self) -> None:
        self.client, self.functions, self._sqs = (
            client(self.local, name) for name in ("stepfunctions", "lambda", "sqs")
        )

    def function(self, code: str, **fields: Any) -> str:
        """Make a function whose module is that code, with a ``handler``; return its ARN."""
        given = {"Runtime": "python3.13", "Role": self.role, "Handler": "it.handler", "Timeout": 10, **fields}
        name = f"function-{next(_numbers)}"
        made = self.functions.create_function(FunctionName=name, Code={"ZipFile": package(code)}, **given)
        return str(made["FunctionArn"])

    def made(self, states: dict[str, Any], **fields: Any) -> str:
        """Make a machine that begins with the first of these states; return its ARN."""
        definition = json.dumps({"StartAt": next(iter(states)), "States": states, **fields})
        name = f"machine-{next(_numbers)}"
        return str(
            self.client.create_state_machine(name=name, definition=definition, roleArn=self.role)["stateMachineArn"]
        )

    def started(self, states: dict[str, Any], given: Any = None, **fields: Any) -> Execution:
        """Start an execution of such a machine."""
        arn = self.made(states, **fields)
        begun = self.client.start_execution(stateMachineArn=arn, input=json.dumps(given or {}, ensure_ascii=False))
        return Execution(self.client, begun["executionArn"])

    def run(self, states: dict[str, Any], given: Any = None, **fields: Any) -> Seen:
        """Run such a machine; return how it ends."""
        return ended(self.started(states, given, **fields))

    def waiting(self, **fields: Any) -> dict[str, Any]:
        """Return a state that hands its token to the queue, and ends the machine; ``fields`` are more of it."""
        body = {"token.$": "$$.Task.Token", "attempt.$": "$$.State.RetryCount"}
        sent = {"QueueUrl": self.url, "MessageBody": body}
        ends = {} if "Next" in fields else {"End": True}
        resource = "arn:aws:states:::sqs:sendMessage.waitForTaskToken"
        return {"Type": "Task", "Resource": resource, "Parameters": sent, **ends, **fields}

    def token(self) -> str:
        """Take the next token out of the queue."""
        return str(json.loads(self.message())["token"])

    def message(self) -> str:
        """Take the next message out of the queue."""
        (message,) = until(lambda: self._sqs.receive_message(QueueUrl=self.url, WaitTimeSeconds=5).get("Messages"))
        self._sqs.delete_message(QueueUrl=self.url, ReceiptHandle=message["ReceiptHandle"])
        return str(message["Body"])


def client(local: LocalAws, service: str) -> Any:
    """Return a client that all tests share: to make one takes longer than ten calls."""
    key = local.group, service
    if key not in _clients:
        _clients[key] = local.client(service)
    return _clients[key]


def package(code: str) -> bytes:
    """Return the zip of a function whose module is that code."""
    zipped = io.BytesIO()
    with zipfile.ZipFile(zipped, "w") as archive:
        archive.writestr("it.py", code)
    return zipped.getvalue()


def role(local: LocalAws, name: str) -> str:
    """Make a role that a machine or a function may have, and that may send messages; return its ARN."""
    iam, services = client(local, "iam"), {"Service": ["states.amazonaws.com", "lambda.amazonaws.com"]}
    made = iam.create_role(RoleName=name, AssumeRolePolicyDocument=_policy(Principal=services, Action="sts:AssumeRole"))
    iam.put_role_policy(
        RoleName=name, PolicyName="send", PolicyDocument=_policy(Action="sqs:SendMessage", Resource="*")
    )
    return str(made["Role"]["Arn"])


def _policy(**statement: Any) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", **statement}]})


def invoked(function: str, **fields: Any) -> dict[str, Any]:
    """Return a state that invokes a function with its input."""
    sent = {"FunctionName": function, "Payload.$": "$"}
    ends = {} if "Next" in fields else {"End": True}
    return {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "Parameters": sent, **ends, **fields}


def ended(execution: Execution) -> Seen:
    """Return what an execution is like when it has ended."""
    return until(lambda: seen if (seen := execution.look()).ended else None)


def until(look: Callable[[], T | None]) -> T:
    """Return what is found, as soon as it is."""
    deadline = time.monotonic() + _SECONDS
    while time.monotonic() < deadline:
        if (found := look()) is not None:
            return found
        time.sleep(0.05)
    raise TimeoutError("it did not come")


def types(seen: Seen) -> list[str]:
    """Return the types of a history's events."""
    return [event["type"] for event in seen.events]


def details(seen: Seen, kind: str) -> dict[str, Any]:
    """Return what the last event of that type says."""
    (*_, event) = (event for event in seen.events if event["type"] == kind)
    (fields,) = (value for name, value in event.items() if name.endswith("EventDetails"))
    return dict(fields)


def refusal(call: Any, **given: Any) -> str:
    """The code of the error that a call is answered with."""
    with pytest.raises(ClientError) as raised:
        call(**given)
    return str(raised.value.response["Error"]["Code"])
