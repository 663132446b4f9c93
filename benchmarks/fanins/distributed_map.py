"""Distributed Map, as its documentation bills it. Nothing here was measured.

https://docs.aws.amazon.com/step-functions/latest/dg/concepts-transitions.html: one transition for each child that is
started, whatever its type; and in a Standard child one for each of its states.
https://aws.amazon.com/step-functions/pricing/: an Express child is a request, and lasts in steps of 100 ms with memory
in steps of 64 MB.
"""

import math
from collections import Counter
from dataclasses import dataclass

from benchmarks.billing.prices import EXPRESS_GB_SECOND, EXPRESS_REQUEST, TRANSITION, Usage

_STATES = 1
"""A child is one task that invokes the function."""
_GB = 64 / 1_024
_STEP_SECONDS = 0.1


@dataclass(frozen=True, slots=True)
class DistributedMap:
    """A kind of it: the ``type`` of its children, and how many chunks each has (``ItemBatcher``)."""

    type: str
    items: int = 1

    @property
    def name(self) -> str:
        """What it is called here."""
        return f"Distributed Map, {self.type}" + (f", {self.items} chunks a child" if self.items > 1 else "")

    def usage(self, chunks: int, work_seconds: float) -> Usage:
        """Return what is billed for chunks that are worked on for so long each, one after another in a child."""
        children = math.ceil(chunks / self.items)
        if self.type == "Standard":
            return Usage(units=Counter({TRANSITION: children * (1 + _STATES)}))
        steps = math.ceil(self.items * work_seconds / _STEP_SECONDS)
        gb_seconds = children * steps * _STEP_SECONDS * _GB
        return Usage(units=Counter({TRANSITION: children, EXPRESS_REQUEST: children, EXPRESS_GB_SECOND: gb_seconds}))


STANDARD = DistributedMap("Standard")
EXPRESS = DistributedMap("Express")
BATCHED = DistributedMap("Express", 100)
KINDS = (STANDARD, EXPRESS, BATCHED)
