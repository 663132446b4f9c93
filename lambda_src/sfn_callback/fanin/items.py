"""What is recorded of a fan-in: groups of slots, sections of groups, and the fan-in itself; and what keeps them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

GROUP_SIZE = 256
"""Slots of a group."""
SECTION_SIZE = 64
"""Groups of a section."""
MAX_SLOTS = 4_000_000
"""The fan-in's item has a number for each full group, and stays below 64 KB."""


@dataclass(frozen=True, slots=True)
class Group:
    """Slots ``256·number`` to ``256·number + 255``; ``size`` is known for the last group only.

    ``reason`` says why a slot has failed, to who has just said so. ``moved`` has slots that are pending, each with a
    fan-in and a slot there that it counts for as well.
    """

    number: int
    done: frozenset[int] = frozenset()
    failed: frozenset[int] = frozenset()
    size: int | None = None
    reason: str | None = None
    moved: frozenset[tuple[int, str, int]] = frozenset()

    @property
    def full(self) -> bool:
        """Whether every slot has an outcome. A stray slot beyond the size does not count."""
        first = self.number * GROUP_SIZE
        slots = range(first, first + (GROUP_SIZE if self.size is None else self.size))
        return (self.done | self.failed).issuperset(slots)

    def moved_to(self, slot: int) -> frozenset[tuple[str, int]]:
        """Return the fan-ins that a slot of this group counts for as well, each with the slot there."""
        return frozenset((to, to_slot) for moved, to, to_slot in self.moved if moved == slot)


@dataclass(frozen=True, slots=True)
class Section:
    """Groups ``64·number`` to ``64·number + 63``: ``failed`` has those with failures, each with their count."""

    number: int
    failed: frozenset[tuple[int, int]] = frozenset()

    @property
    def failures(self) -> int:
        """How many slots have failed."""
        return _sum(self.failed)


@dataclass(frozen=True, slots=True)
class FanIn:
    """The top of a fan-in: which groups are full, how many slots failed, and who waits.

    ``failed`` has the sections with failures, each with their count. ``groups``, ``total`` and ``tolerated`` (slots
    that may fail) are known once it is sealed; ``tokens`` has one once a state machine waits, and one more for each
    attempt of its waiting state; of these, ``closed`` need no verdict any more. ``reason`` is the first failure's,
    ``execution`` the ARN of the execution that waits, where it was told, and ``redriven_as`` the fan-in that was begun
    in its place and took its tokens over.
    """

    name: str
    full: frozenset[int] = frozenset()
    failed: frozenset[tuple[int, int]] = frozenset()
    groups: int | None = None
    total: int | None = None
    tolerated: int | None = None
    tokens: frozenset[str] = field(default=frozenset(), repr=False)
    reason: str | None = None
    closed: int = 0
    execution: str | None = None
    redriven_as: str | None = None

    @property
    def sealed(self) -> bool:
        """Whether the number of slots is known."""
        return self.groups is not None

    @property
    def failures(self) -> int:
        """How many slots have failed, as far as that has climbed."""
        return _sum(self.failed)

    @property
    def unfilled(self) -> list[int]:
        """The numbers of the groups that are not full."""
        return [group for group in range(self.groups or 0) if group not in self.full]


class Ledger(Protocol):
    """Where fan-ins are kept. Every method is one atomic update, and returns the item as it is afterwards."""

    def mark_done(self, fanin: str, slot: int) -> Group:
        """Add the slot to its group's done slots unless it has failed."""

    def mark_failed(self, fanin: str, slot: int, reason: str) -> Group:
        """Add the slot to its group's failed slots, with the reason, unless it is done."""

    def move(self, fanin: str, slot: int, to: str, to_slot: int) -> Group:
        """Add a slot of another fan-in to those that a slot that is pending counts for, unless it has failed."""

    def mark_all_failed(self, fanin: str, reasons: Mapping[int, str]) -> Group:
        """As :meth:`mark_failed`, for slots of one group at once. Of a group, the reasons that came first are kept."""

    def set_size(self, fanin: str, group: int, size: int) -> Group:
        """Say how many slots the last group has."""

    def count_failures(self, fanin: str, group: Group) -> Section:
        """Put the number of the group's failed slots into its section, unless a larger one is there."""

    def climb(self, fanin: str, group: Group, section: Section | None = None) -> FanIn:
        """Add the group, if it is full, and put its section's count there, unless a larger one is."""

    def seal(self, fanin: str, groups: int, total: int, tolerated: int) -> FanIn:
        """Say how many groups and slots there are, and how many slots may fail."""

    def add_token(self, fanin: str, token: str, execution: str | None = None) -> FanIn:
        """Hand over the token of the state that waits, and the ARN of its execution, where known."""

    def again(self, fanin: str) -> FanIn:
        """Change nothing."""

    def close(self, fanin: FanIn) -> None:
        """Note that the tokens that it has need no verdict any more."""


def _sum(failed: Iterable[tuple[int, int]]) -> int:
    return sum(count for _, count in failed)
