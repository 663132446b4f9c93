"""Items of the ledger on moto, written past the package's requests of one slot each."""

from collections.abc import Iterable

import boto3

from sfn_callback.fanin.items import GROUP_SIZE
from testing.environment import TABLE


def add_outcomes(fanin: str, number: int, outcome: str, slots: Iterable[int]) -> None:
    """Add slots to the ``done`` or ``failed`` of a group whose item is there, as requests one by one would."""
    boto3.client("dynamodb").update_item(
        TableName=TABLE,
        Key={"pk": {"S": f"{fanin}#{number}"}},
        UpdateExpression="ADD #outcome :slots",
        ConditionExpression="attribute_exists(#outcome)",
        ExpressionAttributeNames={"#outcome": outcome},
        ExpressionAttributeValues={":slots": {"NS": [str(slot % GROUP_SIZE) for slot in slots]}},
    )
