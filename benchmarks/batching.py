"""Can chunks that come through a queue in batches, and are recorded together, cost less than a request each?"""

import random
from collections.abc import Iterator

from benchmarks.billing.prices import LAMBDA_REQUEST, PRICES, SQS_REQUEST, WRITE_UNIT
from benchmarks.fanins import cloud
from benchmarks.fanins import run as counting
from benchmarks.fanins.alternative import TOKEN
from benchmarks.fanins.batched import Batched, batches, by_group
from benchmarks.report import Cell, Goal, Section, Table
from sfn_callback.fanin.protocol import GROUP_SIZE

_CHUNKS = 102_400
_RUN = 1_024
_BATCHES = (10, 100)
"""Lambda's own default, and one that needs a batching window.
https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-parameters.html"""
_BACKLOGS = {"in the order of the split": 24, "out of a backlog of 1,000": 1_000, "out of a backlog of 10,000": 10_000}
"""A standard queue has no order: messages are drawn at random from so many. The splitter uploads 24 at a time."""
_RECEIVED = 10
"""Messages that one ReceiveMessage and one DeleteMessageBatch take, at most.
https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-messages.html"""

_COLUMNS = (
    "delivery", "updates a chunk", "Lambda requests a chunk", "SQS requests a chunk", "$ a million chunks",
    "where S3's own sends are free",
)  # fmt: skip
_TEXT = (
    "S3 would send its events to a queue, Lambda take them from there in batches, and a batch make one update for each"
    " group that it has chunks of ([a prototype](../benchmarks/fanins/batched.py)). The table has delivery, invocation"
    " and recording together; AWS does not say who pays for what S3 sends."
)


def run(quick: bool) -> list[Section]:
    """See :mod:`benchmarks.report`."""
    chunks = _RUN if quick else _CHUNKS
    rows = [_row("direct", updates=1 + 1 / GROUP_SIZE, invocations=1)]
    rows += [_batched_row(chunks, size, name) for size in _BATCHES for name in _BACKLOGS]
    return [Section("Batches", [_TEXT, Table(_COLUMNS, rows)], list(_goals()))]


def _batched_row(chunks: int, size: int, name: str) -> list[Cell]:
    updates = _updates(_delivered(chunks, _BACKLOGS[name]), size) / chunks
    return _row(f"in batches of {size}, {name}", updates, 1 / size, 1 + 2 / min(size, _RECEIVED))


def _row(name: str, updates: float, invocations: float, requests: float = 0) -> list[Cell]:
    prices = {WRITE_UNIT: updates, LAMBDA_REQUEST: invocations, SQS_REQUEST: requests}
    dollars = sum(PRICES[kind].usd_a_million * amount for kind, amount in prices.items())
    free = dollars - PRICES[SQS_REQUEST].usd_a_million if requests else dollars
    return [name, updates, invocations, requests or None, f"${dollars:.2f}", f"${free:.2f}"]


def _delivered(chunks: int, backlog: int) -> list[int]:
    """Return slots as a queue delivers them that hands out any of the oldest so many."""
    chance = random.Random(backlog)
    waiting, order = list(range(min(backlog, chunks))), []
    for slot in range(len(waiting), chunks + len(waiting)):
        drawn = chance.randrange(len(waiting))
        waiting[drawn], waiting[-1] = waiting[-1], waiting[drawn]
        order.append(waiting.pop())
        if slot < chunks:
            waiting.append(slot)
    return order


def _updates(slots: list[int], size: int) -> int:
    """Return how many updates there are: of groups, and of the job's item."""
    return sum(len(by_group(batch)) for batch in batches(slots, size)) + -(-len(slots) // GROUP_SIZE)


def _goals() -> Iterator[Goal]:
    for backlog in (24, 1_000):
        slots = _delivered(_RUN, backlog)
        counted, expected = _on_moto(slots), _updates(slots, _BATCHES[0]) + 4
        what = f"the prototype on moto, {_RUN:,} chunks out of {backlog:,}, sends as many requests as computed"
        yield Goal(what, f"{counted:,} of {expected:,}", counted == expected)


def _on_moto(slots: list[int]) -> int:
    with cloud.metered() as meter, counting.silence:
        fanin = Batched(counting.job(len(slots)))
        fanin.seal(len(slots))
        fanin.wait(TOKEN)
        for batch in batches(slots, _BATCHES[0]):
            fanin.done_together(batch)
    if meter.usage.requests["SendTaskSuccess"] != 1:
        raise AssertionError("the prototype did not resume once")
    return meter.usage.requests.total()
