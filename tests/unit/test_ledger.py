"""The ledger's items on DynamoDB (moto)."""

from collections.abc import Iterator
from typing import Any

import boto3
import botocore.session
import pytest
from botocore.stub import Stubber
from moto import mock_aws

from benchmarks.billing.capacity import item_bytes
from sfn_callback import fanin as protocol
from sfn_callback import ledger
from sfn_callback.fanin import Group
from sfn_callback.ledger import DynamoLedger
from sfn_callback.table import Table
from tests.conftest import TABLE
from tests.fakes.aws import make_table

JOB = "20260131T235959Z-0123456789ab"


@pytest.fixture
def dynamo() -> Iterator[DynamoLedger]:
    with mock_aws():
        make_table()
        yield ledger.connect()


def item(key: str) -> dict[str, Any]:
    return boto3.client("dynamodb").get_item(TableName=TABLE, Key={"pk": {"S": key}})["Item"]


def test_done_slots_of_a_group_come_back_together(dynamo: DynamoLedger) -> None:
    dynamo.mark_done(JOB, 256)
    assert dynamo.mark_done(JOB, 300) == Group(1, done=frozenset({256, 300}))


def test_a_failed_slot_is_not_done_afterwards(dynamo: DynamoLedger) -> None:
    dynamo.mark_failed(JOB, 1, "no")
    assert dynamo.mark_done(JOB, 1) == Group(0, failed=frozenset({1}), reason="no")


def test_a_done_slot_does_not_fail_afterwards_and_gets_no_reason(dynamo: DynamoLedger) -> None:
    dynamo.mark_done(JOB, 1)
    assert dynamo.mark_failed(JOB, 1, "no") == Group(0, done=frozenset({1}))
    assert dynamo.reasons(JOB, 2) == []


def test_each_group_has_a_partition_key_of_its_own(dynamo: DynamoLedger) -> None:
    dynamo.mark_done(JOB, 0)
    dynamo.mark_done(JOB, 256)
    assert item(f"{JOB}#0")["done"] == item(f"{JOB}#1")["done"] == {"NS": ["0"]}


def test_every_item_expires_after_the_retention(dynamo: DynamoLedger) -> None:
    dynamo.mark_done(JOB, 0)
    first = item(f"{JOB}#0")["expires"]["N"]
    dynamo.mark_done(JOB, 1)
    assert item(f"{JOB}#0")["expires"]["N"] == first
    dynamo.add_token(JOB, "token")
    assert "expires" in item(JOB)


def test_the_first_reason_is_kept(dynamo: DynamoLedger) -> None:
    dynamo.mark_failed(JOB, 3, "the first")
    dynamo.mark_failed(JOB, 3, "the second")
    assert dynamo.reasons(JOB, 4) == ["the first"]


def test_reasons_are_read_from_all_groups(dynamo: DynamoLedger) -> None:
    slots = [0, 256 * 99, 256 * 100, 256 * 150 + 3]
    for slot in slots:
        dynamo.mark_failed(JOB, slot, f"slot {slot}")
    assert sorted(dynamo.reasons(JOB, 256 * 151)) == sorted(f"slot {slot}" for slot in slots)


def test_a_failed_climb_past_the_tolerance_adds_nothing_and_still_shows_the_verdict(dynamo: DynamoLedger) -> None:
    dynamo.seal(JOB, groups=4, total=1024, tolerated=1)
    for group in range(3):
        seen = dynamo.climb(JOB, Group(group, failed=frozenset({group * 256}), reason="no"))
    assert len(seen.failed) == 2


def test_the_cap_holds_before_the_tolerance_is_known(dynamo: DynamoLedger, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ledger, "MAX_TOLERATED", 2)
    for group in range(5):
        seen = dynamo.climb(JOB, Group(group, failed=frozenset({group * 256}), reason="no"))
    assert len(seen.failed) == 3


def test_a_full_group_with_failures_reaches_the_top_while_they_are_tolerated(dynamo: DynamoLedger) -> None:
    dynamo.seal(JOB, groups=1, total=1, tolerated=1)
    seen = dynamo.climb(JOB, Group(0, failed=frozenset({0}), size=1))
    assert seen.full == {0}


