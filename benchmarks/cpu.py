"""How much does our own code add to what botocore takes of the processor, where a warm function processes a chunk?"""

import cProfile
import io
import itertools
import multiprocessing
import os
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from typing import Any
from unittest import mock

from botocore import xform_name
from botocore.awsrequest import AWSPreparedRequest, AWSResponse

from benchmarks import wire
from benchmarks.processes import ENVIRONMENT, INITIALISING
from benchmarks.report import Goal, Section, Table
from sfn_callback.fanin.items import GROUP_SIZE
from testing.wire import answered

_ROUNDS = 20
_QUICKLY = 64
_CHUNK = b"x" * 4_096
_TEXT = (
    "A warm `process` handles the {:,} events that fill a group, one after the other; its workload returns the chunk "
    "of 4 KB unchanged. Botocore builds each request in full, and the answer comes where it would be sent. Then the "
    "same requests are made with botocore alone; the difference is this project's. On AWS botocore's part is larger, "
    "because it also encrypts and sends them. For each event the fastest of {} rounds counts, because other programs "
    "can only add time."
)


@dataclass(frozen=True)
class Measured:
    """With our code around botocore's, and without: CPU seconds of so many events, function calls, and requests."""

    events: int
    seconds: tuple[float, float]
    calls: tuple[int, int]
    requests: tuple[int, int]


def run(quick: bool) -> list[Section]:
    """See :mod:`benchmarks.report`."""
    events, rounds = (_QUICKLY, 1) if quick else (GROUP_SIZE, _ROUNDS)
    environment = {**ENVIRONMENT, **INITIALISING, "SFN_CALLBACK_WORKLOAD": "benchmarks.echo"}
    fresh = multiprocessing.get_context("spawn")
    with mock.patch.dict(os.environ, environment), ProcessPoolExecutor(1, mp_context=fresh) as pool:
        measured = pool.submit(_measured, events, rounds).result()
    text = _TEXT.format(events, rounds)
    return [Section("CPU time of an event", [text, _table(measured)], list(_goals(measured)))]


def _table(measured: Measured) -> Table:
    (whole, bare), (calls, bare_calls) = measured.seconds, measured.calls
    spent = {
        "botocore, three requests": (bare, bare_calls),
        "our own code": (whole - bare, calls - bare_calls),
        "a chunk, in all": (whole, calls),
    }
    rows = [
        (what, f"{1_000 * seconds / measured.events:.2f}", round(calls / measured.events))
        for what, (seconds, calls) in spent.items()
    ]
    return Table(("a chunk", "CPU ms", "function calls"), rows)


def _goals(measured: Measured) -> Iterator[Goal]:
    whole, bare = measured.seconds
    yield _at_most("time", whole / bare - 1, exact=False)
    whole, bare = measured.calls
    yield _at_most("function calls", whole / bare - 1, exact=True)
    what = "three requests an event and one when the group is full, with our code and without"
    yield Goal(what, "{:,} and {:,}".format(*measured.requests), set(measured.requests) == {3 * measured.events + 1})


def _at_most(what: str, share: float, *, exact: bool) -> Goal:
    return Goal(f"our own code takes ≤ 10 % of botocore's {what}", f"{share:.1%}", share <= 0.1, exact)


def _measured(events: int, rounds: int) -> Measured:
    from sfn_callback import ids
    from sfn_callback.aws import clients
    from sfn_callback.handlers import process
    from testing.events import created

    aws = _AWS(events)
    for client in (clients.s3(), clients.dynamodb()):
        wire.answer(client, aws)
    job = ids.new_job()
    last = [created(f"chunks/{job}/{index:08d}") for index in range(GROUP_SIZE - events, GROUP_SIZE)]

    turns: list[Turn] = [partial(process.handler, event, None) for event in last]
    with mock.patch.object(sys, "stdout", io.StringIO()):
        bare: list[Turn] = [partial(_repeat, calls) for calls in _noted(turns, clients.s3(), clients.dynamodb())]
        return _alternately(aws, rounds, turns, bare)


class _AWS:
    """A bucket whose objects are all alike, and the items that a group's last updates leave, over and over."""

    def __init__(self, events: int) -> None:
        first = GROUP_SIZE - events + 1
        done = ([str(slot) for slot in range(count)] for count in range(first, GROUP_SIZE + 1))
        groups = [{"done": {"NS": slots}, "expires": {"N": "1796744403"}} for slots in done]
        self._items = itertools.cycle([*groups, {"full": {"NS": ["0"]}, "expires": {"N": "1796744403"}}])
        self._requests = 0

    def taken(self) -> int:
        """Return how many requests there were since the last time."""
        requests, self._requests = self._requests, 0
        return requests

    def __call__(self, operation: str, request: AWSPreparedRequest) -> AWSResponse:
        self._requests += 1
        wire.taken(request)
        if operation == "UpdateItem":
            return wire.updated(next(self._items))
        return answered(200, _CHUNK if operation == "GetObject" else b"")


Call = tuple[Callable[..., Any], dict[str, Any]]
Turn = Callable[[], None]


def _noted(turns: Sequence[Turn], *clients: Any) -> list[list[Call]]:
    """Take all turns; return the clients' methods that each calls, with their arguments."""
    calls: list[list[Call]] = []

    def noting(client: Any) -> Callable[..., None]:
        def note(params: dict[str, Any], model: Any, **_: object) -> None:
            calls[-1].append((getattr(client, xform_name(model.name)), dict(params)))

        return note

    notes = [(client.meta.events, noting(client)) for client in clients]
    for events, note in notes:
        events.register("provide-client-params", note)
    for turn in turns:
        calls.append([])
        turn()
    for events, note in notes:
        events.unregister("provide-client-params", note)
    return calls


def _repeat(calls: list[Call]) -> None:
    for method, arguments in calls:
        answer = method(**arguments)
        if "Body" in answer:
            answer["Body"].read()


def _alternately(aws: _AWS, rounds: int, *sides: Sequence[Turn]) -> Measured:
    """Let both sides take their turns, one after the other; of each turn the fastest counts."""
    aws.taken()
    taken = [(_seconds(sides[0]), aws.taken(), _seconds(sides[1]), aws.taken()) for _ in range(rounds)]
    whole, bare = (sum(map(min, zip(*(one[side] for one in taken), strict=True))) for side in (0, 2))
    calls, bare_calls = map(_calls, sides)
    return Measured(len(sides[0]), (whole, bare), (calls, bare_calls), (taken[0][1], taken[0][3]))


def _seconds(turns: Sequence[Turn]) -> list[float]:
    ends = [time.process_time()]
    for turn in turns:
        turn()
        ends.append(time.process_time())
    return [end - begin for begin, end in pairwise(ends)]


def _calls(turns: Sequence[Turn]) -> int:
    profile = cProfile.Profile()
    for turn in turns:
        profile.runcall(turn)
    return sum(entry.callcount for entry in profile.getstats())
