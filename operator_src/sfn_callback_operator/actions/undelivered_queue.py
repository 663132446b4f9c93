"""The queue of undelivered events and messages, which no function could handle and which wait for a person.

Where each names its destination:
    Lambda's record of an event: https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html
    SQS's dead letters: ``DeadLetterQueueSourceArn``, in
    https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_ReceiveMessage.html
    EventBridge's: ``TARGET_ARN`` and ``ERROR_CODE``, in
    https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-dlq.html
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import islice
from typing import Any

from sfn_callback import layout, log
from sfn_callback.aws import clients, s3_events
from sfn_callback_operator import aws
from sfn_callback_operator.deployment import Deployment
from sfn_callback_operator.errors import OperatorError, not_found, unless_absent

HIDDEN_SECONDS = 300
"""Longer than it takes to look at thousands; whoever looks gives back what is left."""
_AT_ONCE = 10
"""The most that a queue gives, and takes, in one request."""
_SILENT_LOOKS = 2
"""A look asks some of a queue's hosts, and so may find nothing although there is something."""
# A task token is longer than all else that is one word; a chunk token has a length and letters of its own.
_LIKE_A_TOKEN = re.compile(r"[A-Za-z0-9+/=_-]{81,}|\b[a-z2-7]{64}\b")


@dataclass(frozen=True, slots=True)
class Message:
    """A message; ``to`` is the ARN of its destination, empty if unknown; ``receipt`` deletes it."""

    id: str
    since: datetime
    to: str
    why: str
    content: Any = field(repr=False)
    receipt: str = field(repr=False)

    @property
    def addressee(self) -> str:
        """The name of its destination."""
        return self.to.partition(":function:")[2] or self.to.rpartition(":")[2]

    @property
    def about(self) -> str:
        """What it is about, in a few words."""
        return _about(self.content)


class Queue:
    """A deployment's queue of undelivered messages."""

    def __init__(self, deployment: Deployment) -> None:
        """Find it.

        Raises:
            OperatorError: the deployment does not have it.
        """
        self._sqs = aws.client("sqs")
        self._deployment = deployment
        name = deployment.queue("undelivered")
        found = unless_absent(lambda: self._sqs.get_queue_url(QueueName=name))
        if found is None:
            raise not_found(f"There is no queue {name}: no function of this deployment needs it.")
        self._url = found["QueueUrl"]

    def messages(self, most: int | None = None) -> list[Message]:
        """Return its messages, the oldest first; nobody else sees them until they are released, or for five minutes."""
        return sorted(islice(self.each(), most), key=lambda one: one.since)

    def each(self) -> Iterator[Message]:
        """Yield its messages, ten at a time, each once."""
        seen: set[str] = set()
        silent = 0
        while silent < _SILENT_LOOKS:
            fresh = [one for one in map(_message, self._receive()) if one.id not in seen]
            seen |= {one.id for one in fresh}
            silent = 0 if fresh else silent + 1
            yield from fresh

    def count(self) -> int:
        """Return about how many there are, seen or not."""
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        said = self._sqs.get_queue_attributes(QueueUrl=self._url, AttributeNames=names)["Attributes"]
        return sum(int(said[name]) for name in names)

    def release(self, messages: list[Message]) -> None:
        """Let others see them again, at once."""
        for first in range(0, len(messages), _AT_ONCE):
            entries = [
                {"Id": str(number), "ReceiptHandle": one.receipt, "VisibilityTimeout": 0}
                for number, one in enumerate(messages[first : first + _AT_ONCE])
            ]
            self._sqs.change_message_visibility_batch(QueueUrl=self._url, Entries=entries)

    def delete(self, message: Message) -> None:
        """Forget it."""
        self._sqs.delete_message(QueueUrl=self._url, ReceiptHandle=message.receipt)

    def replay(self, message: Message) -> None:
        """Send it to its destination again, and delete it here.

        Raises:
            OperatorError: its destination is unknown, or does not belong to the deployment.
        """
        if not message.addressee.startswith(f"{self._deployment.name}-"):
            where = message.addressee or "not named in it"
            raise OperatorError(
                f"{message.id}: its destination is {where}, which does not belong to {self._deployment.name}."
            )
        if ":lambda:" in message.to:
            event = message.content["requestPayload"] if _is_record(message.content) else message.content
            payload = json.dumps(event).encode()
            clients.functions().invoke(FunctionName=message.addressee, InvocationType="Event", Payload=payload)
        elif ":sqs:" in message.to:
            url = self._sqs.get_queue_url(QueueName=message.addressee)["QueueUrl"]
            content = message.content
            body = content if isinstance(content, str) else json.dumps(content, ensure_ascii=False)
            self._sqs.send_message(QueueUrl=url, MessageBody=body)
        else:
            raise OperatorError(f"{message.id}: {message.to} is neither a function nor a queue.")
        self.delete(message)

    def _receive(self) -> list[Any]:
        response = self._sqs.receive_message(
            QueueUrl=self._url,
            AttributeNames=["All"],
            MessageAttributeNames=["All"],
            MaxNumberOfMessages=_AT_ONCE,
            VisibilityTimeout=HIDDEN_SECONDS,
            WaitTimeSeconds=1,
        )
        messages: list[Any] = response.get("Messages", [])
        return messages