def test_the_largest_top_item_stays_under_dynamodbs_limit() -> None:
    # DynamoDB counts about half a byte for each digit, and one more byte; a set's member has one more.
    # https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html
    def size(number: int) -> int:
        return (len(str(number)) + 1) // 2 + 2

    full = sum(size(group) for group in range(-(-protocol.MAX_SLOTS // protocol.GROUP_SIZE)))
    failed = (protocol.MAX_TOLERATED + 256) * size(protocol.MAX_SLOTS)
    # Each attempt of the waiting state that reaches its function hands over a token (main.tf: retry_step).
    tokens_and_reason = (1 + 8 + 2) * 2_051 + 256
    assert full + failed + tokens_and_reason < 400_000


def test_a_full_group_of_the_largest_job_is_written_for_one_unit(dynamo: DynamoLedger) -> None:
    round_ = f"{JOB}.1-01234567"
    for slot in range(protocol.MAX_SLOTS - protocol.GROUP_SIZE, protocol.MAX_SLOTS):
        group = dynamo.mark_done(round_, slot)
    assert group.full
    assert item_bytes(item(f"{round_}#{group.number}")) <= 1_024


def test_a_group_whose_slots_all_fail_stays_a_small_item(dynamo: DynamoLedger) -> None:
    for slot in range(256):
        dynamo.mark_failed(JOB, slot, "日" * 85)
    assert len(str(item(f"{JOB}#0")).encode()) < 100_000


def test_conditions_return_the_old_item_in_botocores_model() -> None:
    model = botocore.session.get_session().get_service_model("dynamodb")
    shapes: Any = model.shape_for("UpdateItemInput"), model.shape_for("ConditionalCheckFailedException")
    assert "ReturnValuesOnConditionCheckFailure" in shapes[0].members
    assert "Item" in shapes[1].members


def test_a_climb_without_a_reason_carries_the_groups_failures_all_the_same(dynamo: DynamoLedger) -> None:
    seen = dynamo.climb(JOB, Group(0, done=frozenset({1}), failed=frozenset({0}), size=2))
    assert (set(seen.full), set(seen.failed), seen.reason) == ({0}, {0}, None)


def test_the_first_reason_of_the_top_is_kept(dynamo: DynamoLedger) -> None:
    dynamo.climb(JOB, Group(0, failed=frozenset({0}), reason="the first"))
    assert dynamo.climb(JOB, Group(0, failed=frozenset({1}), reason="the second")).reason == "the first"


def test_the_time_of_expiry_is_that_of_the_first_write(dynamo: DynamoLedger, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("time.time", lambda: 1_000_000.0)
    dynamo.mark_done(JOB, 0)
    monkeypatch.setattr("time.time", lambda: 2_000_000.0)
    dynamo.mark_done(JOB, 1)
    assert item(f"{JOB}#0")["expires"] == {"N": str(1_000_000 + 14 * 86_400)}


def test_reasons_are_read_consistently_and_again_where_dynamodb_gave_only_a_part() -> None:
    client: Any = botocore.session.get_session().create_client("dynamodb")
    keys = {"Keys": [{"pk": {"S": f"{JOB}#0"}}, {"pk": {"S": f"{JOB}#1"}}], "ConsistentRead": True}
    rest = {"Keys": [{"pk": {"S": f"{JOB}#1"}}], "ConsistentRead": True}
    first = {"reason_0": {"S": "zero"}}
    with Stubber(client) as stub:
        answer = {"Responses": {TABLE: [first]}, "UnprocessedKeys": {TABLE: rest}}
        stub.add_response("batch_get_item", answer, {"RequestItems": {TABLE: keys}})
        answer = {"Responses": {TABLE: [{"reason_256": {"S": "one"}}]}, "UnprocessedKeys": {}}
        stub.add_response("batch_get_item", answer, {"RequestItems": {TABLE: rest}})
        assert DynamoLedger(Table(client, TABLE, 60)).reasons(JOB, 257) == ["zero", "one"]


def test_looking_changes_nothing(dynamo: DynamoLedger) -> None:
    dynamo.mark_done(JOB, 300)
    dynamo.seal(JOB, 2, 301, 7)
    before = [item(JOB), item(f"{JOB}#1")]
    seen = dynamo.look(JOB)
    assert (seen.groups, seen.total, seen.tolerated) == (2, 301, 7)
    assert list(dynamo.groups(JOB, range(2))) == [Group(1, done=frozenset({300}))]
    assert [item(JOB), item(f"{JOB}#1")] == before
    assert dynamo.look("another").total is None
