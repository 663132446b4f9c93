"""Shell completion of deployments, workflows and jobs.

It runs at each press of the Tab key: a few requests, and nothing is printed, whatever goes wrong. A slow answer is
dropped.
"""

from collections.abc import Callable, Iterable, Iterator
from itertools import chain, islice
from threading import Thread

from sfn_callback import ids
from sfn_callback.aws import dynamodb
from sfn_callback.fanin import ledger
from sfn_callback_operator import aws, deployment
from sfn_callback_operator.aws import Options
from sfn_callback_operator.deployment import WORKFLOWS
from sfn_callback_operator.jobs import approvals, executions
from sfn_callback_operator.output import screen

LONGEST_SECONDS = 3.0
"""Whoever has waited so long types it."""
_NEWEST = 100
"""Executions of each workflow, in a request each."""


def workflows(incomplete: str) -> list[str]:
    """Return the workflows with this prefix."""
    return [name for name in WORKFLOWS if name.startswith(incomplete)]


def deployments(given: Options, incomplete: str) -> list[str]:
    """Return the deployments of this account and region with this prefix."""
    return _quickly(given, incomplete, lambda _: deployment.names_here())


def jobs(given: Options, incomplete: str) -> list[str]:
    """Return the waiting jobs, the approvals and the newest executions with this prefix."""
    return _quickly(given, incomplete, _jobs)


def _jobs(name: str | None) -> Iterator[str]:
    instance = deployment.load(name)
    for items in islice(dynamodb.connect().scan(ledger.OPEN), 1):
        keys = (item["pk"]["S"] for item in items)
        yield from (key.partition(".")[0] for key in keys if ids.is_fanin(key))
    if "approval" in instance.machines:
        yield from (asked.mark for asked in approvals.undecided(1).approvals)
    newest = (islice(executions.newest(instance, workflow), _NEWEST) for workflow in instance.machines)
    yield from (one.name for one in chain.from_iterable(newest))


def _quickly(given: Options, incomplete: str, names: Callable[[str | None], Iterable[str]]) -> list[str]:
    """Return what begins so, as far as it is known in time."""
    suggestions: dict[str, None] = {}
    looking = Thread(target=_look, args=(given, incomplete, names, suggestions), daemon=True)
    console = screen.stderr()
    before, console.quiet = console.quiet, True
    looking.start()
    looking.join(LONGEST_SECONDS)
    # A thread that continues would print into the line that is being typed, so the process ends now.
    console.quiet = before or looking.is_alive()
    return sorted(suggestions.copy())


def _look(
    given: Options, incomplete: str, names: Callable[[str | None], Iterable[str]], suggestions: dict[str, None]
) -> None:
    try:
        aws.configure(given)
        for name in names(given.name):
            if name.startswith(incomplete):
                suggestions[name] = None
    except Exception:
        return
