"""The smallest runs of the documents workflow's functions, each with the grants that it needs: see ``test_roles``."""

import json
import uuid
from dataclasses import asdict
from typing import Any

from sfn_callback import ids
from sfn_callback.aws.dynamodb import Table
from sfn_callback.documents.events import ChunkTask, Job
from sfn_callback.fanin import protocol
from sfn_callback.fanin.ledger import DynamoLedger
from tests.e2e.conftest import wait_for
from tests.e2e.support.standins import StandIn
from tests.e2e.support.workbench import Missing, Token, expect
from tests.e2e.support.workload import BREAKS

RESULT = b'{"one": 1}'


def created(on: StandIn, key: str, **entry: str) -> dict[str, Any]:
    """S3's event for a new object of the bench's bucket."""
    return {"Records": [{"s3": {"bucket": {"name": on.bench.name}, "object": {"key": key, **entry}}}]}


def put(on: StandIn, key: str, body: bytes) -> str:
    on.bench.s3.put_object(Bucket=on.bench.name, Key=key, Body=body)
    return key


def there(on: StandIn, prefix: str) -> bool:
    return bool(on.bench.s3.list_objects_v2(Bucket=on.bench.name, Prefix=prefix)["KeyCount"])


def ledger(on: StandIn) -> DynamoLedger:
    return DynamoLedger(Table(on.bench.dynamodb, on.environment["SFN_CALLBACK_TABLE"], 86_400))


def waiting(on: StandIn, tolerated: int = 0) -> tuple[str, Token]:
    """A job of one chunk whose state waits; return it and its token."""
    job, token = ids.new_job(), on.bench.token()
    protocol.seal(ledger(on), job, 1, tolerated)
    protocol.wait(ledger(on), job, token.text)
    return job, token


def a_round(job: str) -> dict[str, Any]:
    """What a redrive invokes the processor with."""
    return asdict(ChunkTask(job, 0, f"{job}.1-{uuid.uuid4().hex[:8]}", 0))


def lost(job: str) -> dict[str, Any]:
    """Lambda's record of an invocation of the processor that has failed for good."""
    context = {"condition": "RetriesExhausted"}
    return {"requestContext": context, "requestPayload": asdict(ChunkTask(job, 0, job, 0)), "responsePayload": {}}


def one_chunk(job: str) -> dict[str, Any]:
    return Job(job, job, 1, 0).as_json()


def starts(on: StandIn) -> None:
    expect(on.invoke(created(on, f"documents/{uuid.uuid4()}.txt", sequencer="1"))["executions"], "no execution")


def starts_what_waits_in_its_queue(on: StandIn) -> None:
    with on.consuming("starts") as url:
        key = f"documents/{uuid.uuid4()}.txt"
        on.bench.sqs.send_message(QueueUrl=url, MessageBody=json.dumps(created(on, key, sequencer="1")))
        try:
            wait_for(lambda: on.bench.messages("starts") == 0 or None, seconds=30)
        except TimeoutError:
            raise Missing("nobody took the message") from None


def keeps_an_event_that_it_cannot_read(on: StandIn) -> None:
    on.on_failure(f"arn:aws:sqs:eu-central-1:000000000000:{on.bench.name}-undelivered")
    on.invoke_asynchronously({})
    on.bench.take("undelivered")


def splits(on: StandIn) -> None:
    key = put(on, "documents/words.txt", b"one two\n")
    job = on.invoke({"document": {"bucket": on.bench.name, "key": key}})
    expect(there(on, f"chunks/{job['job']}/"), "no chunk")


def splits_a_version(on: StandIn) -> None:
    key = put(on, "documents/words.txt", b"one two\n")
    version = on.bench.s3.head_object(Bucket=on.bench.name, Key=key)["VersionId"]
    on.invoke({"document": {"bucket": on.bench.name, "key": key, "version": version}})


def says_that_there_is_no_such_document(on: StandIn) -> None:
    document = {"bucket": on.bench.name, "key": f"documents/{uuid.uuid4()}"}
    expect(on.error({"document": document}) == "DocumentNotFound", "another reason was given")


def processes_the_last_chunk(on: StandIn) -> None:
    job, token = waiting(on)
    on.invoke(created(on, put(on, f"chunks/{job}/00000000", b"one")))
    expect(there(on, f"results/{job}/"), "no result")
    token.expect("SUCCEEDED")


