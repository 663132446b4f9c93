"""The ledger's items on DynamoDB (moto)."""

from collections.abc import Iterator
from typing import Any

import boto3
import botocore.session
import pytest
from botocore.stub import Stubber
from moto import mock_aws

from benchmarks.billing.capacity import item_bytes
from sfn_callback.aws.dynamodb import Table
from sfn_callback.fanin import items, ledger
from sfn_callback.fanin.items import SECTION_SIZE, Group, Section
from sfn_callback.fanin.ledger import DynamoLedger
from testing.aws import make_table
from testing.environment import TABLE
from testing.ledger_items import add_outcomes
from testing.wire import Wire

JOB = "20260131T235959Z-0123456789ab"


@pytest.fixture
def dynamo() -> Iterator[DynamoLedger]:
    with mock_aws():
        make_table()
        yield ledger.connect()


def item(key: str) -> dict[str, Any]:
    return boto3.client("dynamodb").get_item(TableName=TABLE, Key={"pk": {"S": key}})["Item"]


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


def test_reasons_are_read_from_all_groups(dynamo: DynamoLedger) -> None:
    slots = [0, 256 * 99, 256 * 100, 256 * 150 + 3]
    for slot in slots:
        dynamo.mark_failed(JOB, slot, f"slot {slot}")
    assert sorted(dynamo.reasons(JOB, 256 * 151)) == sorted(f"slot {slot}" for slot in slots)


def test_the_reasons_that_are_asked_for_are_those_of_the_first_slots(dynamo: DynamoLedger) -> None:
    slots = [600, 3, 256 * 120, 7, 5, 256 * 101 + 1]
    for slot in slots:
        dynamo.mark_failed(JOB, slot, f"slot {slot}")
    dynamo.mark_done(JOB, 4)
    for most in range(7):
        assert dynamo.reasons(JOB, 256 * 121, most) == [f"slot {slot}" for slot in sorted(slots)[:most]]


def test_slots_that_fail_at_once_take_one_request_for_their_outcomes_and_one_for_their_reasons(
    wire: Wire, dynamo: DynamoLedger
) -> None:
    group = dynamo.mark_all_failed(JOB, {slot: f"slot {slot}" for slot in range(256, 512)})
    assert (group.failed, group.full, group.reason) == (frozenset(range(256, 512)), True, "slot 256")
    assert wire.operations() == ["dynamodb.UpdateItem"] * 2
    assert item_bytes(item(f"{JOB}#1")) <= 1_024
    assert dynamo.reasons(JOB, 600) == [f"slot {slot}" for slot in range(256, 512)]
    assert dynamo.reasons(JOB, 600, 2) == ["slot 256", "slot 257"]


def test_what_is_done_meanwhile_stays_done_although_others_fail_at_once(wire: Wire, dynamo: DynamoLedger) -> None:
    dynamo.mark_done(JOB, 1)
    late = iter([2])

    def somebody_else(operation: str, _: Any) -> None:
        if operation == "dynamodb.UpdateItem" and (slot := next(late, None)) is not None:
            dynamo.mark_done(JOB, slot)

    wire.answer = somebody_else
    group = dynamo.mark_all_failed(JOB, {slot: f"slot {slot}" for slot in range(4)})
    assert group == Group(0, done=frozenset({1, 2}), failed=frozenset({0, 3}), reason="slot 0")
    assert dynamo.reasons(JOB, 4) == ["slot 0", "slot 3"]


def test_a_reason_of_many_is_no_larger_than_dynamodb_takes(dynamo: DynamoLedger) -> None:
    dynamo.mark_all_failed(JOB, dict.fromkeys(range(256), '"' * 256))
    assert item_bytes(item(f"{JOB}!g0")) < 400_000


def test_a_group_with_failures_reaches_the_top_by_way_of_its_section(dynamo: DynamoLedger) -> None:
    group = Group(130, failed=frozenset({130 * 256}), size=1, reason="no")
    section = dynamo.count_failures(JOB, group)
    assert section == Section(2, frozenset({(130, 1)}))
    seen = dynamo.climb(JOB, group, section)
    assert (set(seen.full), set(seen.failed), seen.failures, seen.reason) == ({130}, {(2, 1)}, 1, "no")
    assert dynamo.failures(seen) == {(JOB, 130): 1}


def test_a_full_group_reaches_the_top_although_its_sections_count_is_late(dynamo: DynamoLedger) -> None:
    full = Group(0, failed=frozenset({0}), size=1, reason="no")
    dynamo.climb(JOB, Group(1, failed=frozenset({256})), Section(0, frozenset({(0, 1), (1, 1)})))
    seen = dynamo.climb(JOB, full, Section(0, frozenset({(0, 1)})))
    assert (set(seen.full), seen.failures) == ({0}, 2)


