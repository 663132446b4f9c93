"""On DynamoDB: one item knows how many chunks have ended, or which.

The token has an item of its own, so that its 2 KB are not written again with each chunk.
"""

from collections import Counter
from typing import Any

from botocore.exceptions import ClientError

from benchmarks.billing.capacity import MAX_ITEM_BYTES, Item, item_bytes, read_units, write_units
from benchmarks.billing.prices import READ_UNIT, WRITE_UNIT, Usage
from benchmarks.fanins.alternative import TOKEN, Alternative, Counted
from sfn_callback.aws import clients
from testing.environment import TABLE


class _OnDynamo(Alternative):
    def wait(self, token: str) -> None:
        """See :class:`Alternative`."""
        _put(self._token_item(token))
        self._check(_get(self.job))

    def _check(self, item: Item) -> None:
        if self._complete(item):
            found = _get(self._token_item("")["pk"]["S"])
            if found:
                self.resume(found["token"]["S"])

    def _complete(self, item: Item) -> bool:
        return "total" in item and item["total"] == item.get("ended")

    def _token_item(self, token: str) -> Item:
        return {"pk": {"S": f"{self.job}?token"}, "token": {"S": token}}

    def _update(self, expression: str, name: str, value: Any) -> Item:
        answer = clients.dynamodb().update_item(
            TableName=TABLE,
            Key={"pk": {"S": self.job}},
            UpdateExpression=expression,
            ExpressionAttributeNames={f"#{name}": name},
            ExpressionAttributeValues={":value": value},
            ReturnValues="ALL_NEW",
        )
        return answer["Attributes"]

    def _counted(self, requests: dict[str, int], writes: int, reads: int, **rest: Any) -> Counted:
        token_bytes = item_bytes(self._token_item(TOKEN))
        units = Counter({WRITE_UNIT: writes + write_units(0, token_bytes), READ_UNIT: reads})
        largest = max(rest.pop("largest", 0), token_bytes)
        return Counted(Usage(Counter({**requests, "SendTaskSuccess": 1}), units), largest=largest, **rest)


class OneCounter(_OnDynamo):
    """Count what ends. A chunk whose event comes twice is counted twice, and resumes the machine too early."""

    name = "a counter"
    safe = False

    def seal(self, total: int) -> None:
        """See :class:`Alternative`."""
        self._check(self._update("SET #total = :value", "total", {"N": str(total)}))

    def done(self, _: int) -> None:
        """See :class:`Alternative`."""
        self._check(self._update("ADD #ended :value", "ended", {"N": "1"}))

    def expected(self, chunks: int) -> Counted:
        """See :class:`Alternative`."""
        requests = {"UpdateItem": chunks + 1, "PutItem": 1, "GetItem": 2}
        return self._counted(requests, writes=chunks + 1, reads=2, last=3, hottest=chunks + 1)


class Transaction(OneCounter):
    """Mark a chunk and count it in one transaction. That returns nothing, so the count is read after it."""

    name = "a transaction a chunk"
    safe = True

    def done(self, slot: int) -> None:
        """See :class:`Alternative`."""
        marker = {"Item": {"pk": {"S": f"{self.job}#{slot}"}}, "ConditionExpression": "attribute_not_exists(pk)"}
        count: dict[str, Any] = {"Key": {"pk": {"S": self.job}}, "UpdateExpression": "ADD ended :one"}
        count["ExpressionAttributeValues"] = {":one": {"N": "1"}}
        actions: Any = [{"Put": {"TableName": TABLE, **marker}}, {"Update": {"TableName": TABLE, **count}}]
        try:
            clients.dynamodb().transact_write_items(TransactItems=actions)
        except ClientError as refused:
            # The chunk is marked already; but its first attempt may have died before it checked.
            if refused.response["Error"]["Code"] != "TransactionCanceledException":
                raise
        self._check(_get(self.job))

    def expected(self, chunks: int) -> Counted:
        """See :class:`Alternative`."""
        requests = {"TransactWriteItems": chunks, "GetItem": chunks + 2, "UpdateItem": 1, "PutItem": 1}
        return self._counted(requests, writes=4 * chunks + 1, reads=chunks + 2, last=4, hottest=chunks + 1)


class Flags(_OnDynamo):
    """One item with a flag for each chunk, as in Unum (https://github.com/LedgeDash/unum, runtime/ds.py).

    There each chunk also tries to create the item, with a second request.
    """

    name = "one item with all flags"
    most_chunks: int = (MAX_ITEM_BYTES - 128) // 2

    def seal(self, total: int) -> None:
        """See :class:`Alternative`. The list must be there before the first chunk is done."""
        _put(self._item(total))

    def done(self, slot: int) -> None:
        """See :class:`Alternative`."""
        self._check(self._update(f"SET #flags[{slot}] = :value", "flags", {"BOOL": True}))

    def expected(self, chunks: int) -> Counted:
        """See :class:`Alternative`."""
        size = item_bytes(self._item(chunks))
        requests = {"UpdateItem": chunks, "PutItem": 2, "GetItem": 2}
        writes, reads = write_units(0, size) * (chunks + 1), read_units(size) + 1
        return self._counted(requests, writes, reads, last=3, hottest=chunks + 1, largest=size)

    def _complete(self, item: Item) -> bool:
        return all(flag["BOOL"] for flag in item["flags"]["L"])

    def _item(self, total: int) -> Item:
        return {"pk": {"S": self.job}, "flags": {"L": [{"BOOL": False}] * total}}


def _put(item: Item) -> None:
    clients.dynamodb().put_item(TableName=TABLE, Item=item)


def _get(key: str) -> Item:
    return clients.dynamodb().get_item(TableName=TABLE, Key={"pk": {"S": key}}, ConsistentRead=True).get("Item", {})
