"""Requests and units are counted where they leave botocore."""

from collections import Counter
from collections.abc import Iterator

import pytest

from benchmarks.billing.meter import Meter
from benchmarks.billing.prices import LAMBDA_REQUEST, READ_UNIT, WRITE_UNIT, Usage
from benchmarks.fanins import cloud
from sfn_callback.aws import clients
from testing.environment import BUCKET, TABLE


@pytest.fixture
def meter() -> Iterator[Meter]:
    with cloud.metered() as meter:
        yield meter


def put(key: str, size: int) -> None:
    clients.dynamodb().put_item(TableName=TABLE, Item={"pk": {"S": key}, "v": {"S": "x" * size}})


def test_each_request_is_counted_by_its_operation(meter: Meter) -> None:
    clients.s3().put_object(Bucket=BUCKET, Key="k", Body=b"")
    clients.s3().list_objects_v2(Bucket=BUCKET)
    clients.stepfunctions().send_task_success(taskToken="token", output="{}")
    assert meter.usage.requests == Counter(PutObject=1, ListObjectsV2=1, SendTaskSuccess=1)


def test_a_write_costs_the_larger_of_the_item_before_and_after(meter: Meter) -> None:
    put("a", 3_000)
    put("a", 1)
    assert meter.usage.units == {WRITE_UNIT: 3 + 3}
    assert (meter.writes["a"], meter.sizes["a"]) == (2, 3_004)


def test_a_transaction_costs_twice(meter: Meter) -> None:
    actions = [{"Put": {"TableName": TABLE, "Item": {"pk": {"S": key}}}} for key in "ab"]
    clients.dynamodb().transact_write_items(TransactItems=actions)  # type: ignore[arg-type]
    assert meter.usage.units == {WRITE_UNIT: 4}


def test_a_read_costs_by_the_items_size(meter: Meter) -> None:
    put("a", 5_000)
    meter.anew()
    for key in ("a", "not there"):
        clients.dynamodb().get_item(TableName=TABLE, Key={"pk": {"S": key}}, ConsistentRead=True)
    assert meter.usage.units == {READ_UNIT: 2 + 1}
    keys = [{"pk": {"S": key}} for key in ("a", "not there")]
    clients.dynamodb().batch_get_item(RequestItems={TABLE: {"Keys": keys, "ConsistentRead": True}})
    assert meter.usage.units == {READ_UNIT: 2 * (2 + 1)}


def test_usage_is_priced_and_what_has_no_price_is_named() -> None:
    usage = Usage(Counter(PutObject=1_000, UpdateItem=5), Counter({WRITE_UNIT: 1_000, LAMBDA_REQUEST: 1_000}))
    assert usage.usd_a_million(1_000) == pytest.approx(5 + 0.625 + 0.2)
    with pytest.raises(KeyError, match="CreateBucket"):
        Usage(Counter(CreateBucket=1)).usd()
