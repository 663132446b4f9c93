"""The smallest runs of chunks that are finished elsewhere, each with the grants that it needs: see ``test_roles``."""

import json
from typing import Any
from unittest.mock import patch

from sfn_callback.documents import chunk_tokens
from sfn_callback.documents.events import ChunkTask
from tests.e2e.support.scenarios_documents import RESULT, created, ledger, put, there, waiting
from tests.e2e.support.standins import StandIn
from tests.e2e.support.workbench import Token, expect
from tests.e2e.support.workload import ELSEWHERE


def pending(on: StandIn) -> tuple[str, Token, str]:
    """A job whose state waits for its only chunk, which was handed on; return it and both tokens."""
    job, waits = waiting(on)
    with patch.object(chunk_tokens, "_secret", ledger(on).secret):
        return job, waits, chunk_tokens.make(ChunkTask(job, 0, job, 0))


def hands_a_chunk_on(on: StandIn) -> None:
    on.restart()
    job, _ = waiting(on)
    on.invoke(created(on, put(on, f"chunks/{job}/00000000", ELSEWHERE)))
    expect(not there(on, f"results/{job}/"), "it was not handed on")


def knows_its_own_tokens(on: StandIn) -> None:
    on.restart()
    _, _, token = pending(on)
    expect(on.invoke({"token": token, "heartbeat": True})["report"] == "heard", "it was not heard")


def records_a_result(on: StandIn) -> None:
    job, waits, token = pending(on)
    on.invoke({"token": token, "result": RESULT.decode()})
    expect(there(on, f"results/{job}/"), "no result")
    waits.expect("SUCCEEDED")


def records_an_error(on: StandIn) -> None:
    _, waits, token = pending(on)
    on.invoke({"token": token, "error": "Unreadable"})
    waits.expect("FAILED")


def takes_a_result_that_is_in_its_place(on: StandIn) -> None:
    job, waits, token = pending(on)
    on.invoke({"token": token, "result_at": at(on, put(on, f"results/{job}/00000000", RESULT))})
    waits.expect("SUCCEEDED")


def copies_a_result(on: StandIn) -> None:
    job, _, token = pending(on)
    on.invoke({"token": token, "result_at": at(on, put(on, f"elsewhere/{job}", RESULT))})
    expect(there(on, f"results/{job}/"), "it was not copied")


def copies_a_version(on: StandIn) -> None:
    job, _, token = pending(on)
    place = at(on, put(on, f"elsewhere/{job}", RESULT))
    version = on.bench.s3.head_object(Bucket=place["bucket"], Key=place["key"])["VersionId"]
    on.invoke({"token": token, "result_at": {**place, "version": version}})
    expect(there(on, f"results/{job}/"), "it was not copied")


def says_that_there_is_no_result(on: StandIn) -> None:
    job, _, token = pending(on)
    report = {"token": token, "result_at": at(on, f"results/{job}/00000000")}
    expect(on.error(report) == "ResultUnavailable", "another reason was given")


def consumes_reports(on: StandIn) -> None:
    _, waits, token = pending(on)
    with on.consuming("reports") as url:
        on.bench.sqs.send_message(QueueUrl=url, MessageBody=json.dumps({"token": token, "result": "{}"}))
        waits.expect_soon("SUCCEEDED")


def at(on: StandIn, key: str) -> dict[str, Any]:
    return {"bucket": on.bench.name, "key": key}
