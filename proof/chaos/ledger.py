"""What the ledger's items imply, read by none of the package's code.

When everything has come to rest, nothing may be left open:

- an item whose slots all have an outcome is known as full at the top, and its failed slots are known there;
- nothing is known as full before that, and no slot has two outcomes;
- whoever waited, with a token, has a verdict: all groups are full, or more slots have failed than are tolerated;
- every chunk that was written has an outcome in its job's first fan-in, and whatever is done has a result.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

_GROUP_SIZE = 256
_KEY = re.compile(r"(?P<fanin>(?P<job>[0-9]{8}T[0-9]{6}Z-[0-9a-f]{12})(\.[0-9]+-[0-9a-f]{8})?)(#(?P<group>[0-9]+))?")


@dataclass
class FanIn:
    """A fan-in: its top's item, and its groups' by their numbers."""

    name: str
    job: str
    top: Mapping[str, Any] = field(default_factory=dict)
    groups: dict[int, Mapping[str, Any]] = field(default_factory=dict)

    @property
    def first(self) -> bool:
        """Whether it is the split's, whose slots are the chunks."""
        return self.name == self.job

    @property
    def failed(self) -> set[int]:
        """The slots that have failed."""
        return set().union(*(_slots(number, group, "failed") for number, group in self.groups.items()))

    @property
    def done(self) -> set[int]:
        """The slots that are done."""
        return set().union(*(_slots(number, group, "done") for number, group in self.groups.items()))

    @property
    def reasons(self) -> set[str]:
        """Why slots have failed."""
        items = [item for group in self.groups.values() for item in group.items()]
        return {value["S"] for name, value in items if name.startswith("reason_")}

    def verdict(self) -> str | None:
        """Return ``success``, ``failure``, or ``None`` where the top implies neither."""
        if "total" not in self.top:
            return None
        if len(numbers(self.top, "failed")) > number(self.top, "tolerated"):
            return "failure"
        full = numbers(self.top, "full") >= set(range(number(self.top, "groups")))
        return "success" if full else None

    def problems(self) -> Iterator[str]:
        """Yield what is left open, or is wrong."""
        known_full, known_failed = numbers(self.top, "full"), numbers(self.top, "failed")
        for group, item in self.groups.items():
            done, failed = _slots(group, item, "done"), _slots(group, item, "failed")
            full = done | failed >= self._all_slots(group)
            if group in known_full and not full:
                yield f"group {group} of {self.name} is not full, and its top says so"
            if done & failed:
                yield f"slots of {self.name} have two outcomes: {sorted(done & failed)}"
            # Once a top implies a failure, nothing is added to it.
            if full and group not in known_full and self.verdict() != "failure":
                yield f"group {group} of {self.name} is full, and its top does not know"
            if not failed <= known_failed and self.verdict() != "failure":
                yield f"failed slots of {self.name} are not known at its top: {sorted(failed - known_failed)}"
        if "tokens" in self.top and self.verdict() is None:
            yield f"a machine waits for {self.name}, which has no verdict"

    def _all_slots(self, group: int) -> set[int]:
        size = number(self.groups[group], "size") if "size" in self.groups[group] else _GROUP_SIZE
        return set(range(group * _GROUP_SIZE, group * _GROUP_SIZE + size))


def fan_ins(items: Iterable[Mapping[str, Any]]) -> dict[str, FanIn]:
    """Return the fan-ins among a table's items, by their names."""
    fanins: dict[str, FanIn] = {}
    for item in items:
        key = _KEY.fullmatch(item["pk"]["S"])
        if key is None:
            continue
        fanin = fanins.setdefault(key["fanin"], FanIn(key["fanin"], key["job"]))
        if key["group"] is None:
            fanin.top = item
        else:
            fanin.groups[int(key["group"])] = item
    return fanins


def open_orphans(fanins: Mapping[str, FanIn], objects: set[str]) -> list[str]:
    """Return what is left open in the ledger, given the keys of all objects in the bucket."""
    problems = [problem for fanin in fanins.values() for problem in fanin.problems()]
    for kind, job, index in (key.split("/") for key in sorted(objects) if key.startswith("chunks/")):
        first = fanins.get(job, FanIn(job, job))
        if int(index) not in first.done | first.failed:
            problems.append(f"{kind}/{job}/{index} has no outcome")
        if int(index) in first.done and f"results/{job}/{index}" not in objects:
            problems.append(f"{kind}/{job}/{index} is done, and has no result")
    return problems


def _slots(group: int, item: Mapping[str, Any], outcome: str) -> set[int]:
    """A group's item counts its slots from 0."""
    return {group * _GROUP_SIZE + place for place in numbers(item, outcome)}


def numbers(item: Mapping[str, Any], name: str) -> set[int]:
    """Return an item's number set."""
    return {int(value) for value in item.get(name, {}).get("NS", ())}


def number(item: Mapping[str, Any], name: str) -> int:
    """Return an item's number."""
    return int(item[name]["N"])
