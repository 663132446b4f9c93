"""AWS in memory: a bucket, the ledger's table, functions that are invoked later, and task tokens.

Each call is one atomic step, as on AWS. What it is told and what it tells are plain values, so that they can be
compared.
"""

from copy import copy
from dataclasses import replace
from typing import Any

from proof.simulator.attempts import Answer
from sfn_callback.fanin.item_format import Heard
from sfn_callback.fanin.items import GROUP_SIZE, FanIn, Group, Section
from testing.memory_ledger import MemoryLedger

HEARTBEAT_SECONDS = 600
NOW = 1_800_000_000
"""Epoch seconds. No time passes; that it has is said of what depends on it."""


class Bucket:
    """S3: strongly consistent, listing included. https://aws.amazon.com/s3/consistency/"""

    def __init__(self) -> None:
        self.objects: dict[str, bytes] = {}

    def put(self, key: str, body: bytes) -> Answer:
        """PutObject."""
        self.objects[key] = body
        return Answer()

    def put_new(self, key: str, body: bytes) -> Answer:
        """PutObject with If-None-Match."""
        return Answer(error="PreconditionFailed") if key in self.objects else self.put(key, body)

    def get(self, key: str) -> Answer:
        """GetObject."""
        return Answer(self.objects[key]) if key in self.objects else Answer(error="NoSuchKey")

    def head(self, key: str) -> Answer:
        """HeadObject."""
        return Answer(len(self.objects[key])) if key in self.objects else Answer(error="404")

    def list(self, prefix: str) -> Answer:
        """ListObjectsV2."""
        return Answer(tuple(sorted(key for key in self.objects if key.startswith(prefix))))

    def copy(self) -> "Bucket":
        """Return one of its own in the same state."""
        twin = Bucket()
        twin.objects = self.objects.copy()
        return twin

    def key(self) -> frozenset[tuple[str, bytes]]:
        """Return what tells this state from others."""
        return frozenset(self.objects.items())


