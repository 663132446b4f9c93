"""The wait keeps in the ledger whose it is, with the update that it makes anyway."""

import json

import pytest

from sfn_callback.documents import redrive
from sfn_callback.documents.events import Job
from sfn_callback.documents.redrive import start_round
from sfn_callback.fanin import ledger
from sfn_callback.handlers import await_chunks
from testing.wire import Wire
from tests.functional.conftest import EXECUTION, TOKEN, Deployment, note_invocations
from tests.readme import ROOT


def test_the_wait_keeps_its_execution_with_its_token_in_one_request(wire: Wire, deployment: Deployment) -> None:
    job = deployment.split(b"one\n\ntwo")
    wire.operations()
    deployment.await_chunks()
    assert wire.operations() == ["dynamodb.UpdateItem"]
    kept = ledger.connect().look(job["fanin"])
    assert (kept.execution, kept.tokens) == (EXECUTION, frozenset({TOKEN}))


@pytest.mark.parametrize("execution", [None, TOKEN * 8, 7, {}], ids=["of an older machine", "a token", "7", "{}"])
def test_a_wait_that_names_no_execution_waits_all_the_same(deployment: Deployment, execution: object) -> None:
    job = deployment.split(b"one")
    told = {} if execution is None else {"execution": execution}
    await_chunks.handler({"fanin": job["fanin"], "token": deployment.machine.wait(TOKEN), **told}, None)
    kept = ledger.connect().look(job["fanin"])
    assert (kept.execution, kept.tokens) == (None, frozenset({TOKEN}))
    deployment.deliver_all()
    assert deployment.merge()["chunks"] == 1


def test_a_round_that_takes_a_token_over_is_of_the_same_execution(
    deployment: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    note_invocations(monkeypatch)
    job = deployment.begin(b"one")
    again = start_round(Job(job["job"], job["fanin"], 1, 0), [0])
    redrive.transfer_tokens(ledger.connect().look(job["fanin"]), again)
    assert ledger.connect().look(again.fanin).execution == EXECUTION


def test_the_machine_tells_its_execution() -> None:
    machine = json.loads((ROOT / "tests/golden/documents.asl.json").read_text())
    assert machine["States"]["AwaitChunks"]["Parameters"]["Payload"]["execution.$"] == "$$.Execution.Id"
