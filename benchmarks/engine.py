"""On the same local engine, how do time and requests compare: this project, a Distributed Map, and plain callbacks?"""

import shutil
import statistics
import time
import zipfile
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import urllib3

from benchmarks.report import ROOT, Cell, Section, Table
from benchmarks.rivals.requests import PATH
from demo import sample
from emulator import aws
from emulator.aws import LocalAws
from emulator.execution import Execution, Machine
from tools.terraform import Root

_FOLDER = ROOT / ".local" / "bench"
_RIVALS = Path(__file__).resolve().with_name("rivals")
_OPTIONS = {"SFN_CALLBACK_SERVER_PLUGIN": "benchmarks.rivals.requests"}
_KEY = "documents/bench.txt"
_CHUNK_BYTES, _AT_A_TIME, _RUNS = 2_048, 6, 5
_DESIGNS = {
    "ours": "**events, ledger, one token**",
    "map": "Distributed Map, a child for each chunk",
    "callbacks": "a Map, a token for each chunk",
    "worker": "one worker does it all and calls back",
}
_SERVICES = {"s3": "S3", "dynamodb": "DynamoDB", "states": "Step Functions"}
_TEXT = (
    "The same text of {chunks} chunks, {at_a_time} at a time, through machines of one local AWS with the same `split`,"
    " `process` and `merge`; medians of {runs} runs, in turn, after one that warms them up. This engine has no network,"
    " and processes on the same cores, so that there is nothing to gain from working in parallel: the times compare the"
    " designs' own work. The others try no chunk again, and what fails between two writes hangs or is lost: their"
    " requests are fewer by what prevents that."
)


@dataclass
class Runs:
    """What the runs of one design took: seconds from start to end, and requests of its functions."""

    seconds: list[float] = field(default_factory=list)
    requests: list[Counter[str]] = field(default_factory=list)


class Engine:
    """The local AWS with all designs applied."""

    def __init__(self, local: LocalAws, outputs: dict[str, Any]) -> None:
        self._local = local
        self._outputs = outputs
        self._https = urllib3.PoolManager(ca_certs=local.environment["AWS_CA_BUNDLE"])
        self._machines = {design: Machine(local, arn) for design, arn in outputs["machines"].items()}
        self._drop()

    def _drop(self) -> None:
        """Put the document where this project's machine begins with it, and let it end: that run is not measured."""
        bucket = self._outputs["bucket"]
        self._local.client("s3").put_object(Bucket=bucket, Key=_KEY, Body=sample.text().encode())
        while not (begun := self._machines["ours"].executions()):
            time.sleep(0.2)
        for execution in begun.values():
            _ended(execution)

    def run(self, design: str, number: int) -> tuple[float, Counter[str]]:
        """Run a design once; return its seconds and its requests."""
        self._counted()
        given = {"bucket": self._outputs["bucket"], "key": _KEY, "run": f"{design}-{number}"}
        execution = self._machines[design].start(given)
        described = _ended(execution)
        return (described["stopDate"] - described["startDate"]).total_seconds(), self._counted()

    def _counted(self) -> Counter[str]:
        return Counter(self._https.request("GET", f"{self._local.environment['AWS_ENDPOINT_URL']}{PATH}").json())


def run(quick: bool) -> list[Section]:
    """See :mod:`benchmarks.report`."""
    if quick:
        return [Section("On one engine", ["Needs the local AWS, which takes minutes: left out."])]
    with _engine() as engine:
        results = _measured(engine)
    chunks = results["ours"].requests[0]["invocations"] - 3
    text = _TEXT.format(chunks=chunks, at_a_time=_AT_A_TIME, runs=_RUNS)
    return [Section("On one engine", [text, _table(results)])]


def _measured(engine: Engine) -> dict[str, Runs]:
    results = {design: Runs() for design in _DESIGNS}
    for number in range(_RUNS + 1):
        for design, runs in results.items():
            seconds, requests = engine.run(design, number)
            if number:
                runs.seconds.append(seconds)
                runs.requests.append(requests)
    return results


def _table(results: dict[str, Runs]) -> Table:
    columns = (
        "design",
        "time to ours",
        "from",
        "to",
        "invocations",
        *(f"{name} requests" for name in _SERVICES.values()),
    )
    ours = statistics.median(results["ours"].seconds)
    return Table(columns, [_row(name, results[design], ours) for design, name in _DESIGNS.items()])


def _row(name: str, runs: Runs, ours: float) -> list[Cell]:
    ratios = [seconds / ours for seconds in (statistics.median(runs.seconds), min(runs.seconds), max(runs.seconds))]
    counts = [_median(runs, service) for service in ("invocations", *_SERVICES)]
    return [name, *(f"{ratio:.2f}" for ratio in ratios), *counts]


def _median(runs: Runs, service: str) -> int | None:
    return round(statistics.median(requests[service] for requests in runs.requests)) or None


def _ended(execution: Execution) -> dict[str, Any]:
    while not (seen := execution.look()).ended:
        time.sleep(0.2)
    if seen.status != "SUCCEEDED":
        raise RuntimeError(f"{execution.name} is {seen.status}: {seen.error}: {seen.description.get('cause')}")
    return dict(seen.description)


@contextmanager
def _engine() -> Iterator[Engine]:
    aws.stop_left(_FOLDER / "aws")
    shutil.rmtree(_FOLDER, ignore_errors=True)
    with aws.running(_FOLDER / "aws", **_OPTIONS) as local:
        variables = {"package_path": str(_package()), "chunk_bytes": _CHUNK_BYTES, "at_a_time": _AT_A_TIME}
        root = Root(_RIVALS / "stack", _FOLDER / "terraform", local.environment, variables)
        root.init()
        yield Engine(local, root.apply())


def _package() -> Path:
    """The module's package, with the rivals' functions in it."""
    package = _FOLDER / "package.zip"
    shutil.copy(ROOT / "dist" / "sfn_callback.zip", package)
    with zipfile.ZipFile(package, "a") as archive:
        archive.write(_RIVALS / "functions.py", "rivals.py")
    return package