class Ledger(MemoryLedger):
    """The ledger's items, and what :mod:`proof.simulator.mutations` writes instead.

    ``signs`` has the pending chunks that were heard of: whether lately, and by the token of which place.
    """

    def __init__(self) -> None:
        super().__init__()
        self.signs: dict[tuple[str, int], Heard] = {}

    def note_heard(self, job: str, chunk: int, fanin: str, slot: int) -> None:
        """Note that a chunk was heard of now."""
        self.signs[job, chunk] = Heard(NOW, fanin, slot)

    def heard(self, job: str, chunks: tuple[int, ...]) -> tuple[tuple[int, Heard], ...]:
        """Return when chunks were heard of."""
        return tuple((chunk, self.signs[job, chunk]) for chunk in chunks if (job, chunk) in self.signs)

    def grow_silent(self) -> None:
        """Let so much time pass that nobody counts as heard of."""
        self.signs = {chunk: sign._replace(at=NOW - HEARTBEAT_SECONDS - 1) for chunk, sign in self.signs.items()}

    def is_heard(self) -> bool:
        """Return whether somebody counts as heard of."""
        return any(sign.at == NOW for sign in self.signs.values())

    def transfer_tokens(self, fanin: FanIn, to: str) -> None:
        """Note which round has taken its tokens over."""
        self.put_fanin(replace(self._fanin(fanin.name), closed=len(fanin.tokens), redriven_as=to))

    def note_redriven(self, fanin: str, as_: str) -> None:
        """Note which round was begun in its place."""
        top = self._fanin(fanin)
        self.put_fanin(replace(top, redriven_as=as_) if top.tokens else top)

    def move_anyway(self, fanin: str, slot: int, to: str, to_slot: int) -> Group:
        """Move a slot, also when it has failed."""
        group = self._group(fanin, slot // GROUP_SIZE)
        return self.put_group(fanin, replace(group, moved=group.moved | {(slot, to, to_slot)}))

    def move_only(self, fanin: str, slot: int, to: str, to_slot: int) -> Group:
        """Move a slot from wherever it was moved before."""
        group = self._group(fanin, slot // GROUP_SIZE)
        left = frozenset(one for one in group.moved if one[0] != slot)
        self.put_group(fanin, replace(group, moved=left))
        return self.move(fanin, slot, to, to_slot)

    def mark_done_if_new(self, fanin: str, slot: int) -> Group | None:
        """Record a slot as done; return its group, ``None`` when it had an outcome already."""
        before = self._group(fanin, slot // GROUP_SIZE)
        after = self.mark_done(fanin, slot)
        return None if before == after else after

    def mark_failed_anyway(self, fanin: str, slot: int, reason: str) -> Group:
        """Record a slot as failed, also when it is done."""
        group = self._group(fanin, slot // GROUP_SIZE)
        return self.put_group(fanin, replace(group, failed=group.failed | {slot}, reason=reason))

    def climb_anyhow(self, fanin: str, group: Group, section: Section | None) -> FanIn:
        """Climb, with the section's count in the place of whatever is there."""
        top = self.climb(fanin, group, section)
        counts = {**dict(top.failed), **({section.number: section.failures} if section else {})}
        return self.put_fanin(replace(top, failed=frozenset(counts.items())))

    def climb_adding(self, fanin: str, group: Group, section: Section | None) -> FanIn:
        """Climb, and add the group's failures to what is there."""
        before, top = dict(self._fanin(fanin).failed), self.climb(fanin, group, section)
        added = {section.number: before.get(section.number, 0) + len(group.failed)} if section else {}
        return self.put_fanin(replace(top, failed=frozenset({**before, **added}.items())))

    def put_token(self, fanin: str, token: str) -> FanIn:
        """Hand over a token in place of what was there."""
        return self.put_fanin(replace(self._fanin(fanin), tokens=frozenset({token})))

    def copy(self) -> "Ledger":
        """Return one of its own in the same state."""
        twin = copy(self)
        twin.groups, twin.fanins, twin.why = self.groups.copy(), self.fanins.copy(), self.why.copy()
        twin.why_at_once = self.why_at_once.copy()
        twin.sections, twin.signs = self.sections.copy(), self.signs.copy()
        return twin

    def key(self) -> tuple[frozenset[Any], ...]:
        """Return what tells this state from others."""
        items = (self.groups, self.sections, self.fanins, self.signs)
        return tuple(frozenset(one.items()) for one in items)


class Table:
    """A table for the protocols that people usually write: each method is one request of DynamoDB's."""

    def __init__(self) -> None:
        self.items: dict[str, Any] = {}

    def add(self, key: str, by: int) -> int:
        """UpdateItem: ADD to a number; return it."""
        self.items[key] = self.items.get(key, 0) + by
        return int(self.items[key])

    def put_new(self, key: str) -> bool:
        """PutItem on the condition that there is none; return whether there was none."""
        new = key not in self.items
        self.items.setdefault(key, True)
        return new

    def put_new_and_add(self, key: str, counter: str) -> int | None:
        """TransactWriteItems: put an item that is new, and count it; then the counter. ``None``: it was not new."""
        return self.add(counter, 1) if self.put_new(key) else None

    def put(self, key: str, value: Any) -> None:
        """PutItem."""
        self.items[key] = value

    def get(self, key: str) -> Any:
        """GetItem, consistent."""
        return self.items.get(key)

    def count(self, prefix: str) -> int:
        """Query, consistent: how many items there are."""
        return sum(key.startswith(prefix) for key in self.items)

    def copy(self) -> "Table":
        """Return one of its own in the same state."""
        twin = Table()
        twin.items = self.items.copy()
        return twin

    def key(self) -> frozenset[Any]:
        """Return what tells this state from others."""
        return frozenset(self.items.items())