def without_secrets(content: Any) -> Any:
    """Return a message's content, with each token replaced by its fingerprint."""
    if isinstance(content, dict):
        return {name: _masked(name, value) for name, value in content.items()}
    if isinstance(content, list):
        return list(map(without_secrets, content))
    if isinstance(content, str):
        inner = _json(content)
        return without_secrets(inner) if isinstance(inner, dict | list) else _without_tokens(content)
    return content


def _masked(name: str, value: Any) -> Any:
    return _fingerprint(value) if name.lower().endswith("token") and isinstance(value, str) else without_secrets(value)


def _without_tokens(text: str) -> str:
    return _LIKE_A_TOKEN.sub(lambda found: _fingerprint(found[0]), text)


def _fingerprint(token: str) -> str:
    return f"(a token, fingerprint {log.fingerprint(token)})"


def _message(received: Mapping[str, Any]) -> Message:
    content, system = _json(received["Body"]), received.get("Attributes", {})
    attributes = {name: it.get("StringValue", "") for name, it in received.get("MessageAttributes", {}).items()}
    to, why = system.get("DeadLetterQueueSourceArn", ""), "received in vain"
    if _is_record(content):
        to, why = _of_record(content)
    elif "TARGET_ARN" in attributes:
        to, why = attributes["TARGET_ARN"], attributes.get("ERROR_CODE", "")
    since = datetime.fromtimestamp(int(system.get("SentTimestamp", 0)) / 1_000, UTC)
    return Message(received["MessageId"], since, to, _without_tokens(why), content, received["ReceiptHandle"])


def _is_record(content: Any) -> bool:
    return isinstance(content, dict) and "requestPayload" in content


def _of_record(record: Mapping[str, Any]) -> tuple[str, str]:
    context, answer = _fields(record, "requestContext"), _fields(record, "responsePayload")
    error, said = str(answer.get("errorType", context.get("condition", ""))), answer.get("errorMessage", "")
    return str(context.get("functionArn", "")), f"{error}: {said}" if said else error


def _fields(record: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    value = record.get(name)
    return value if isinstance(value, dict) else {}


def _about(content: Any) -> str:
    while _is_record(content):
        content = content["requestPayload"]
    keys = [one.key for one in _objects(content)]
    if keys:
        chunk = layout.parse_chunk(keys[0])
        more = f", and {len(keys) - 1} more" if keys[1:] else ""
        return (f"chunk {chunk[1]} of {chunk[0]}" if chunk else keys[0]) + more
    if isinstance(content, dict) and {"job", "index"} <= set(content):
        return f"chunk {content['index']} of {content['job']}"
    if isinstance(content, dict) and content.keys() & {"result", "result_base64", "result_at", "error", "heartbeat"}:
        return "a report of a chunk"
    return "a task" if "token" in str(content).lower() else "another event"


def _objects(content: Any) -> Iterator[Any]:
    try:
        yield from s3_events.objects(content)
    except Exception:
        # Whatever it contains, it must be listed.
        return


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text
