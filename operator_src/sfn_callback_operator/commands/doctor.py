"""``doctor``."""

from dataclasses import asdict
from typing import Annotated

import typer
from rich.text import Text

from sfn_callback_operator.commands import options
from sfn_callback_operator.doctor import checks, durable_functions, findings, permissions, work
from sfn_callback_operator.doctor.findings import GOOD, PROBLEM, UNKNOWN, WARNING, Finding
from sfn_callback_operator.errors import UNWELL, OperatorError
from sfn_callback_operator.output import screen

_OF_WORK = (work.stuck, work.left_behind, work.overdue, work.throttling, work.failures)
_OF_FUNCTIONS = (durable_functions.unsupported, durable_functions.ended)
_CHECKS = (*checks.CHECKS, permissions.permissions, *_OF_WORK, *_OF_FUNCTIONS)
_SIGNS = {
    GOOD: Text("✓", "green"),
    WARNING: Text("!", "yellow"),
    PROBLEM: Text("✗", "bold red"),
    UNKNOWN: Text("?", "dim"),
}


def doctor(
    context: typer.Context,
    every: Annotated[bool, typer.Option("--all", "-a", help="Also list the checks that passed.")] = False,
) -> None:
    """Find what is wrong with a deployment and how to fix it.

    It changes nothing. Exit code 1 if something is wrong. It checks functions, packages, permissions, the bucket's
    notification, destinations, queues, the ledger, rules such as the sweeper's, subscribers to approvals, jobs and
    approvals that wait too long, durable functions, throttling, and what failed in the last day.

    [dim]$ sfn-callback doctor

    $ sfn-callback doctor --output json | jq '.[] | select(.level == "problem")'[/dim]
    """
    deployment = options.opened(context)
    results: list[Finding] = []
    with screen.working(f"Checking {deployment.name}"):
        for check in _CHECKS:
            results += findings.looked(check, deployment)
    problems = [finding for finding in results if finding.level == PROBLEM]
    shown = [finding for finding in results if every or finding.level != GOOD]
    if options.chosen(context).as_json:
        screen.write_json([asdict(finding) for finding in shown])
    else:
        _show(shown)
    if problems:
        raise OperatorError(f"{screen.counted(len(problems), 'problem')} of {deployment.name}.", UNWELL)
    screen.say(f"{deployment.name} is healthy: {len(results)} checks passed.")


def _show(results: list[Finding]) -> None:
    width = max((len(finding.what) for finding in results), default=0)
    for finding in results:
        screen.line(Text.assemble(_SIGNS[finding.level], f" {finding.what:{width}}  {finding.says}"))
        if finding.do:
            screen.line(Text(f"  {'':{width}}  → {finding.do}", "cyan"))
