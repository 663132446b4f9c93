"""The smallest runs of the sweeper, each with the grants that it needs: see ``test_roles``.

It looks at all that is in the ledger, which is the bench's, and has what a scenario left behind that was to fail.
"""

import time
from dataclasses import replace
from typing import Any

from sfn_callback import ids
from sfn_callback.approvals.store import Approval, Approvals
from sfn_callback.aws.dynamodb import Table
from sfn_callback.fanin import protocol
from sfn_callback.fanin.item_format import REDRIVEN_AS
from tests.e2e.support.scenarios_documents import ledger
from tests.e2e.support.scenarios_workers import question
from tests.e2e.support.standins import StandIn
from tests.e2e.support.workbench import Token, expect

QUIET_SECONDS = 1
"""Of the instance that it is a stand-in for."""


def unheard(on: StandIn, total: int) -> tuple[str, Token]:
    """A job whose state waits, and nobody has looked whether there is a verdict."""
    job, token = ids.new_job(), on.bench.token()
    protocol.seal(ledger(on), job, total, 0)
    ledger(on).add_token(job, token.text)
    # A younger one is left alone.
    time.sleep(QUIET_SECONDS)
    return job, token


def sends_a_success_again(on: StandIn) -> None:
    _, token = unheard(on, 0)
    on.invoke({})
    token.expect("SUCCEEDED")


def sends_a_failure_again(on: StandIn) -> None:
    job, token = unheard(on, 1)
    ledger(on).mark_failed(job, 0, "for a test")
    on.invoke({})
    token.expect("FAILED")


def sends_again_what_never_came(on: StandIn) -> None:
    job, _ = unheard(on, 1)
    on.invoke({})
    time.sleep(QUIET_SECONDS)
    on.invoke({})
    expect(REDRIVEN_AS in _items(on).get(job), "no round was begun")


def closes_what_nobody_waits_for(on: StandIn) -> None:
    job, token = unheard(on, 1)
    on.bench.machines.send_task_success(taskToken=token.text, output="{}")
    on.invoke({})
    expect("closed" in _items(on).get(job), "it is open")


def closes_an_approval_whose_execution_has_ended(on: StandIn) -> None:
    token = on.bench.token()
    asked = in_ledger(on, token)
    on.bench.machines.stop_execution(executionArn=token.execution)
    on.invoke({})
    expect(is_closed(on, asked), "it is open")


def in_ledger(on: StandIn, token: Token) -> Approval:
    """An approval that an execution waits for."""
    return Approvals(_items(on)).ask(replace(question(token), execution=token.execution))


def is_closed(on: StandIn, asked: Approval) -> bool:
    """Whether the sweeper has seen that nobody waits for it."""
    return "closed" in _items(on).get(asked.key)


def tells_the_oldest_job(on: StandIn) -> None:
    found: dict[str, Any] = on.invoke({})
    expect(found["oldest_seconds"] >= 0, "it is not told")


def _items(on: StandIn) -> Table:
    return Table(on.bench.dynamodb, on.environment["SFN_CALLBACK_TABLE"], 86_400)
