"""A ledger in memory that does what DynamoDB does: one update at a time, and a refused condition returns the item."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace

from sfn_callback.fanin.items import GROUP_SIZE, SECTION_SIZE, FanIn, Group, Section


class MemoryLedger:
    """``before`` and ``after`` are called around each update: they may raise, as a crash there would."""

    def __init__(self) -> None:
        self.groups: dict[tuple[str, int], Group] = {}
        self.fanins: dict[str, FanIn] = {}
        self.why: dict[tuple[str, int], str] = {}
        self.why_at_once: dict[tuple[str, int], Mapping[int, str]] = {}
        self.sections: dict[tuple[str, int], Section] = {}
        self.before: Callable[[], None] = lambda: None
        self.after: Callable[[], None] = lambda: None

    def mark_done(self, fanin: str, slot: int) -> Group:
        group = self._group(fanin, slot // GROUP_SIZE)
        return self.put_group(fanin, group if slot in group.failed else replace(group, done=group.done | {slot}))

    def mark_failed(self, fanin: str, slot: int, reason: str) -> Group:
        group = self._group(fanin, slot // GROUP_SIZE)
        if slot in group.done:
            return self.put_group(fanin, group)
        self.why.setdefault((fanin, slot), reason)
        failed = group.failed | {slot}
        return replace(self.put_group(fanin, replace(group, failed=failed)), reason=reason)

    def move(self, fanin: str, slot: int, to: str, to_slot: int) -> Group:
        group = self._group(fanin, slot // GROUP_SIZE)
        moved = group.moved if slot in group.failed else group.moved | {(slot, to, to_slot)}
        return self.put_group(fanin, replace(group, moved=moved))

    def mark_all_failed(self, fanin: str, reasons: Mapping[int, str]) -> Group:
        group = self._group(fanin, min(reasons) // GROUP_SIZE)
        group = self.put_group(fanin, replace(group, failed=group.failed | (reasons.keys() - group.done)))
        new_reasons = {slot: reasons[slot] for slot in sorted(group.failed & reasons.keys())}
        if not new_reasons:
            return group
        self.why_at_once.setdefault((fanin, group.number), new_reasons)
        return replace(group, reason=next(iter(new_reasons.values())))

    def set_size(self, fanin: str, group: int, size: int) -> Group:
        return self.put_group(fanin, replace(self._group(fanin, group), size=size))

    def count_failures(self, fanin: str, group: Group) -> Section:
        self.before()
        key = fanin, group.number // SECTION_SIZE
        section = self.sections.get(key, Section(key[1]))
        self.sections[key] = replace(section, failed=_risen(section.failed, group.number, len(group.failed)))
        self.after()
        return self.sections[key]

    def climb(self, fanin: str, group: Group, section: Section | None = None) -> FanIn:
        item = self._fanin(fanin)
        full = item.full | {group.number} if group.full else item.full
        if section is None:
            return self.put_fanin(replace(item, full=full))
        failed = _risen(item.failed, section.number, section.failures)
        reason = group.reason if item.reason is None else item.reason
        return self.put_fanin(replace(item, full=full, failed=failed, reason=reason))

    def seal(self, fanin: str, groups: int, total: int, tolerated: int) -> FanIn:
        return self.put_fanin(replace(self._fanin(fanin), groups=groups, total=total, tolerated=tolerated))

    def add_token(self, fanin: str, token: str, execution: str | None = None) -> FanIn:
        item = self._fanin(fanin)
        return self.put_fanin(replace(item, tokens=item.tokens | {token}, execution=execution or item.execution))

    def look(self, fanin: str) -> FanIn:
        return self._fanin(fanin)

    def those_of(self, fanin: str, numbers: Iterable[int]) -> tuple[Group, ...]:
        """What DynamoLedger calls ``groups``."""
        self.before()
        return tuple(self.groups[fanin, number] for number in numbers if (fanin, number) in self.groups)

    def open(self) -> tuple[str, ...]:
        """The fan-ins that its filter of what is open lets pass."""
        self.before()
        return tuple(name for name, top in self.fanins.items() if top.closed < len(top.tokens))

    def again(self, fanin: str) -> FanIn:
        return self.put_fanin(self._fanin(fanin))

    def close(self, fanin: FanIn) -> None:
        self.put_fanin(replace(self._fanin(fanin.name), closed=len(fanin.tokens)))

    def reasons(self, fanin: str, total: int, most: int | None = None) -> tuple[str, ...]:
        self.before()
        known = {
            slot: why for (name, _), told in self.why_at_once.items() if name == fanin for slot, why in told.items()
        }
        known |= {slot: why for (name, slot), why in self.why.items() if name == fanin}
        return tuple(known[slot] for slot in sorted(slot for slot in known if slot < total)[:most])

    def _group(self, fanin: str, number: int) -> Group:
        self.before()
        return self.groups.get((fanin, number), Group(number))

    def _fanin(self, fanin: str) -> FanIn:
        self.before()
        return self.fanins.get(fanin, FanIn(fanin))

    def put_group(self, fanin: str, group: Group) -> Group:
        """Every update of a group ends here."""
        self.groups[fanin, group.number] = group
        self.after()
        return group

    def put_fanin(self, item: FanIn) -> FanIn:
        """Every update of a fan-in's top ends here."""
        self.fanins[item.name] = item
        self.after()
        return item


def _risen(counts: frozenset[tuple[int, int]], number: int, count: int) -> frozenset[tuple[int, int]]:
    known = dict(counts)
    return frozenset({**known, number: max(count, known.get(number, 0))}.items())
