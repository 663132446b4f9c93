"""The ledger in memory, which the simulator counts on, and the one on DynamoDB (moto) are the same."""

from typing import Any

import boto3
from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, rule
from moto import mock_aws

from sfn_callback.aws.dynamodb import Table
from sfn_callback.fanin.items import Group
from sfn_callback.fanin.ledger import DynamoLedger
from testing.aws import make_table
from testing.environment import TABLE
from testing.memory_ledger import MemoryLedger

SLOTS = 600
GROUPS = 3
fanins = st.sampled_from(["20260131T235959Z-0123456789ab", "20260131T235959Z-0123456789ab.1-01234567"])
slots = st.sampled_from([0, 1, 255, 256, 599])
places = st.sampled_from([0, 1, 2, 86, 87])


class BothLedgers(RuleBasedStateMachine):
    """Whatever is called, in whatever order, both return the same."""

    seen: Bundle[tuple[str, Group]] = Bundle("seen")

    @initialize()
    def begin(self) -> None:
        self._aws = mock_aws()
        self._aws.start()
        make_table()
        self.ledgers: tuple[Any, Any] = DynamoLedger(Table(boto3.client("dynamodb"), TABLE, 60)), MemoryLedger()

    def teardown(self) -> None:
        if hasattr(self, "_aws"):
            try:
                self.the_reasons_are_the_same()
            finally:
                self._aws.stop()

    @rule(target=seen, fanin=fanins, slot=slots)
    def a_chunk_is_done(self, fanin: str, slot: int) -> tuple[str, Group]:
        return fanin, self.marked_and_climbed(fanin, "mark_done", slot)

    @rule(target=seen, fanin=fanins, slot=slots, reason=st.sampled_from(["no", "日本"]))
    def a_chunk_has_failed(self, fanin: str, slot: int, reason: str) -> tuple[str, Group]:
        return fanin, self.marked_and_climbed(fanin, "mark_failed", slot, reason)

    @rule(target=seen, fanin=fanins, group=st.integers(0, GROUPS - 1), places=st.sets(places, min_size=1))
    def chunks_have_failed_at_once(self, fanin: str, group: int, places: set[int]) -> tuple[str, Group]:
        reasons = {group * 256 + place: f"at once {place}" for place in places}
        return fanin, self.marked_and_climbed(fanin, "mark_all_failed", reasons)

    @rule(target=seen, fanin=fanins, slot=slots, to=fanins, to_slot=slots)
    def a_pending_chunk_is_moved(self, fanin: str, slot: int, to: str, to_slot: int) -> tuple[str, Group]:
        return fanin, self.both("move", fanin, slot, to, to_slot)

    @rule(target=seen, fanin=fanins, group=st.integers(0, GROUPS - 1), size=st.integers(1, 256))
    def the_last_group_has_a_size(self, fanin: str, group: int, size: int) -> tuple[str, Group]:
        return fanin, self.both("set_size", fanin, group, size)

    @rule(group=seen)
    def somebody_climbs_late(self, group: tuple[str, Group]) -> None:
        self.climbed(*group)

    @rule(fanin=fanins, tolerated=st.integers(0, 3))
    def it_is_sealed(self, fanin: str, tolerated: int) -> None:
        self.both("seal", fanin, GROUPS, SLOTS, tolerated)

    @rule(fanin=fanins, token=st.sampled_from(["a", "b"]), execution=st.sampled_from([None, "arn:a", "arn:b"]))
    def a_state_waits(self, fanin: str, token: str, execution: str | None) -> None:
        self.both("add_token", fanin, token, execution)

    @rule(fanin=fanins)
    def what_waits_is_closed(self, fanin: str) -> None:
        top = self.both("again", fanin)
        if top.tokens:
            self.both("close", top)

    def the_reasons_are_the_same(self) -> None:
        # Of no reason anything is ever taken away: at the end all are there to compare.
        in_aws, in_memory = (sorted(one.reasons("20260131T235959Z-0123456789ab", SLOTS)) for one in self.ledgers)
        assert in_aws == in_memory

    def marked_and_climbed(self, fanin: str, *call: Any) -> Group:
        name, *arguments = call
        group: Group = self.both(name, fanin, *arguments)
        self.climbed(fanin, group)
        return group

    def climbed(self, fanin: str, group: Group) -> None:
        section = self.both("count_failures", fanin, group) if group.failed else None
        self.both("climb", fanin, group, section)

    def both(self, call: str, *arguments: Any) -> Any:
        in_aws, in_memory = (getattr(one, call)(*arguments) for one in self.ledgers)
        assert in_aws == in_memory
        return in_aws


TestBothLedgers = BothLedgers.TestCase
# On moto each try takes its time: no minutes to make a failing sequence shorter.
TestBothLedgers.settings = settings(
    max_examples=max(12, settings().max_examples // 10),
    stateful_step_count=25,
    deadline=None,
    phases=set(Phase) - {Phase.shrink},
)