def test_a_smaller_count_changes_nothing(dynamo: DynamoLedger) -> None:
    two, one = (Group(0, failed=frozenset(range(count))) for count in (2, 1))
    assert dynamo.count_failures(JOB, two) == dynamo.count_failures(JOB, one)
    dynamo.climb(JOB, two, Section(0, frozenset({(0, 2)})))
    assert dynamo.climb(JOB, one, Section(0, frozenset({(0, 1)}))).failures == 2


def test_what_is_closed_is_known_and_nothing_else_is_changed_by_looking_again(dynamo: DynamoLedger) -> None:
    dynamo.close(dynamo.add_token(JOB, "token"))
    assert dynamo.again(JOB) == dynamo.look(JOB)
    assert (dynamo.again(JOB).closed, dynamo.add_token(JOB, "another").closed) == (1, 1)


def test_no_item_of_the_largest_job_is_large(dynamo: DynamoLedger) -> None:
    round_ = f"{JOB}.1-01234567"
    groups = items.MAX_SLOTS // items.GROUP_SIZE
    numbers = [str(group) for group in range(groups)]
    top: dict[str, Any] = {"full": {"NS": numbers}, "tokens": {"SS": ["x" * 1_024]}}
    assert item_bytes({"pk": {"S": round_}, "reason": {"S": "x" * 256}, **top}) < 72_000
    for group in range(groups - SECTION_SIZE, groups):
        dynamo.count_failures(round_, Group(group, failed=frozenset(range(256))))
    for section in (groups // SECTION_SIZE - 1, groups // SECTION_SIZE):
        assert item_bytes(item(f"{round_}#s{section}")) <= 1_024


def test_a_full_group_of_the_largest_job_is_written_for_one_unit(dynamo: DynamoLedger) -> None:
    round_, other = f"{JOB}.1-01234567", f"{JOB}.2-01234567"
    first, *between, last = range(items.MAX_SLOTS - items.GROUP_SIZE, items.MAX_SLOTS)
    number = last // items.GROUP_SIZE
    dynamo.mark_done(round_, first)
    dynamo.mark_failed(other, first, "日" * 85)
    add_outcomes(round_, number, "done", between)
    add_outcomes(other, number, "failed", between)
    done, failed = dynamo.mark_done(round_, last), dynamo.mark_failed(other, last, "日" * 85)
    assert done.full and failed.full
    assert item_bytes(item(f"{round_}#{done.number}")) <= 1_024
    assert item_bytes(item(f"{other}#{failed.number}")) <= 1_024
    assert item_bytes(item(f"{other}!{items.MAX_SLOTS - 1}")) <= 1_024


def test_conditions_return_the_old_item_in_botocores_model() -> None:
    model = botocore.session.get_session().get_service_model("dynamodb")
    shapes: Any = model.shape_for("UpdateItemInput"), model.shape_for("ConditionalCheckFailedException")
    assert "ReturnValuesOnConditionCheckFailure" in shapes[0].members
    assert "Item" in shapes[1].members


def test_the_first_reason_of_the_top_is_kept(dynamo: DynamoLedger) -> None:
    section = Section(0, frozenset({(0, 1)}))
    dynamo.climb(JOB, Group(0, failed=frozenset({0}), reason="the first"), section)
    assert dynamo.climb(JOB, Group(0, failed=frozenset({1}), reason="the second"), section).reason == "the first"


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
    failed = [{"pk": {"S": f"{JOB}#{group}"}, "failed": {"NS": ["0"]}} for group in range(2)]
    why = {"Keys": [{"pk": {"S": f"{JOB}!{slot}"}} for slot in (0, 256)], "ConsistentRead": True}
    reasons = [{"pk": {"S": f"{JOB}!{slot}"}, "reason": {"S": reason}} for slot, reason in ((256, "one"), (0, "zero"))]
    with Stubber(client) as stub:
        answer = {"Responses": {TABLE: failed[:1]}, "UnprocessedKeys": {TABLE: rest}}
        stub.add_response("batch_get_item", answer, {"RequestItems": {TABLE: keys}})
        answer = {"Responses": {TABLE: failed[1:]}, "UnprocessedKeys": {}}
        stub.add_response("batch_get_item", answer, {"RequestItems": {TABLE: rest}})
        answer = {"Responses": {TABLE: reasons}, "UnprocessedKeys": {}}
        stub.add_response("batch_get_item", answer, {"RequestItems": {TABLE: why}})
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
