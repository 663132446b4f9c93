"""What does the operator's command ask of an account in which many jobs are open?"""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any
from unittest import mock

from moto.backends import get_backend
from moto.core.models import DEFAULT_ACCOUNT_ID

from benchmarks.billing.meter import Meter
from benchmarks.fanins import cloud
from benchmarks.fanins.run import job
from benchmarks.processes import REGION
from benchmarks.report import Goal, Section, Table
from sfn_callback import settings
from sfn_callback.documents.events import Job
from sfn_callback_operator.deployment import Deployment
from sfn_callback_operator.doctor import work
from sfn_callback_operator.jobs import open_jobs, targets
from sfn_callback_operator.jobs.open_jobs import Wanted
from testing.environment import MACHINE, TABLE
from testing.executions import FakeMachines

_OPEN = 10_000
_FEW = 1_000
_OPENED = 2
"""Requests for the deployment itself, which each command makes."""
_AT_MOST = {"find a job": 5, "jobs": 30 - _OPENED}
_TEXT = (
    "{:,} jobs each wait for a chunk, in an account in memory. Earlier versions did not write into the ledger whose a "
    "wait is: they searched for a job in the histories of the 200 executions that began closest to it, and did not "
    "find it where there were more; `jobs` and `doctor` read a history of each open execution, and `doctor` asked for "
    "a function's configuration each time. Every command sends {} more requests for the deployment itself."
)


def run(quick: bool) -> list[Section]:
    """See :mod:`benchmarks.report`."""
    number = _FEW if quick else _OPEN
    with _backlog(number) as count:
        deployment = Deployment("docs", settings.current(), {"documents": MACHINE}, 20)
        asked = {
            "find a job": count(lambda: targets.resolve(deployment, job(number // 2))),
            "jobs": count(lambda: open_jobs.open_page(deployment, Wanted())),
            "jobs --names": count(lambda: open_jobs.open_names(deployment, Wanted())),
            "doctor, of jobs that are young": count(lambda: [*work.stuck(deployment)]),
        }
    before = {"find a job": 201, "jobs": 4 * number, "jobs --names": 4 * number}
    rows = [_row(what, counted, before.get(what, 4 * number + number)) for what, counted in asked.items()]
    columns = ("what", "requests", "of which histories", "lists of 1,000 executions", "before, computed")
    goals = [
        Goal(f"≤ {most} requests: {what}", f"{asked[what].total():,}", asked[what].total() <= most)
        for what, most in _AT_MOST.items()
    ]
    young = asked["doctor, of jobs that are young"]["GetExecutionHistory"]
    goals.append(Goal("doctor reads no history of a job that is not suspicious", f"{young:,}", young == 0))
    return [Section("The operator's command", [_TEXT.format(number, _OPENED), Table(columns, rows)], goals)]


def _row(what: str, counted: Counter[str], before: int) -> tuple[str, int, int, int, int]:
    return what, counted.total(), counted["GetExecutionHistory"], counted["ListExecutions"], before


@contextmanager
def _backlog(number: int) -> Iterator[Callable[[Callable[[], Any]], Counter[str]]]:
    machine = FakeMachines()
    with cloud.metered() as meter, mock.patch("sfn_callback.aws.clients.stepfunctions", lambda: machine):
        for place in range(number):
            _begin(machine, place, number)
        yield lambda act: _counted(machine, meter, act)


def _begin(machine: FakeMachines, place: int, number: int) -> None:
    now, name = machine.now, job(place)
    machine.now = now - timedelta(seconds=(number - place) / 200)
    arn = machine.begin(MACHINE, f"run-{place}", {})
    machine.enter(arn, "AwaitChunks", {"split": {"job": Job(name, name, 1, 0).as_json()}})
    machine.now = now
    numbers = {name: {"N": str(value)} for name, value in {"groups": 1, "total": 1, "tolerated": 0}.items()}
    texts = {"pk": {"S": name}, "execution": {"S": arn}, "tokens": {"SS": [f"token of {place}"]}}
    get_backend("dynamodb")[DEFAULT_ACCOUNT_ID][REGION].get_table(TABLE).put_item({**numbers, **texts})


def _counted(machine: FakeMachines, meter: Meter, act: Callable[[], Any]) -> Counter[str]:
    machine.asked.clear()
    meter.anew()
    act()
    return machine.asked + meter.usage.requests
