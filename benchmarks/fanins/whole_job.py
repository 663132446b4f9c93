"""All of a job, and not only its fan-in."""

from collections import Counter

from benchmarks.billing.prices import INIT, LAMBDA_GB_SECOND, LAMBDA_REQUEST, PRICES, SINCE, Usage
from benchmarks.fanins.distributed_map import KINDS, DistributedMap
from benchmarks.fanins.results import MILLION, Results
from benchmarks.report import Cell, Section, Table

SHORT, LONG = 0.1, 1.0
"""Seconds of work a chunk."""
_GB = 0.5
"""Memory of ``process``, where ``memory_mb`` does not say otherwise (lambda.tf)."""
_INIT_SECONDS = 0.4
_S3 = Usage(Counter(PutObject=2 * MILLION, GetObject=2 * MILLION))
"""A chunk is written and read, and so is its result: as the handlers do it, and as Distributed Map's users must."""


def section(results: Results) -> Section:
    """Say what the handlers of a job send, and what a million chunks cost in all."""
    text = (
        f"The requests that the handlers send for a document of {results.document} chunks. The state machine adds three"
        " transitions, which cost $0.000075 a job."
    )
    money = (
        "A million chunks, in dollars, with a function of 512 MB on arm64. The objects cost the most: larger, and so "
        "fewer, chunks save more than any fan-in does."
    )
    return Section("A whole job", [text, _requests(results), money, _dollars(results)])


def _requests(results: Results) -> Table:
    operations = sorted({operation for usage in results.handlers.values() for operation in usage.requests})
    rows = [
        (handler, *(usage.requests[operation] or None for operation in operations))
        for handler, usage in results.handlers.items()
    ]
    return Table(("handler", *operations), rows)


def _dollars(results: Results) -> Table:
    fan_in = max(results.this_project)
    dollars = results.this_project[fan_in].usage.usd_a_million(fan_in)
    rows = [_row("**this project**", dollars, dollars, 1), *(_map_row(kind) for kind in KINDS)]
    work = (f"in all, with {seconds:g} s of work" for seconds in (SHORT, LONG))
    return Table(("", "S3", "Lambda requests", "fan-in or dispatch", *work), rows)


def _map_row(kind: DistributedMap) -> list[Cell]:
    short, long = (kind.usage(MILLION, seconds).usd() for seconds in (SHORT, LONG))
    return _row(kind.name, short, long, kind.items)


def _row(name: str, short: float, long: float, items: int) -> list[Cell]:
    requests = Usage(units=Counter({LAMBDA_REQUEST: MILLION / items})).usd()
    totals = [
        _S3.usd() + requests + usd + Usage(units=Counter({LAMBDA_GB_SECOND: int(MILLION * seconds * _GB)})).usd()
        for usd, seconds in ((short, SHORT), (long, LONG))
    ]
    dispatch = f"${short:.2f}" if short == long else f"${short:.2f} to ${long:.2f}"
    return [name, f"${_S3.usd():.2f}", f"${requests:.3f}", dispatch, *(f"${total:.2f}" for total in totals)]


def prices() -> Section:
    """Say what everything is priced by."""
    rows = [
        (kind, f"${price.usd_a_million:g}", f"[{price.page.split('/')[3]}]({price.page})")
        for kind, price in PRICES.items()
    ]
    initialised = Usage(units=Counter({LAMBDA_GB_SECOND: int(1_000 * _INIT_SECONDS * _GB)})).usd()
    text = (
        f"A million of each, in US East (N. Virginia), without free tiers: prices since {SINCE}. Since August 2025"
        f" Lambda also [bills the initialisation of environments]({INIT}), which is in no figure here: a thousand of"
        f" {_INIT_SECONDS:g} s with 512 MB cost ${initialised:.4f}."
    )
    return Section("Unit prices", [text, Table(("", "US dollars", "source"), rows)])