def rejects_the_last_chunk(on: StandIn) -> None:
    job, token = waiting(on)
    on.invoke(created(on, put(on, f"chunks/{job}/00000000", b"!reject")))
    token.expect("FAILED")


def finds_a_result_of_the_round_before(on: StandIn) -> None:
    job = ids.new_job()
    put(on, f"results/{job}/00000000", RESULT)
    on.invoke(a_round(job))


def finds_no_result_of_the_round_before(on: StandIn) -> None:
    job = ids.new_job()
    put(on, f"chunks/{job}/00000000", b"one")
    on.invoke(a_round(job))
    expect(there(on, f"results/{job}/"), "no result")


def hands_a_chunk_over_that_crashed_it(on: StandIn) -> None:
    job, token = waiting(on)
    on.on_failure(on.sibling("chunk_failed"))
    on.invoke_asynchronously(created(on, put(on, f"chunks/{job}/00000000", b"!crash")))
    token.expect_soon("FAILED")


def reports_a_failed_chunk(on: StandIn) -> None:
    job, token = waiting(on)
    on.invoke(lost(job))
    token.expect("FAILED")


def reports_a_failed_chunk_that_is_tolerated(on: StandIn) -> None:
    job, token = waiting(on, tolerated=1)
    on.invoke(lost(job))
    token.expect("SUCCEEDED")


def waits_for_what_is_done_already(on: StandIn) -> None:
    job, token = ids.new_job(), on.bench.token()
    protocol.seal(ledger(on), job, 0, 0)
    on.invoke({"fanin": job, "token": token.text})
    token.expect("SUCCEEDED")


def waits_for_what_has_failed_already(on: StandIn) -> None:
    job, token = ids.new_job(), on.bench.token()
    protocol.seal(ledger(on), job, 1, 0)
    protocol.chunk_failed(ledger(on), job, 0, "for a test")
    on.invoke({"fanin": job, "token": token.text})
    token.expect("FAILED")


def redrives(on: StandIn) -> None:
    again = on.invoke({"job": one_chunk(ids.new_job())})
    expect(again["round"] == 1, "no further round")


def merges(on: StandIn) -> None:
    job = ids.new_job()
    put(on, f"results/{job}/00000000", RESULT)
    on.invoke({"job": one_chunk(job), "failed": 0})
    expect(there(on, f"merged/{job}"), "nothing merged")


def leaves_nothing_of_a_chunk_that_breaks(on: StandIn) -> None:
    key = put(on, "documents/breaks.txt", BREAKS)
    leaves_nothing_of_an_upload(on, {"document": {"bucket": on.bench.name, "key": key}})


def leaves_nothing_of_a_result_that_breaks(on: StandIn) -> None:
    leaves_nothing_of_an_upload(on, created(on, put(on, f"chunks/{ids.new_job()}/00000000", BREAKS)))


def leaves_nothing_of_a_merged_result_that_breaks(on: StandIn) -> None:
    job = ids.new_job()
    put(on, f"results/{job}/00000000", BREAKS)
    leaves_nothing_of_an_upload(on, {"job": one_chunk(job), "failed": 0})


def leaves_nothing_of_an_upload(on: StandIn, event: dict[str, Any]) -> None:
    # A part that is on its way may outlive the abort:
    # https://docs.aws.amazon.com/AmazonS3/latest/API/API_AbortMultipartUpload.html
    expect(any(not uploads_left(on, event) for _ in range(3)), "parts were left behind")


def uploads_left(on: StandIn, event: dict[str, Any]) -> list[Any]:
    """Have an upload break, and return what is left of it, which is then taken back here."""
    expect(on.error(event) == "RuntimeError", "it did not break as it should")
    uploads = on.bench.s3.list_multipart_uploads(Bucket=on.bench.name).get("Uploads", [])
    for upload in uploads:
        on.bench.s3.abort_multipart_upload(Bucket=on.bench.name, Key=upload["Key"], UploadId=upload["UploadId"])
    return list(uploads)


def writes_down_what_failed(on: StandIn) -> None:
    execution = str(uuid.uuid4())
    job = {"job": one_chunk(ids.new_job())}
    failed = {"failure": {"Error": "ChunksFailed", "Cause": "for a test"}, "split": job}
    on.invoke({"execution": execution, "state": failed})
    report = on.bench.s3.get_object(Bucket=on.bench.name, Key=f"failures/{execution}.json")["Body"]
    assert json.load(report)["without_result"] == [0]
