"""The fan-in's items in DynamoDB: one table, one string key ``pk``.

A group is the item ``<fan-in>#<group>``: number sets ``done`` and ``failed``, ``size`` where it is known, and
``reason_<slot>`` for each failed slot. Each has a partition key of its own, so that no partition is hot.

The fan-in's top is the item ``<fan-in>``: number sets ``full`` and ``failed``; ``groups``, ``total``,
``tolerated``; ``token``; ``reason``.

``expires`` (epoch seconds) is the table's TTL attribute; the first write of an item sets it.

Every update asks for the item as it is afterwards. A refused condition is no error: it returns the item as it
was, and the caller's check goes on with that (``ReturnValuesOnConditionCheckFailure``,
https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_UpdateItem.html).
"""

import re
import time
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, cast

from botocore.exceptions import ClientError

from sfn_callback import clients, settings
from sfn_callback.fanin import GROUP_SIZE, MAX_TOLERATED, FanIn, Group

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

Item = Mapping[str, Any]
Values = Mapping[str, int | str]

_BATCH = 100
"""BatchGetItem takes 100 keys."""

_MAY_FAIL = (
    "attribute_not_exists(#failed) OR"
    " (size(#failed) <= :cap AND (attribute_not_exists(#tolerated) OR size(#failed) <= #tolerated))"
)
"""Past the tolerance another failure changes nothing: a job whose chunks all fail keeps a small item."""


class DynamoLedger:
    """:class:`sfn_callback.fanin.Ledger` over one DynamoDB table.

    Args:
        client: a DynamoDB client.
        table: the table's name.
        retention_seconds: how long after its first write an item expires.

    Every method raises ``botocore.exceptions.ClientError`` when DynamoDB refuses, also after retries.
    """

    def __init__(self, client: "DynamoDBClient", table: str, retention_seconds: int) -> None:
        self._client = client
        self._table = table
        self._retention_seconds = retention_seconds

    def mark_done(self, fanin: str, slot: int) -> Group:
        """See :class:`~sfn_callback.fanin.Ledger`."""
        return self._mark(fanin, slot, "done", unless="failed")

    def mark_failed(self, fanin: str, slot: int, reason: str) -> Group:
        """See :class:`~sfn_callback.fanin.Ledger`. The first reason is kept."""
        return self._mark(fanin, slot, "failed", unless="done", first={f"reason_{slot}": reason})

    def set_size(self, fanin: str, group: int, size: int) -> Group:
        """See :class:`~sfn_callback.fanin.Ledger`."""
        return _group(group, self._update(_group_key(fanin, group), put={"size": size}))

    def climb(self, fanin: str, group: Group) -> FanIn:
        """See :class:`~sfn_callback.fanin.Ledger`."""
        full = {"full": [group.number]} if group.full else {}
        if not group.failed:
            return _fanin(fanin, self._update(fanin, add=full))
        item = self._update(
            fanin,
            add={**full, "failed": sorted(group.failed)},
            first={} if group.reason is None else {"reason": group.reason},
            condition=_MAY_FAIL,
            given={"cap": MAX_TOLERATED},
        )
        return _fanin(fanin, item)

    def seal(self, fanin: str, groups: int, total: int, tolerated: int) -> FanIn:
        """See :class:`~sfn_callback.fanin.Ledger`."""
        return _fanin(fanin, self._update(fanin, put={"groups": groups, "total": total, "tolerated": tolerated}))

    def set_token(self, fanin: str, token: str) -> FanIn:
        """See :class:`~sfn_callback.fanin.Ledger`. A retried wait has a new token: the last one counts."""
        return _fanin(fanin, self._update(fanin, put={"token": token}))

    def reasons(self, fanin: str, total: int) -> list[str]:
        """Return why slots of the fan-in failed, as given to :meth:`mark_failed`, in no order."""
        keys = [_group_key(fanin, group) for group in range(-(-total // GROUP_SIZE))]
        items = (item for start in range(0, len(keys), _BATCH) for item in self._get(keys[start : start + _BATCH]))
        return [value["S"] for item in items for name, value in item.items() if name.startswith("reason_")]

    def _mark(self, fanin: str, slot: int, fate: str, *, unless: str, first: Values | None = None) -> Group:
        group = slot // GROUP_SIZE
        item = self._update(
            _group_key(fanin, group),
            add={fate: [slot]},
            first=first,
            condition=f"NOT contains(#{unless}, :slot)",
            given={"slot": slot},
        )
        return _group(group, item)

    def _update(self, key: str, *, first: Values | None = None, **changes: Any) -> Item:
        expires = int(time.time()) + self._retention_seconds
        try:
            answer = self._client.update_item(
                TableName=self._table,
                Key=_key(key),
                ReturnValues="ALL_NEW",
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
                **_expressions(first={**(first or {}), "expires": expires}, **changes),
            )
        except ClientError as refused:
            if refused.response["Error"]["Code"] != "ConditionalCheckFailedException":
                raise
            return cast(Item, refused.response["Item"])  # type: ignore[typeddict-item]
        return answer["Attributes"]

    def _get(self, keys: Iterable[str]) -> Iterator[Item]:
        wanted: Any = {self._table: {"Keys": [_key(key) for key in keys], "ConsistentRead": True}}
        while wanted:
            answer = self._client.batch_get_item(RequestItems=wanted)
            yield from answer["Responses"][self._table]
            wanted = answer["UnprocessedKeys"]


def connect() -> DynamoLedger:
    """Return the ledger that this function's settings name."""
    ours = settings.current()
    return DynamoLedger(clients.dynamodb(), ours.table, ours.retention_seconds)


def _expressions(
    *,
    add: Mapping[str, Iterable[int]] | None = None,
    put: Values | None = None,
    first: Values | None = None,
    condition: str | None = None,
    given: Values | None = None,
) -> dict[str, Any]:
    """Return UpdateItem's expressions: add to number sets, put values, put values where there are none yet.

    Names are always placeholders, because many of ours are reserved words of DynamoDB.
    """
    add, put, first, given = add or {}, put or {}, first or {}, given or {}
    puts = [f"#{name} = :{name}" for name in put]
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


def _typed(value: int | str | Iterable[int]) -> dict[str, Any]:
    if isinstance(value, str):
        return {"S": value}
    if isinstance(value, int):
        return {"N": str(value)}
    return {"NS": [str(number) for number in value]}


def _key(key: str) -> dict[str, Any]:
    return {"pk": {"S": key}}


def _group_key(fanin: str, group: int) -> str:
    return f"{fanin}#{group}"


def _numbers(item: Item, name: str) -> frozenset[int]:
    return frozenset(int(number) for number in item.get(name, {}).get("NS", ()))


def _number(item: Item, name: str) -> int | None:
    return int(item[name]["N"]) if name in item else None


def _text(item: Item, name: str) -> str | None:
    return item[name]["S"] if name in item else None


def _group(number: int, item: Item) -> Group:
    failed = _numbers(item, "failed")
    reason = _text(item, f"reason_{min(failed)}") if failed else None
    return Group(number, _numbers(item, "done"), failed, _number(item, "size"), reason)


def _fanin(name: str, item: Item) -> FanIn:
    return FanIn(
        name=name,
        full=_numbers(item, "full"),
        failed=_numbers(item, "failed"),
        groups=_number(item, "groups"),
        total=_number(item, "total"),
        tolerated=_number(item, "tolerated"),
        token=_text(item, "token"),
        reason=_text(item, "reason"),
    )
