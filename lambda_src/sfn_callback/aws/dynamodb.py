"""The ledger's table: one DynamoDB table, one string key ``pk``, and one way to change an item.

Every update asks for the item as it is afterwards. A refused condition is no error: it returns the item as it
was, and the caller's check goes on with that (``ReturnValuesOnConditionCheckFailure``,
https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_UpdateItem.html).

``expires`` (epoch seconds) is the table's TTL attribute; the first write of an item sets it.
"""

import re
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from botocore.exceptions import ClientError

from sfn_callback import settings
from sfn_callback.aws import clients

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

Item = Mapping[str, Any]
Values = Mapping[str, int | str]

_BATCH = 100
"""BatchGetItem takes 100 keys."""


@dataclass(frozen=True, slots=True)
class Table:
    """The table. Every method raises ``botocore.exceptions.ClientError`` when DynamoDB refuses, also after retries.

    ``retention_seconds`` is how long after its first write an item expires.
    """

    client: "DynamoDBClient"
    name: str
    retention_seconds: int

    def update(self, key: str, *, first: Values | None = None, lasts_seconds: int = 0, **changes: Any) -> Item:
        """Change an item in one atomic step; return it as it is then, ``{}`` where a condition refused to make it.

        Args:
            key: the item's.
            first: values to put where there are none yet.
            lasts_seconds: how much longer than usual the item is kept.
            changes: ``add`` to numbers and to sets of numbers or texts, ``put`` values and keep those before under the
                names ``aside``, a ``condition`` and the values ``given`` it.
        """
        expires = int(time.time()) + lasts_seconds + self.retention_seconds
        try:
            answer = self.client.update_item(
                TableName=self.name,
                Key=_key(key),
                ReturnValues="ALL_NEW",
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
                **_expressions(first={**(first or {}), "expires": expires}, **changes),
            )
        except ClientError as refused:
            if refused.response["Error"]["Code"] != "ConditionalCheckFailedException":
                raise
            return cast(Item, refused.response.get("Item", {}))
        return answer["Attributes"]

    def get(self, key: str) -> Item:
        """Return an item as it is now, ``{}`` where there is none."""
        return self.client.get_item(TableName=self.name, Key=_key(key), ConsistentRead=True).get("Item", {})

    def scan(self, matching: str, *shown: str) -> Iterator[list[Item]]:
        """Yield the items that a filter lets pass, page by page, with no more than their keys and what is to be shown.

        All of the table is read for them.
        """
        named = ("pk", *shown)
        names = {f"#{name}": name for name in (*named, *re.findall(r"#(\w+)", matching))}
        pages = self.client.get_paginator("scan").paginate(
            TableName=self.name,
            FilterExpression=matching,
            ProjectionExpression=", ".join(f"#{name}" for name in named),
            ExpressionAttributeNames=names,
        )
        return ([*page["Items"]] for page in pages)

    def get_all(self, keys: list[str]) -> Iterator[Item]:
        """Yield the items that are there, in no order."""
        for start in range(0, len(keys), _BATCH):
            yield from self._get_batch(keys[start : start + _BATCH])

    def _get_batch(self, keys: Iterable[str]) -> Iterator[Item]:
        wanted: Any = {self.name: {"Keys": [_key(key) for key in keys], "ConsistentRead": True}}
        while wanted:
            answer = self.client.batch_get_item(RequestItems=wanted)
            yield from answer["Responses"][self.name]
            wanted = answer["UnprocessedKeys"]


def connect() -> Table:
    """Return the table that this function's settings name."""
    config = settings.current()
    return Table(clients.dynamodb(), config.table, config.retention_seconds)


def numbers(item: Item, name: str) -> frozenset[int]:
    """Return an item's number set, empty where it has none."""
    return frozenset(map(int, item.get(name, {}).get("NS", ())))


def texts(item: Item, name: str) -> frozenset[str]:
    """Return an item's string set, empty where it has none."""
    return frozenset(item.get(name, {}).get("SS", ()))


def number(item: Item, name: str) -> int | None:
    """Return an item's number, ``None`` where it has none."""
    return int(item[name]["N"]) if name in item else None


def text(item: Item, name: str) -> str | None:
    """Return an item's text, ``None`` where it has none."""
    return item[name]["S"] if name in item else None


def _expressions(  # noqa: PLR0913 - one for each thing that an update can say
    *,
    add: Mapping[str, int | Sequence[int] | Sequence[str]] | None = None,
    put: Values | None = None,
    aside: Mapping[str, str] | None = None,
    first: Values | None = None,
    condition: str | None = None,
    given: Mapping[str, int | str | Sequence[int]] | None = None,
) -> dict[str, Any]:
    """Return UpdateItem's expressions. Names are always placeholders: many of ours are reserved words of DynamoDB."""
    add, put, first, given = add or {}, put or {}, first or {}, given or {}
    puts = [f"#{name} = :{name}" for name in put]
    puts += [f"#{kept} = if_not_exists(#{name}, :{name})" for name, kept in (aside or {}).items()]
    puts += [f"#{name} = if_not_exists(#{name}, :{name})" for name in first]
    adds = [f"#{name} :{name}" for name in add]
    update = "SET " + ", ".join(puts) + (" ADD " + ", ".join(adds) if adds else "")
    names = re.findall(r"#(\w+)", update + (condition or ""))
    return {
        "UpdateExpression": update,
        "ExpressionAttributeNames": {f"#{name}": name for name in names},
        "ExpressionAttributeValues": {
            f":{name}": _typed(value) for name, value in {**add, **put, **first, **given}.items()
        },
        **({"ConditionExpression": condition} if condition else {}),
    }


def _typed(value: int | str | Sequence[int] | Sequence[str]) -> dict[str, Any]:
    if isinstance(value, str):
        return {"S": value}
    if isinstance(value, int):
        return {"N": str(value)}
    return {"SS" if isinstance(value[0], str) else "NS": [str(one) for one in value]}


def _key(key: str) -> dict[str, Any]:
    return {"pk": {"S": key}}
