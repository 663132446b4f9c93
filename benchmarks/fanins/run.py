"""Run a fan-in, and count."""

import random
from collections.abc import Sequence
from typing import Any
from unittest import mock

from benchmarks.billing.meter import Meter
from benchmarks.billing.prices import Usage
from benchmarks.fanins import cloud
from benchmarks.fanins.alternative import TOKEN, Alternative, Counted
from benchmarks.fanins.this_project import MeteredLedger, Ours
from testing.task_tokens import FakeStepFunctions


def on_moto(fanin: type[Alternative], sizes: Sequence[int]) -> dict[int, Counted]:
    """Run it with so many chunks each, on moto, where requests are counted as they leave botocore."""
    with cloud.metered() as meter, silence:
        return {chunks: _run(fanin(job(chunks)), chunks, meter.anew()) for chunks in sizes}


def in_memory(chunks: int) -> Counted:
    """Run ours over the ledger in memory."""
    items = MeteredLedger()
    machine = _Machine(items.usage)
    machine.wait(TOKEN)
    with mock.patch("sfn_callback.aws.clients.stepfunctions", lambda: machine), silence:
        return _run(Ours(job(chunks), items), chunks, items)


def job(chunks: int) -> str:
    """Return the id of the job with so many chunks."""
    return f"20260131T235959Z-{chunks:012x}"


silence = mock.patch("sfn_callback.log.write")


class _Machine(FakeStepFunctions):
    def __init__(self, usage: Usage) -> None:
        super().__init__()
        self._usage = usage

    def send_task_success(self, *, taskToken: str, output: str) -> dict[str, Any]:
        self._usage.requests["SendTaskSuccess"] += 1
        return super().send_task_success(taskToken=taskToken, output=output)


def _run(fanin: Alternative, chunks: int, meter: Meter | MeteredLedger) -> Counted:
    """Let all chunks be done, in an order that the seed decides, after the machine has begun to wait."""
    requests = meter.usage.requests
    fanin.seal(chunks)
    fanin.wait(TOKEN)
    for slot in random.Random(chunks).sample(range(chunks), chunks):
        _must(not requests["SendTaskSuccess"], f"{fanin.name} resumed before slot {slot} of {chunks} was done")
        before = requests.total()
        fanin.done(slot)
    _must(requests["SendTaskSuccess"] == 1, f"{fanin.name} did not resume after {chunks} chunks")
    return _counted(fanin, meter, requests.total() - before)


def _counted(fanin: Alternative, meter: Meter | MeteredLedger, last: int) -> Counted:
    top = fanin.job if isinstance(fanin, Ours) else None
    others = [key for key in meter.writes if key != top]
    return Counted(
        usage=meter.usage,
        last=last,
        hottest=max((meter.writes[key] for key in others), default=0),
        largest=max((meter.sizes[key] for key in others), default=0),
        top=(meter.writes[top], meter.sizes[top]) if top else (0, 0),
    )


def _must(holds: bool, problem: str) -> None:
    if not holds:
        raise AssertionError(problem)
