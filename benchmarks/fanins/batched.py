"""A prototype: chunks that come together are recorded together, with one update for each group among them.

It is right as :mod:`sfn_callback.fanin.protocol` is: what is added is a set, and the check is "if it is full". An
update is refused as a whole when one of its chunks has failed before; then each is recorded alone.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator

from benchmarks.fanins.ours import Ours
from sfn_callback.aws import dynamodb
from sfn_callback.fanin import ledger, protocol
from sfn_callback.fanin.protocol import GROUP_SIZE


class Batched(Ours):
    """Ours, with batches."""

    name = "this project, in batches"

    def done_together(self, slots: Iterable[int]) -> None:
        """Hear that chunks are done."""
        for group, places in by_group(slots).items():
            key = f"{self.job}#{group}"
            item = dynamodb.connect().update(
                key,
                add={"done": places},
                condition=" AND ".join(f"NOT contains(#failed, :place{place})" for place in places),
                given={f"place{place}": place for place in places},
            )
            recorded = ledger._group(group, item)
            if not recorded.done.issuperset(group * GROUP_SIZE + place for place in places):
                for place in places:
                    self.done(group * GROUP_SIZE + place)
            elif recorded.full:
                protocol.settle(ledger.connect(), ledger.connect().climb(self.job, recorded))


def by_group(slots: Iterable[int]) -> dict[int, list[int]]:
    """Return the places of slots in their groups."""
    groups = defaultdict(list)
    for slot in slots:
        groups[slot // GROUP_SIZE].append(slot % GROUP_SIZE)
    return groups


def batches(slots: list[int], size: int) -> Iterator[list[int]]:
    """Yield slots in batches."""
    return (slots[start : start + size] for start in range(0, len(slots), size))
